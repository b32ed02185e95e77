import type { ChangeOperation, ChangeSeverity } from '../model/sync.ts'
import type { Query } from './store.ts'

export interface UnclassifiedChange {
  readonly id: number
  readonly operation: ChangeOperation
  readonly fieldName: string | null
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

/** A page of the run's changes that have no severity yet. */
export async function readUnclassified(sql: Query, runId: number, limit: number): Promise<UnclassifiedChange[]> {
  return [
    ...(await sql<UnclassifiedChange[]>`
      select id, operation, field_name as "fieldName", before, after
      from tidemark.change where run_id = ${runId} and severity is null order by id limit ${limit}`),
  ]
}

export async function writeSeverities(
  sql: Query,
  runId: number,
  changes: readonly { readonly id: number; readonly severity: ChangeSeverity }[],
): Promise<void> {
  await sql`
    update tidemark.change c set severity = s.severity
    from unnest(${changes.map((change) => change.id)}::bigint[],
                ${changes.map((change) => change.severity)}::text[]) as s (id, severity)
    where c.id = s.id and c.run_id = ${runId} and c.severity is null`
}

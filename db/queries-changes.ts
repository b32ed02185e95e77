import type { ChangeOperation, ChangeSeverity } from '../model/sync.ts'
import type { Query } from './store.ts'

export interface ChangeRow {
  readonly changeId: number
  readonly changedAt: Date
  readonly runId: number
  readonly source: string | null
  readonly asset: string
  readonly column: string | null
  readonly operation: ChangeOperation
  /** Null until the run that saw it closes. */
  readonly severity: ChangeSeverity | null
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  readonly baseline: boolean
}

export interface ChangeFilter {
  readonly source?: string
  readonly runId?: number
  readonly assetId?: number
  readonly since?: Date
  readonly severities?: readonly ChangeSeverity[]
  readonly baseline?: boolean
  readonly limit: number
}

/** What changed, the latest first. */
export async function listChanges(sql: Query, filter: ChangeFilter): Promise<ChangeRow[]> {
  const { source, runId, assetId, since, severities, baseline, limit } = filter
  return [
    ...(await sql<ChangeRow[]>`
      select change_id as "changeId", changed_at as "changedAt", run_id as "runId", source, asset, column_name as "column",
             operation, severity, before, after, baseline
      from catalog.changes
      where true
        ${source === undefined ? sql`` : sql`and source = ${source}`}
        ${runId === undefined ? sql`` : sql`and run_id = ${runId}`}
        ${assetId === undefined ? sql`` : sql`and asset_id = ${assetId}`}
        ${since === undefined ? sql`` : sql`and changed_at >= ${since}`}
        ${severities === undefined ? sql`` : sql`and severity = any (${[...severities]}::text[])`}
        ${baseline === true ? sql`` : sql`and not baseline`}
      order by changed_at desc, change_id desc limit ${limit}`),
  ]
}

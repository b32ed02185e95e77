import type { ErrorSummary } from '../model/errors.ts'
import { inTransaction, type Query } from './store.ts'

export interface ProbeTargetRow {
  readonly sourceId: number
  readonly source: string
  readonly taskQueue: string | null
}

/** The active sources of an organization, a page by ascending id. */
export async function listProbeTargets(
  sql: Query,
  input: { readonly organization: string; readonly after: number; readonly limit: number },
): Promise<ProbeTargetRow[]> {
  return [
    ...(await sql<ProbeTargetRow[]>`
      select s.id as "sourceId", s.name as source, s.task_queue as "taskQueue"
      from tidemark.source s join tidemark.organization o on o.id = s.organization_id
      where o.name = ${input.organization} and s.status = 'active' and s.id > ${input.after}
      order by s.id limit ${input.limit}`),
  ]
}

/** What a probe found; `failure` when the source is unhealthy. */
export interface Health {
  readonly sourceId: number
  readonly failure?: { readonly step: string; readonly error: ErrorSummary }
}

/**
 * Stores what a probe found when it differs from what is known: the first failure and the recovery from it, each once,
 * whoever else probes at the same time. A source never seen to fail counts as healthy. True when it was a transition.
 */
export async function recordHealth(sql: Query, { sourceId, failure }: Health): Promise<boolean> {
  return await inTransaction(sql, async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended('tidemark health', ${sourceId}))`
    const { category = null, message = null, hint = null } = failure?.error ?? {}
    const told = await tx`
      insert into tidemark.health_check (source_id, healthy, step, category, message, hint)
      select id, ${failure === undefined}, ${failure?.step ?? null}, ${category}, ${message}, ${hint}
      from tidemark.source s
      where s.id = ${sourceId}
        and coalesce((select h.healthy from tidemark.health_check h where h.source_id = s.id order by h.id desc limit 1), true)
            <> ${failure === undefined}`
    return told.count > 0
  })
}

/** A source that failed its last probe. */
export interface Ailment {
  readonly source: string
  readonly since: Date
  readonly step: string
  readonly message: string
  readonly hint: string | null
}

/** The active sources that are unhealthy, the longest first. */
export async function listAilments(sql: Query, organization: string): Promise<Ailment[]> {
  return [
    ...(await sql<Ailment[]>`
      select s.name as source, h.at as since, h.step, h.message, h.hint
      from tidemark.source s join tidemark.organization o on o.id = s.organization_id
      cross join lateral (
        select * from tidemark.health_check where source_id = s.id order by id desc limit 1
      ) h
      where o.name = ${organization} and s.status = 'active' and not h.healthy
      order by h.at, s.name`),
  ]
}

import { lockReferences } from '../reconcile/lock.ts'
import { type RunRow, renewLease } from '../runs.ts'
import { inTransaction, type Query, type Transaction } from '../store.ts'
import { type DerivedText, stageTexts } from './stage.ts'
import { edgesNow, makeEnds, writeFieldEdges } from './write.ts'

export interface LogScope {
  readonly id: number
  readonly key: string
  readonly name: string
  readonly watermark: string | null
  /** Of the lineage that the source records itself. */
  readonly lineageWatermark: string | null
}

/** The scopes whose query log this run is to read: those it has synced, when the last reading is an interval ago, or the run is a full one. */
export async function listLogScopes(sql: Query, run: RunRow, intervalMs: number): Promise<LogScope[]> {
  return [
    ...(await sql<LogScope[]>`
      select scope.id, scope.key, scope.name, scope.log_watermark as watermark,
        scope.lineage_watermark as "lineageWatermark"
      from tidemark.source s
      join tidemark.scope on scope.source_id = s.id and scope.status = 'included'
      join tidemark.sync_scope ss on ss.run_id = ${run.id} and ss.scope_id = scope.id and ss.status = 'completed'
      where s.id = ${run.sourceId}
        and (${run.mode === 'full'} or ${run.onlyScopes === null}
             and (s.query_log_at is null or s.query_log_at <= now() - make_interval(secs => ${intervalMs / 1000})))
      order by scope.id`),
  ]
}

/** Notes that the source's query logs have been read; the interval begins anew. */
export async function markLogsRead(sql: Query, run: RunRow): Promise<void> {
  if (run.onlyScopes !== null) return
  await sql`update tidemark.source set query_log_at = now() where id = ${run.sourceId}`
}

/** Where the next reading of the scope's log starts. */
export async function moveLogWatermark(sql: Query, scopeId: number, watermark: string): Promise<void> {
  await sql`update tidemark.scope set log_watermark = ${watermark}
            where id = ${scopeId} and log_watermark is distinct from ${watermark}`
}

/** Where the next reading of the lineage that the source records starts. */
export async function moveLineageWatermark(sql: Query, scopeId: number, watermark: string): Promise<void> {
  await sql`update tidemark.scope set lineage_watermark = ${watermark}
            where id = ${scopeId} and lineage_watermark is distinct from ${watermark}`
}

/**
 * Stores what statements of a log say: edges by name, which hold until nobody has run such a statement for the retention
 * time. When one was seen last moves daily at most.
 */
export async function storeLogged(sql: Query, runId: number, texts: readonly DerivedText[]): Promise<void> {
  if (texts.length === 0) return
  await inTransaction(sql, async (tx) => {
    await lockReferences(tx)
    await renewLease(tx, runId)
    await stageTexts(tx, texts)
    await writeLogTexts(tx)
    await makeEnds(tx)
    await writeLogEdges(tx)
    await writeFieldEdges(tx)
  })
}

async function writeLogTexts(tx: Transaction): Promise<void> {
  await tx`
    insert into tidemark.lineage_text as t (source_id, origin, text_hash, outcome, statements, resolved, partial, failed,
      unresolved_references, gaps, derived_at, last_seen_at)
    select source_id, 'log', text_hash, outcome, statements, resolved, partial, failed, unresolved, gaps, now(), now()
    from derived_text order by source_id, text_hash
    on conflict (source_id, text_hash) where origin = 'log' do update set outcome = excluded.outcome,
      statements = excluded.statements, resolved = excluded.resolved, partial = excluded.partial, failed = excluded.failed,
      unresolved_references = excluded.unresolved_references, gaps = excluded.gaps,
      derived_at = case when t.gaps = excluded.gaps then t.derived_at else now() end, last_seen_at = now()
    where t.last_seen_at < now() - interval '1 day' or (t.outcome, t.statements, t.unresolved_references, t.gaps)
      is distinct from (excluded.outcome, excluded.statements, excluded.unresolved_references, excluded.gaps)`
  await tx`
    update derived_text d set text_id = t.id from tidemark.lineage_text t
    where t.source_id = d.source_id and t.text_hash = d.text_hash and t.origin = 'log'`
}

async function writeLogEdges(tx: Transaction): Promise<void> {
  await tx`
    with edge as (${edgesNow(tx)})
    insert into tidemark.lineage_edge as e (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
      upstream_display, upstream_id, origin, source_id, columns_known, valid_from, last_seen_at)
    select downstream_id, namespace_id, kind_group, name_key, min(path), min(display), upstream_id, 'log', min(source_id),
      bool_and(columns_known), now(), now()
    from edge group by downstream_id, namespace_id, kind_group, name_key, upstream_id
    order by downstream_id, namespace_id, kind_group, name_key
    on conflict (downstream_id, origin, upstream_namespace_id, upstream_group, upstream_key) where valid_to is null
    do update set last_seen_at = now(), upstream_id = excluded.upstream_id,
      columns_known = e.columns_known and excluded.columns_known
    where e.last_seen_at < now() - interval '1 day' or e.upstream_id is distinct from excluded.upstream_id
      or e.columns_known and not excluded.columns_known`
}

import { endTextsOfRemoved } from '../lineage/end.ts'
import type { RunRow } from '../runs.ts'
import type { Transaction } from '../store.ts'
import { stripParts } from './resolve.ts'

/**
 * Decides on every asset that nobody claims any more: removed at once when filtered out, approved or within the
 * budget; otherwise proposed, and a person decides. Claims of assets that others still claim simply end.
 */
export async function removeAssets(
  tx: Transaction,
  run: RunRow,
  withinBudget: (absent: number, base: number) => boolean,
): Promise<{ readonly removed: number; readonly proposed: number }> {
  await tx`
    create temp table doomed on commit drop as
    select distinct on (l.asset_id) l.asset_id, l.scope_id, l.reason, p.status as proposal,
           coalesce(ss.visibility_changed, false) as visibility_changed, null::text as verdict
    from lapsed l
    left join tidemark.removal_proposal p on p.source_id = ${run.sourceId} and p.asset_id = l.asset_id
                                          and p.status in ('open', 'approved', 'rejected')
    left join tidemark.sync_scope ss on ss.run_id = ${run.id} and ss.scope_id = l.scope_id
    where not exists (select 1 from tidemark.claim c where c.asset_id = l.asset_id
                        and not exists (select 1 from lapsed o where o.item_id = c.item_id and o.asset_id = c.asset_id))
    order by l.asset_id, l.scope_id, l.item_id`
  const overBudget = await findScopesOverBudget(tx, run, withinBudget)
  await tx`
    update doomed set verdict = case
      when proposal = 'rejected' then 'kept'
      when reason = 'filtered' then 'filtered'
      when proposal = 'approved' then 'approved'
      when proposal = 'open' then 'renewed'
      when reason = 'scope gone' then 'scope gone'
      when visibility_changed then 'visibility'
      when scope_id = any (${overBudget}::bigint[]) then 'budget'
      else 'dropped' end`
  const proposed = await proposeRemovals(tx, run)
  await tx`
    create temp table removed on commit drop as
    select d.*, a.display, a.kind from doomed d join tidemark.asset a on a.id = d.asset_id
    where verdict in ('filtered', 'approved', 'dropped')`
  const [count] = await tx<{ removed: number }[]>`select count(*)::int as removed from removed`
  const { removed } = count as { removed: number }
  if (removed > 0) await buryRemoved(tx, run)
  await endClaims(tx)
  return { removed, proposed }
}

/** The base is what the scope held when the run began: assets, neither fields nor facets. */
async function findScopesOverBudget(
  tx: Transaction,
  run: RunRow,
  withinBudget: (absent: number, base: number) => boolean,
): Promise<number[]> {
  const scopes = await tx<{ scopeId: number; absent: number; base: number }[]>`
    select d.scope_id as "scopeId", count(*)::int as absent,
           (select count(distinct c.asset_id)::int from tidemark.claim c
            where c.scope_id = d.scope_id and c.run_id < ${run.id}) as base
    from doomed d where d.proposal is null and d.reason = 'absent' group by d.scope_id`
  return scopes.filter(({ absent, base }) => !withinBudget(absent, base)).map((scope) => scope.scopeId)
}

async function proposeRemovals(tx: Transaction, run: RunRow): Promise<number> {
  const made = await tx`
    insert into tidemark.removal_proposal (source_id, scope_id, asset_id, reason, status, run_id, renewed_run_id)
    select ${run.sourceId}, scope_id, asset_id, verdict, 'open', ${run.id}, ${run.id}
    from doomed where verdict in ('budget', 'visibility', 'scope gone') order by asset_id`
  const renewed = await tx`
    update tidemark.removal_proposal p set renewed_run_id = ${run.id} from doomed d
    where p.source_id = ${run.sourceId} and p.asset_id = d.asset_id and p.status = 'open' and d.verdict = 'renewed'`
  return made.count + renewed.count
}

/** Removed assets keep their rows; what something live still refers to stays as a placeholder. */
async function buryRemoved(tx: Transaction, run: RunRow): Promise<void> {
  await tx`
    insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, operation, before)
    select now(), ${run.id}, ${run.sourceId}, asset_id, display, 'removed', jsonb_build_object('kind', kind, 'reason', verdict)
    from removed order by asset_id`
  await tx`update tidemark.asset_version v set valid_to = now() from removed r
           where v.asset_id = r.asset_id and v.valid_to is null`
  await tx`update tidemark.lineage_edge e set valid_to = now() from removed r
           where e.downstream_id = r.asset_id and e.valid_to is null`
  await endTextsOfRemoved(tx)
  await tx`update tidemark.removal_proposal p set status = 'completed' from removed r
           where p.source_id = ${run.sourceId} and p.asset_id = r.asset_id and p.status in ('open', 'approved')`
  await tx`
    update tidemark.asset a set removed_at = now(), removed_reason = r.verdict, changed_at = now()
    from removed r where a.id = r.asset_id`
  await tx`delete from tidemark.search_document d using removed r where d.asset_id = r.asset_id`
  await tx`update tidemark.asset a set parent_id = null from removed r where a.parent_id = r.asset_id`
  await becomePlaceholders(tx)
}

async function becomePlaceholders(tx: Transaction): Promise<void> {
  await tx`
    create temp table bereft on commit drop as
    select r.asset_id from removed r
    where exists (select 1 from tidemark.lineage_edge e where e.upstream_id = r.asset_id and e.valid_to is null)`
  await tx`
    update tidemark.asset a set placeholder = true, removed_at = null, removed_reason = null, kind = null, native_id = null,
      owner = null, comment = null, url = null, properties = '{}', content_hash = null, tells_lineage = false,
      omitted_lineage = null, parent_group = null, parent_key = null, parent_id = null, database_name = null, schema_name = null
    from bereft b where a.id = b.asset_id`
  const bereft = await tx<{ id: number }[]>`select asset_id as id from bereft order by asset_id`
  await stripParts(
    tx,
    bereft.map(({ id }) => id),
  )
}

/** Lapsed claims end, but for those whose asset waits for a decision. */
async function endClaims(tx: Transaction): Promise<void> {
  await tx`
    delete from tidemark.claim c using lapsed l
    where c.item_id = l.item_id and c.asset_id = l.asset_id
      and not exists (select 1 from doomed d where d.asset_id = l.asset_id
                        and d.verdict not in ('filtered', 'approved', 'dropped'))`
}

/** Items that are gone and yield nothing any more are forgotten, and what is known of scopes left empty. */
export async function forgetItems(tx: Transaction, run: RunRow): Promise<void> {
  await tx`
    delete from tidemark.inventory v using tidemark.scope
    where scope.source_id = ${run.sourceId} and v.scope_id = scope.id
      and (v.absent_run_id is not null or scope.status in ('gone', 'filtered'))
      and not exists (select 1 from tidemark.claim c where c.item_id = v.id)`
  await tx`
    update tidemark.scope set fingerprint = null, shape = null, filter = null, watermark = null, visibility = null,
      last_complete_run_id = null
    where source_id = ${run.sourceId} and status in ('gone', 'filtered') and last_complete_run_id is not null
      and not exists (select 1 from tidemark.inventory v where v.scope_id = scope.id)`
}

/**
 * An asset whose writer's claim ended is written by the next item that claims it: that item is described again, in this
 * run where its scope is part of it. Returns the number of scopes set back.
 */
export async function promoteWriters(tx: Transaction, run: RunRow): Promise<number> {
  await tx`
    create temp table promoted on commit drop as
    select distinct on (c.asset_id) c.asset_id, c.item_id, c.scope_id
    from (select distinct asset_id from lapsed) l
    join tidemark.claim c on c.asset_id = l.asset_id and c.dropped_run_id is null
    join tidemark.inventory v on v.id = c.item_id and v.absent_run_id is null
    where not exists (select 1 from tidemark.claim w where w.asset_id = l.asset_id and w.writes)
    order by c.asset_id, c.item_id`
  const promoted = await tx`
    update tidemark.claim c set writes = true from promoted p where c.item_id = p.item_id and c.asset_id = p.asset_id`
  if (promoted.count === 0) return 0
  await tx`update tidemark.inventory v set fingerprint = null from promoted p where v.id = p.item_id`
  await tx`update tidemark.scope set fingerprint = null, watermark = null from promoted p where scope.id = p.scope_id`
  const again = await tx`
    update tidemark.sync_scope ss set status = 'pending', completed_at = null
    where ss.run_id = ${run.id} and ss.status = 'completed'
      and ss.scope_id in (select scope_id from promoted)`
  return again.count
}

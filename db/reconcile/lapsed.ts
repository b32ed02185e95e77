import type { RunRow } from '../runs.ts'
import type { Query, Transaction } from '../store.ts'

export interface AbsentItem {
  readonly itemId: number
  readonly scopeKey: string
  readonly scopeName: string
  readonly key: string
}

/** Items missing from a complete listing of this run, for the connector to say which its filters leave out. */
export async function listAbsentItems(sql: Query, run: RunRow): Promise<AbsentItem[]> {
  return [
    ...(await sql<AbsentItem[]>`
      select v.id as "itemId", scope.key as "scopeKey", scope.name as "scopeName", v.key
      from tidemark.sync_scope ss
      join tidemark.scope on scope.id = ss.scope_id
      join tidemark.inventory v on v.scope_id = ss.scope_id and v.absent_run_id is not null
      where ss.run_id = ${run.id} and ss.status = 'completed' and ss.listing in ('complete', 'unchanged')
      order by v.id`),
  ]
}

/**
 * Collects into the temporary table `lapsed` the claims that no longer hold: of items missing from a complete listing,
 * of records an item ceased to yield, of scopes gone from a complete list or filtered out. Returns how many.
 */
export async function findLapsed(tx: Transaction, run: RunRow, filteredItems: readonly number[]): Promise<number> {
  await tx`create temp table lapsed (item_id bigint, asset_id bigint, scope_id bigint, reason text) on commit drop`
  const found = await tx`
    insert into lapsed
    select c.item_id, c.asset_id, c.scope_id,
           case when v.id = any (${[...filteredItems]}::bigint[]) then 'filtered' else 'absent' end
    from tidemark.sync_scope ss
    join tidemark.inventory v on v.scope_id = ss.scope_id and v.absent_run_id is not null
    join tidemark.claim c on c.item_id = v.id
    where ss.run_id = ${run.id} and ss.status = 'completed' and ss.listing in ('complete', 'unchanged')
    union all
    select c.item_id, c.asset_id, c.scope_id, 'absent'
    from tidemark.claim c
    join tidemark.inventory v on v.id = c.item_id and v.absent_run_id is null
    join tidemark.sync_scope ss on ss.run_id = ${run.id} and ss.scope_id = c.scope_id and ss.status = 'completed'
    where c.source_id = ${run.sourceId} and c.dropped_run_id is not null
    union all
    select c.item_id, c.asset_id, c.scope_id, case scope.status when 'gone' then 'scope gone' else 'filtered' end
    from tidemark.scope join tidemark.claim c on c.scope_id = scope.id
    where scope.source_id = ${run.sourceId} and scope.status in ('gone', 'filtered')
      and (${run.onlyScopes === null} or scope.key = any (${[...(run.onlyScopes ?? [])]}::text[]))`
  if (found.count > 0) await tx`analyze lapsed`
  return found.count
}

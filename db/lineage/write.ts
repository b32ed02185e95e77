import { lockReferences } from '../reconcile/lock.ts'
import { dropIdlePlaceholders, placehold } from '../reconcile/resolve.ts'
import { renewLease } from '../runs.ts'
import { inTransaction, type Query, type Transaction } from '../store.ts'
import { releaseEdges } from './end.ts'
import { type DerivedReference, type DerivedText, referenceKey, stageTexts } from './stage.ts'

/**
 * Stores what was derived from definitions and told by records, in one transaction and only what differs: edges that no longer hold end, new
 * ones begin, the others are untouched. @throws IngestError `cancelled` when the run has been taken over.
 */
export async function storeDefinitions(sql: Query, runId: number, texts: readonly DerivedText[]): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await lockReferences(tx)
    await renewLease(tx, runId)
    await stageTexts(tx, texts)
    await writeDefinitionTexts(tx)
    await makeEnds(tx)
    await writeDefinitionEdges(tx)
    await writeFieldEdges(tx)
    await writeReferences(tx)
  })
}

/** A text that says what it said before, though something around it has moved. */
export interface SameText {
  readonly ownerId: number
  /** The owner's, hex. */
  readonly contentHash: string
  readonly references: readonly DerivedReference[]
}

/** Notes that texts have been looked at, with what they refer to as it is now. */
export async function storeSame(sql: Query, runId: number, texts: readonly SameText[]): Promise<void> {
  if (texts.length === 0) return
  const rows = texts.flatMap(({ ownerId, references }) => references.map((reference) => ({ ownerId, ...reference })))
  await sql.begin(async (tx) => {
    await renewLease(tx, runId)
    await tx`
      update tidemark.lineage_text t set content_hash = decode(s.hash, 'hex')
      from unnest(${texts.map(({ ownerId }) => ownerId)}::bigint[], ${texts.map(({ contentHash }) => contentHash)}::text[])
        as s (owner_id, hash)
      where t.asset_id = s.owner_id and t.content_hash is distinct from decode(s.hash, 'hex')`
    await tx`
      update tidemark.lineage_reference r set content_hash = decode(s.hash, 'hex')
      from unnest(${rows.map(({ ownerId }) => ownerId)}::bigint[], ${rows.map(({ namespaceId }) => namespaceId)}::bigint[],
          ${rows.map(referenceKey)}::text[], ${rows.map(({ contentHash }) => contentHash ?? null)}::text[])
        as s (owner_id, namespace_id, name_key, hash)
      join tidemark.lineage_text t on t.asset_id = s.owner_id
      where r.text_id = t.id and r.namespace_id = s.namespace_id and r.name_key = s.name_key
        and r.content_hash is distinct from decode(s.hash, 'hex')`
  })
}

/** Placeholders that nothing leads to any more go. */
export async function dropIdle(sql: Query): Promise<void> {
  await inTransaction(sql, async (tx) => {
    await lockReferences(tx)
    await dropIdlePlaceholders(tx)
  })
}

/** An asset that went meanwhile keeps no text: what is staged of it stays without an id, and is left out. */
async function writeDefinitionTexts(tx: Transaction): Promise<void> {
  await tx`
    insert into tidemark.lineage_text (source_id, origin, asset_id, text_hash, content_hash, outcome, statements, resolved,
      partial, failed, unresolved_references, gaps, derived_at, last_seen_at)
    select d.source_id, d.origin, d.asset_id, d.text_hash, d.content_hash, d.outcome, d.statements, d.resolved,
      d.partial, d.failed, d.unresolved, d.gaps, now(), now()
    from derived_text d
    where exists (select 1 from tidemark.asset a where a.id = d.asset_id and a.removed_at is null and not a.placeholder)
    order by d.asset_id
    on conflict (asset_id) where asset_id is not null do update set source_id = excluded.source_id, origin = excluded.origin,
      text_hash = excluded.text_hash, content_hash = excluded.content_hash, outcome = excluded.outcome,
      statements = excluded.statements, resolved = excluded.resolved, partial = excluded.partial, failed = excluded.failed,
      unresolved_references = excluded.unresolved_references, gaps = excluded.gaps, derived_at = now(), last_seen_at = now()`
  await tx`
    update derived_text d set text_id = t.id from tidemark.lineage_text t
    where t.asset_id = d.asset_id
      and exists (select 1 from tidemark.asset a where a.id = d.asset_id and a.removed_at is null and not a.placeholder)`
}

/** Leads the ends of edges to their assets; names that nobody has crawled get a placeholder. */
export async function makeEnds(tx: Transaction): Promise<void> {
  await placehold(tx, tx`select namespace_id, kind_group, name_key, path, display from derived_end`)
  await tx`
    update derived_end e set asset_id = a.id from tidemark.asset a
    where a.namespace_id = e.namespace_id and a.kind_group = e.kind_group and a.name_key = e.name_key`
}

/** The staged edges with ids in place of ordinals. */
export const edgesNow = (tx: Transaction) => tx`
  select t.text_id, t.source_id, t.origin, d.columns_known, d.line, d.end_line, w.asset_id as downstream_id, u.asset_id as upstream_id, u.namespace_id,
         u.kind_group, u.name_key, u.path, u.display
  from derived_edge d
  join derived_text t on t.ordinal = d.text and t.text_id is not null
  join derived_end u on u.ordinal = d.upstream
  join derived_end w on w.ordinal = d.downstream`

async function writeDefinitionEdges(tx: Transaction): Promise<void> {
  const ended = await tx<{ id: number }[]>`
    with edge as (${edgesNow(tx)})
    update tidemark.lineage_edge e set valid_to = now() from derived_text t
    where e.text_id = t.text_id and e.valid_to is null
      and not exists (select 1 from edge where edge.text_id = e.text_id and edge.downstream_id = e.downstream_id
                        and (edge.namespace_id, edge.kind_group, edge.name_key)
                            = (e.upstream_namespace_id, e.upstream_group, e.upstream_key))
    returning e.id`
  await releaseEdges(
    tx,
    ended.map(({ id }) => id),
  )
  await tx`
    with edge as (${edgesNow(tx)})
    update tidemark.lineage_edge e set upstream_id = edge.upstream_id, columns_known = edge.columns_known,
      source_id = edge.source_id, line = edge.line, end_line = edge.end_line
    from edge
    where e.text_id = edge.text_id and e.downstream_id = edge.downstream_id and e.valid_to is null
      and (edge.namespace_id, edge.kind_group, edge.name_key)
          = (e.upstream_namespace_id, e.upstream_group, e.upstream_key)
      and (e.upstream_id, e.columns_known, e.source_id, e.line, e.end_line)
          is distinct from (edge.upstream_id, edge.columns_known, edge.source_id, edge.line, edge.end_line)`
  await tx`
    with edge as (${edgesNow(tx)})
    insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
      upstream_display, upstream_id, origin, source_id, text_id, columns_known, line, end_line, valid_from,
      last_seen_at)
    select downstream_id, namespace_id, kind_group, name_key, path, display, upstream_id,
      origin, source_id, text_id, columns_known, line, end_line, now(), now()
    from edge order by downstream_id, namespace_id, kind_group, name_key
    on conflict (downstream_id, origin, upstream_namespace_id, upstream_group, upstream_key) where valid_to is null
    do nothing`
}

const fieldEdgesNow = (tx: Transaction) => tx`
  select t.text_id, w.asset_id as downstream_id, f.downstream_field, u.asset_id as upstream_id, f.upstream_field,
         f.influence, f.transformation, f.subtypes, f.expression, f.confidence, f.line, f.end_line, f.statement_hash,
         f.stale_since
  from derived_field f
  join derived_text t on t.ordinal = f.text and t.text_id is not null
  join derived_end u on u.ordinal = f.upstream
  join derived_end w on w.ordinal = f.downstream`

/** Replaces what each staged text says of columns. That a statement reads otherwise elsewhere, or stands elsewhere, moves its hash and its lines alone. */
export async function writeFieldEdges(tx: Transaction): Promise<void> {
  const identity = tx`edge.text_id = e.text_id and edge.downstream_id = e.downstream_id
    and edge.downstream_field = e.downstream_field and edge.upstream_id = e.upstream_id
    and edge.upstream_field = e.upstream_field and edge.influence = e.influence`
  const [known] = await tx<{ any: boolean }[]>`
    select exists (select 1 from tidemark.lineage_field_edge e join derived_text t on t.text_id = e.text_id
                   where e.valid_to is null) as any`
  if (known?.any === true) {
    await tx`
      with edge as materialized (${fieldEdgesNow(tx)})
      update tidemark.lineage_field_edge e set valid_to = now() from derived_text t
      where e.text_id = t.text_id and e.valid_to is null
        and not exists (select 1 from edge where ${identity}
                          and (edge.transformation, edge.subtypes, edge.expression, edge.confidence)
                              is not distinct from (e.transformation, e.subtypes, e.expression, e.confidence))`
    await tx`
      with edge as materialized (${fieldEdgesNow(tx)})
      update tidemark.lineage_field_edge e set statement_hash = edge.statement_hash, line = edge.line, end_line = edge.end_line,
        stale_since = edge.stale_since
      from edge
      where e.valid_to is null and ${identity}
        and (e.statement_hash, e.line, e.end_line, e.stale_since)
            is distinct from (edge.statement_hash, edge.line, edge.end_line, edge.stale_since)`
  }
  await tx`
    with edge as (${fieldEdgesNow(tx)})
    insert into tidemark.lineage_field_edge (text_id, downstream_id, downstream_field, upstream_id, upstream_field,
      influence, transformation, subtypes, expression, confidence, line, end_line, statement_hash, stale_since, valid_from)
    select text_id, downstream_id, downstream_field, upstream_id, upstream_field, influence, transformation, subtypes,
      expression, confidence, line, end_line, statement_hash, stale_since, now()
    from edge
    on conflict (text_id, downstream_id, downstream_field, upstream_id, upstream_field, influence) where valid_to is null
    do nothing`
}

async function writeReferences(tx: Transaction): Promise<void> {
  await tx`
    delete from tidemark.lineage_reference r using derived_text t
    where r.text_id = t.text_id
      and not exists (select 1 from derived_reference d where d.text = t.ordinal and d.namespace_id = r.namespace_id
                        and d.name_key = r.name_key)`
  await tx`
    insert into tidemark.lineage_reference as r (text_id, namespace_id, kind_group, name_key, folded_key, asset_id, content_hash)
    select t.text_id, d.namespace_id, d.kind_group, d.name_key, case when d.loose then lower(d.name_key) else '' end, d.asset_id,
      d.content_hash
    from derived_reference d join derived_text t on t.ordinal = d.text and t.text_id is not null
    order by t.text_id, d.namespace_id, d.name_key
    on conflict (text_id, namespace_id, name_key) do update set folded_key = excluded.folded_key,
      asset_id = excluded.asset_id, content_hash = excluded.content_hash
    where (r.folded_key, r.asset_id, r.content_hash)
      is distinct from (excluded.folded_key, excluded.asset_id, excluded.content_hash)`
}

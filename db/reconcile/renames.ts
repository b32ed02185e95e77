import { applyStage } from '../merge/apply.ts'
import { indexStage } from '../merge/search.ts'
import { createStage } from '../merge/stage.ts'
import type { RunRow } from '../runs.ts'
import type { Transaction } from '../store.ts'
import { deleteAssets } from './delete.ts'

/**
 * A rename is: an old name that lapsed, a new name first seen since the source's last reconciliation, and the same
 * immutable id. The old asset takes over the new one's name, record and claims; the new row goes.
 */
export async function mergeRenames(tx: Transaction, run: RunRow): Promise<number> {
  const pairs = await findRenames(tx, run)
  if (pairs === 0) return 0
  await createStage(tx)
  await stageNewNames(tx)
  await tellRenames(tx, run)
  await moveClaims(tx)
  await keepAnnotations(tx)
  await dissolveNewRows(tx)
  await tx`
    update tidemark.asset a set name_key = s.name_key, kind_group = s.kind_group from stage_asset s where a.id = s.asset_id`
  await applyStage(tx, { runId: run.id, sourceId: run.sourceId, tellAdded: false, tellChanged: true })
  await restoreAnnotations(tx)
  await indexStage(tx)
  // Edges are names first: those that still name the old one lead elsewhere from now on.
  await tx`
    update tidemark.lineage_edge e set upstream_id = null from renamed r join tidemark.asset a on a.id = r.old_id
    where e.upstream_id = r.old_id and e.valid_to is null
      and (e.upstream_namespace_id, e.upstream_group, e.upstream_key)
          is distinct from (a.namespace_id, a.kind_group, a.name_key)`
  await tx`delete from lapsed using renamed where lapsed.asset_id = renamed.old_id`
  return pairs
}

async function findRenames(tx: Transaction, run: RunRow): Promise<number> {
  const found = await tx`
    create temp table renamed on commit drop as
    select distinct on (new.id) old.id as old_id, new.id as new_id, old.display as old_display, new.display as new_display,
           new.appeared_run_id,
           exists (select 1 from tidemark.asset_version v
                   where v.asset_id = new.id and v.run_id < new.appeared_run_id) as existed
    from (select distinct asset_id from lapsed) l
    join tidemark.asset old on old.id = l.asset_id and old.native_id is not null
                           and old.removed_at is null and not old.placeholder
    join tidemark.asset new on new.namespace_id = old.namespace_id and new.kind_group = old.kind_group
                           and new.native_id = old.native_id and new.id <> old.id
    join tidemark.source on source.id = ${run.sourceId}
    join tidemark.claim c on c.asset_id = new.id and c.source_id = source.id and c.run_id > source.reconciled_run_id
    where new.appeared_run_id > source.reconciled_run_id and new.removed_at is null and not new.placeholder
      and not exists (select 1 from lapsed where lapsed.asset_id = new.id and lapsed.item_id = c.item_id)
    order by new.id, old.id`
  await tx`delete from renamed r using renamed other where r.old_id = other.old_id and r.new_id > other.new_id`
  const [left] = await tx<{ count: number }[]>`select count(*)::int as count from renamed`
  return found.count === 0 ? 0 : (left as { count: number }).count
}

/** Stages what is stored of the new names, addressed to the old assets. */
async function stageNewNames(tx: Transaction): Promise<void> {
  await tx`
    insert into stage_asset (ordinal, writer, kind_group, name_key, kind, path, display, name, database_name, schema_name,
      parent_group, parent_key, native_id, owner, comment, url, properties, hash, tells_lineage, omitted_lineage,
      asset_id, state, same_object)
    select row_number() over (order by a.kind_group, a.name_key), true, a.kind_group, a.name_key, a.kind, a.path,
           a.display, a.name, a.database_name, a.schema_name, a.parent_group, a.parent_key, a.native_id, a.owner,
           a.comment, a.url, a.properties, a.content_hash, a.tells_lineage, a.omitted_lineage, r.old_id, 'renamed', true
    from renamed r join tidemark.asset a on a.id = r.new_id`
  await tx`create temp table staged on commit drop as
    select s.ordinal, r.new_id from stage_asset s join renamed r on r.old_id = s.asset_id`
  await tx`
    insert into stage_field
    select s.ordinal, name_key, name, path, position, native_type, type, nullable, default_value, generated, comment,
           native_id, properties
    from staged s join tidemark.field f on f.asset_id = s.new_id and f.removed_at is null`
  await tx`
    insert into stage_constraint
    select s.ordinal, kind, name, columns, referenced_namespace_id, referenced_group, referenced_key,
           referenced_display, referenced_columns, definition, origin, confidence, properties
    from staged s join tidemark.asset_constraint c on c.asset_id = s.new_id`
  await tx`
    insert into stage_index
    select s.ordinal, name, columns, is_unique, is_primary, definition, properties
    from staged s join tidemark.asset_index i on i.asset_id = s.new_id`
  await tx`
    insert into stage_facet
    select s.ordinal, kind, name, body from staged s join tidemark.facet f on f.asset_id = s.new_id`
  await tx`
    insert into stage_definition select s.ordinal, language, text from staged s join tidemark.definition d on d.asset_id = s.new_id`
  await tx`
    insert into stage_version
    select s.ordinal, record from staged s join tidemark.asset_version v on v.asset_id = s.new_id and v.valid_to is null`
  await tx`
    insert into stage_edge
    select s.ordinal, origin, upstream_namespace_id, upstream_group, upstream_key, upstream_path, upstream_display,
           columns_known, matched_by, stale_since
    from staged s join tidemark.lineage_edge e on e.downstream_id = s.new_id and e.valid_to is null
    where e.origin in ('catalogue', 'bi', 'code') and e.text_id is null`
}

async function tellRenames(tx: Transaction, run: RunRow): Promise<void> {
  await tx`
    delete from tidemark.change c using renamed r
    where c.asset_id = r.new_id and c.run_id >= r.appeared_run_id and c.operation = 'added'`
  await tx`
    insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, operation, before, after)
    select now(), ${run.id}, ${run.sourceId}, old_id, new_display, 'renamed',
           jsonb_build_object('name', old_display), jsonb_build_object('name', new_display)
    from renamed order by new_id`
}

async function moveClaims(tx: Transaction): Promise<void> {
  await tx`
    delete from tidemark.claim c using lapsed l, renamed r
    where l.asset_id = r.old_id and c.asset_id = l.asset_id and c.item_id = l.item_id`
  await tx`
    update tidemark.claim c set writes = false from renamed r
    where c.asset_id = r.new_id and c.writes
      and exists (select 1 from tidemark.claim o where o.asset_id = r.old_id and o.writes)`
  await tx`
    delete from tidemark.claim c using renamed r
    where c.asset_id = r.new_id
      and exists (select 1 from tidemark.claim o where o.asset_id = r.old_id and o.item_id = c.item_id)`
  await tx`update tidemark.claim c set asset_id = r.old_id from renamed r where c.asset_id = r.new_id`
}

/** What people have said of the new name, as a placeholder or before it was known for a rename, is said of the asset. */
async function keepAnnotations(tx: Transaction): Promise<void> {
  await tx`
    create temp table kept_tag on commit drop as
    select r.old_id as asset_id, t.field_key, t.tag_id, t.set_by, t.set_at
    from renamed r join tidemark.tag_assignment t on t.asset_id = r.new_id`
  await tx`
    create temp table kept_owner on commit drop as
    select r.old_id as asset_id, o.owner, o.set_by, o.set_at
    from renamed r join tidemark.ownership o on o.asset_id = r.new_id`
  await tx`delete from tidemark.tag_assignment t using renamed r where t.asset_id = r.new_id`
  await tx`delete from tidemark.ownership o using renamed r where o.asset_id = r.new_id`
}

async function restoreAnnotations(tx: Transaction): Promise<void> {
  await tx`
    insert into tidemark.tag_assignment (asset_id, field_key, tag_id, set_by, set_at)
    select asset_id, field_key, tag_id, set_by, set_at from kept_tag order by asset_id, field_key, tag_id
    on conflict do nothing`
  await tx`
    insert into tidemark.ownership (asset_id, owner, set_by, set_at)
    select asset_id, owner, set_by, set_at from kept_owner order by asset_id, owner on conflict do nothing`
}

/** A name that had a life before it was removed keeps its history, under a key that no name yields. */
async function dissolveNewRows(tx: Transaction): Promise<void> {
  await tx`update tidemark.asset a set parent_id = null from renamed r where a.parent_id = r.new_id`
  await tx`update tidemark.lineage_edge e set upstream_id = null from renamed r where e.upstream_id = r.new_id`
  const passing = await tx<{ id: number }[]>`select new_id as id from renamed where not existed order by new_id`
  await deleteAssets(
    tx,
    passing.map((row) => row.id),
  )
  await tx`delete from tidemark.search_document d using renamed r where d.asset_id = r.new_id`
  await tx`
    delete from tidemark.asset_version v using renamed r
    where r.existed and v.asset_id = r.new_id and v.run_id >= r.appeared_run_id`
  await tx`
    update tidemark.lineage_edge e set valid_to = now() from renamed r
    where r.existed and e.downstream_id = r.new_id and e.valid_to is null`
  await tx`
    update tidemark.asset a set name_key = a.name_key || '\\!' || a.id, removed_at = now(), removed_reason = 'dropped',
      content_hash = null
    from renamed r where r.existed and a.id = r.new_id`
}

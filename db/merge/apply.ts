import type { Transaction } from '../store.ts'
import { type ApplyContext, tellAssetChanges, tellFieldChanges } from './tell.ts'

/**
 * Writes the staged records to the existing assets they were resolved to, only what differs: those in the states
 * `real`, `revived`, `moved` and `renamed`. New assets have no past and are written at once.
 */
export async function applyStage(tx: Transaction, context: ApplyContext): Promise<void> {
  await tx`create temp table written on commit drop as
    select ordinal, asset_id, state, same_object from stage_asset where state in ('real', 'revived', 'moved', 'renamed')`
  await tx`analyze stage_field`
  await tellAssetChanges(tx, context)
  await tellFieldChanges(tx, context)
  await updateAssets(tx, context)
  await clearParts(tx)
  await writeFields(tx)
  await writeParts(tx)
  await writeEdges(tx, context)
  await writeVersions(tx, context)
  await tx`drop table written`
}

async function updateAssets(tx: Transaction, { runId }: ApplyContext): Promise<void> {
  await tx`
    update tidemark.asset a set kind = s.kind, path = s.path, display = s.display, name = s.name,
      database_name = s.database_name, schema_name = s.schema_name,
      parent_id = case when (a.parent_group, a.parent_key) is not distinct from (s.parent_group, s.parent_key)
                       then a.parent_id end,
      parent_group = s.parent_group, parent_key = s.parent_key, native_id = s.native_id, owner = s.owner,
      comment = s.comment, url = s.url, properties = s.properties, content_hash = s.hash, tells_lineage = s.tells_lineage,
      omitted_lineage = s.omitted_lineage, placeholder = false,
      changed_at = now(), removed_at = null, removed_reason = null,
      first_seen_at = case when a.placeholder and a.content_hash is null then now() else a.first_seen_at end,
      appeared_run_id = case when s.state in ('real', 'revived') then ${runId} else a.appeared_run_id end
    from stage_asset s where a.id = s.asset_id and s.state in ('real', 'revived', 'moved', 'renamed')`
}

/** Takes away what the new records no longer have, and gives renamed fields their new names. */
async function clearParts(tx: Transaction): Promise<void> {
  await renameFields(tx)
  await tx`
    update tidemark.field f set removed_at = now() from written w
    where f.asset_id = w.asset_id and f.removed_at is null
      and not exists (select 1 from stage_field s where s.ordinal = w.ordinal and s.name_key = f.name_key)`
  await tx`
    delete from tidemark.asset_constraint c using written w where c.asset_id = w.asset_id
      and not exists (select 1 from stage_constraint s where s.ordinal = w.ordinal and s.kind = c.kind and s.name = c.name)`
  await tx`
    delete from tidemark.asset_index i using written w where i.asset_id = w.asset_id
      and not exists (select 1 from stage_index s where s.ordinal = w.ordinal and s.name = i.name)`
  await tx`
    delete from tidemark.facet f using written w where f.asset_id = w.asset_id
      and not exists (select 1 from stage_facet s where s.ordinal = w.ordinal and s.kind = f.kind and s.name = f.name)`
  await tx`
    delete from tidemark.definition d using written w where d.asset_id = w.asset_id
      and not exists (select 1 from stage_definition s where s.ordinal = w.ordinal)`
}

/**
 * A field is renamed when its old name is gone, the new one is new, and the immutable id within the same object is the
 * same. A removed field that once had the new name keeps its row under a key that no name yields.
 */
async function renameFields(tx: Transaction): Promise<void> {
  await tx`create temp table renamed_field on commit drop as
    select f.id, w.asset_id, s.name_key, s.name, s.path
    from written w
    join tidemark.field f on f.asset_id = w.asset_id and f.removed_at is null
    join stage_field s on s.ordinal = w.ordinal and s.native_id = f.native_id and s.name_key <> f.name_key
    where w.state in ('moved', 'renamed') and w.same_object
      and not exists (select 1 from stage_field o where o.ordinal = w.ordinal and o.name_key = f.name_key)
      and not exists (select 1 from tidemark.field n
                      where n.asset_id = w.asset_id and n.name_key = s.name_key and n.removed_at is null)`
  await moveFieldTags(tx)
  await tx`
    update tidemark.field f set name_key = f.name_key || '\\!' || f.id from renamed_field r
    where f.asset_id = r.asset_id and f.name_key = r.name_key and f.removed_at is not null`
  await tx`
    update tidemark.field f set name_key = r.name_key, name = r.name, path = r.path from renamed_field r where f.id = r.id`
  await tx`drop table renamed_field`
}

/** Tags go with their fields: of a removed one to the key it is to get, of a renamed one to its new name. */
async function moveFieldTags(tx: Transaction): Promise<void> {
  await tx`
    update tidemark.tag_assignment t set field_key = f.name_key || '\\!' || f.id
    from renamed_field r join tidemark.field f on f.asset_id = r.asset_id and f.name_key = r.name_key and f.removed_at is not null
    where t.asset_id = r.asset_id and t.field_key = r.name_key`
  await tx`
    update tidemark.tag_assignment t set field_key = r.name_key
    from renamed_field r join tidemark.field f on f.id = r.id
    where t.asset_id = r.asset_id and t.field_key = f.name_key`
}

async function writeFields(tx: Transaction): Promise<void> {
  await tx`
    insert into tidemark.field (asset_id, name_key, name, path, position, native_type, type, nullable, default_value,
      generated, comment, native_id, properties)
    select w.asset_id, s.name_key, s.name, s.path, s.position, s.native_type, s.type, s.nullable, s.default_value,
      s.generated, s.comment, s.native_id, s.properties
    from stage_field s join written w using (ordinal) order by w.asset_id, s.name_key
    on conflict (asset_id, name_key) do update set
      name = excluded.name, path = excluded.path, position = excluded.position, native_type = excluded.native_type,
      type = excluded.type, nullable = excluded.nullable, default_value = excluded.default_value,
      generated = excluded.generated, comment = excluded.comment, native_id = excluded.native_id,
      properties = excluded.properties, removed_at = null
    where (field.name, field.position, field.native_type, field.type, field.nullable, field.default_value,
           field.generated, field.comment, field.native_id, field.properties, field.removed_at)
      is distinct from (excluded.name, excluded.position, excluded.native_type, excluded.type, excluded.nullable,
           excluded.default_value, excluded.generated, excluded.comment, excluded.native_id, excluded.properties, null)`
}

async function writeParts(tx: Transaction): Promise<void> {
  await tx`
    insert into tidemark.asset_constraint as c (asset_id, kind, name, columns, referenced_namespace_id,
      referenced_group, referenced_key, referenced_display, referenced_columns, definition, origin, confidence, properties)
    select w.asset_id, s.kind, s.name, s.columns, s.referenced_namespace_id, s.referenced_group, s.referenced_key,
      s.referenced_display, s.referenced_columns, s.definition, s.origin, s.confidence, s.properties
    from stage_constraint s join written w using (ordinal) order by w.asset_id, s.kind, s.name
    on conflict (asset_id, kind, name) do update set columns = excluded.columns,
      referenced_namespace_id = excluded.referenced_namespace_id, referenced_group = excluded.referenced_group,
      referenced_key = excluded.referenced_key, referenced_display = excluded.referenced_display,
      referenced_columns = excluded.referenced_columns, definition = excluded.definition, origin = excluded.origin,
      confidence = excluded.confidence, properties = excluded.properties
    where c is distinct from excluded`
  await tx`
    insert into tidemark.asset_index as i (asset_id, name, columns, is_unique, is_primary, definition, properties)
    select w.asset_id, s.name, s.columns, s.is_unique, s.is_primary, s.definition, s.properties
    from stage_index s join written w using (ordinal) order by w.asset_id, s.name
    on conflict (asset_id, name) do update set columns = excluded.columns, is_unique = excluded.is_unique,
      is_primary = excluded.is_primary, definition = excluded.definition, properties = excluded.properties
    where i is distinct from excluded`
  await tx`
    insert into tidemark.facet as f (asset_id, kind, name, body)
    select w.asset_id, s.kind, s.name, s.body
    from stage_facet s join written w using (ordinal) order by w.asset_id, s.kind, s.name
    on conflict (asset_id, kind, name) do update set body = excluded.body where f is distinct from excluded`
  await tx`
    insert into tidemark.definition as d (asset_id, language, text)
    select w.asset_id, s.language, s.text
    from stage_definition s join written w using (ordinal) order by w.asset_id
    on conflict (asset_id) do update set language = excluded.language, text = excluded.text
    where d is distinct from excluded`
}

/** Edges of the origins that records speak for; those parsed from texts and logs are not theirs to close. */
async function writeEdges(tx: Transaction, { sourceId }: ApplyContext): Promise<void> {
  await tx`
    update tidemark.lineage_edge e set valid_to = now() from written w
    where e.downstream_id = w.asset_id and e.valid_to is null
      and e.origin in ('catalogue', 'bi', 'code') and e.text_id is null
      and not exists (
        select 1 from stage_edge s where s.ordinal = w.ordinal and s.origin = e.origin
          and (s.upstream_namespace_id, s.upstream_group, s.upstream_key)
              = (e.upstream_namespace_id, e.upstream_group, e.upstream_key))`
  await tx`
    update tidemark.lineage_edge e set columns_known = s.columns_known, matched_by = s.matched_by, stale_since = s.stale_since
    from stage_edge s join written w using (ordinal)
    where e.downstream_id = w.asset_id and e.valid_to is null and e.text_id is null and e.origin = s.origin
      and (s.upstream_namespace_id, s.upstream_group, s.upstream_key)
          = (e.upstream_namespace_id, e.upstream_group, e.upstream_key)
      and (e.columns_known, e.matched_by, e.stale_since) is distinct from (s.columns_known, s.matched_by, s.stale_since)`
  await tx`
    insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
      upstream_display, origin, source_id, columns_known, matched_by, stale_since, valid_from, last_seen_at)
    select w.asset_id, s.upstream_namespace_id, s.upstream_group, s.upstream_key, s.upstream_path, s.upstream_display,
      s.origin, ${sourceId}, s.columns_known, s.matched_by, s.stale_since, now(), now()
    from stage_edge s join written w using (ordinal)
    order by w.asset_id, s.origin, s.upstream_namespace_id, s.upstream_group, s.upstream_key
    on conflict (downstream_id, origin, upstream_namespace_id, upstream_group, upstream_key) where valid_to is null
    do nothing`
}

async function writeVersions(tx: Transaction, { runId }: ApplyContext): Promise<void> {
  await tx`
    update tidemark.asset_version v set valid_to = now() from written w
    where v.asset_id = w.asset_id and v.valid_to is null`
  await tx`
    insert into tidemark.asset_version (asset_id, valid_from, run_id, record)
    select w.asset_id, now(), ${runId}, s.record from stage_version s join written w using (ordinal) order by w.asset_id`
}

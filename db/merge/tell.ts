import type { Transaction } from '../store.ts'

export interface ApplyContext {
  readonly runId: number
  readonly sourceId: number
  /** Whether additions and changes make rows of their own; folded into one baseline change otherwise. */
  readonly tellAdded: boolean
  readonly tellChanged: boolean
}

/** Parts of a record that are told otherwise: fields by field, names by renames, ids by re-creation; gaps are our own. */
const NOT_COMPARED = ['fields', 'path', 'nativeId', 'parent', 'gaps']

/** Records what came to life. */
export async function tellAdditions(tx: Transaction, { runId, sourceId, tellAdded }: ApplyContext): Promise<void> {
  if (!tellAdded) return
  await tx`
    insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, operation, after)
    select now(), ${runId}, ${sourceId}, asset_id, display, 'added', jsonb_build_object('kind', kind)
    from stage_asset where state in ('new', 'real', 'revived') order by ordinal`
}

/**
 * Records what happens to existing assets, before their rows are touched: the parts of the record that differ, with
 * `recreated` where the immutable id under the same name is another.
 */
export async function tellAssetChanges(tx: Transaction, context: ApplyContext): Promise<void> {
  const { runId, sourceId } = context
  if (!context.tellChanged) return
  await tx`
    insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, operation, before, after)
    select now(), ${runId}, ${sourceId}, s.asset_id, s.display,
           case when recreated then 'recreated' else 'changed' end,
           coalesce(difference.before, '{}'), coalesce(difference.after, '{}')
    from stage_asset s
    join stage_version n using (ordinal)
    join tidemark.asset a on a.id = s.asset_id
    join tidemark.asset_version v on v.asset_id = a.id and v.valid_to is null
    cross join lateral (select a.native_id is not null and s.native_id is not null and a.native_id <> s.native_id
                               as recreated) r
    cross join lateral (
      select jsonb_object_agg(key, v.record -> key) filter (where v.record ? key) as before,
             jsonb_object_agg(key, n.record -> key) filter (where n.record ? key) as after,
             count(*) as parts
      from (select jsonb_object_keys(v.record) union select jsonb_object_keys(n.record)) as keys (key)
      where key <> all (${NOT_COMPARED}::text[]) and (v.record -> key) is distinct from (n.record -> key)) difference
    where s.state in ('moved', 'renamed') and (difference.parts > 0 or recreated)
    order by s.ordinal`
}

/** Records what happens to the fields of existing assets, before their rows are touched. Order alone is not told. */
export async function tellFieldChanges(tx: Transaction, context: ApplyContext): Promise<void> {
  if (!context.tellChanged) return
  const { runId, sourceId } = context
  await tx`
    insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, field_name, operation, before, after)
    with existing as (
      select s.ordinal, s.asset_id, s.display, s.same_object from stage_asset s where s.state in ('moved', 'renamed')
    ), old as (
      select e.ordinal, f.name_key, f.name, array_to_string(f.path, '.') as path, f.native_id, jsonb_strip_nulls(jsonb_build_object(
        'nativeType', f.native_type, 'nullable', f.nullable, 'default', f.default_value, 'generated', f.generated,
        'comment', f.comment, 'properties', nullif(f.properties, '{}'))) as body
      from existing e join tidemark.field f on f.asset_id = e.asset_id and f.removed_at is null
    ), new as (
      select e.ordinal, f.name_key, f.name, array_to_string(f.path, '.') as path, f.native_id, jsonb_strip_nulls(jsonb_build_object(
        'nativeType', f.native_type, 'nullable', f.nullable, 'default', f.default_value, 'generated', f.generated,
        'comment', f.comment, 'properties', nullif(f.properties, '{}'))) as body
      from existing e join stage_field f on f.ordinal = e.ordinal
    ), matched as (
      select ordinal, old.name_key as old_key, new.name_key as new_key,
             old.path as old_path, new.path as new_path, old.native_id as old_id, new.native_id as new_id,
             old.body as old_body, new.body as new_body
      from old full join new using (ordinal, name_key)
    ), renamed as (
      select o.ordinal, o.old_key, n.new_key, o.old_path, n.new_path, o.old_body, n.new_body
      from matched o join matched n on n.ordinal = o.ordinal and n.new_id = o.old_id
      join existing e on e.ordinal = o.ordinal and e.same_object
      where o.new_key is null and n.old_key is null
    ), told as (
      select ordinal, new_path as field_name, 'renamed' as operation,
             jsonb_build_object('name', old_path) || d.before as before, jsonb_build_object('name', new_path) || d.after as after
      from renamed r cross join lateral (
        select coalesce(jsonb_object_agg(key, r.old_body -> key) filter (where r.old_body ? key), '{}') as before,
               coalesce(jsonb_object_agg(key, r.new_body -> key) filter (where r.new_body ? key), '{}') as after
        from (select jsonb_object_keys(r.old_body) union select jsonb_object_keys(r.new_body)) as keys (key)
        where (r.old_body -> key) is distinct from (r.new_body -> key)) d
      union all
      select m.ordinal, m.old_path, 'removed', m.old_body, null from matched m
      where m.new_key is null
        and not exists (select 1 from renamed r where r.ordinal = m.ordinal and r.old_key = m.old_key)
      union all
      select m.ordinal, m.new_path, 'added', null, m.new_body from matched m
      where m.old_key is null
        and not exists (select 1 from renamed r where r.ordinal = m.ordinal and r.new_key = m.new_key)
      union all
      select m.ordinal, m.new_path, case when e.same_object and m.old_id <> m.new_id then 'recreated' else 'changed' end,
             d.before, d.after
      from matched m join existing e using (ordinal) cross join lateral (
        select coalesce(jsonb_object_agg(key, m.old_body -> key) filter (where m.old_body ? key), '{}') as before,
               coalesce(jsonb_object_agg(key, m.new_body -> key) filter (where m.new_body ? key), '{}') as after
        from (select jsonb_object_keys(m.old_body) union select jsonb_object_keys(m.new_body)) as keys (key)
        where (m.old_body -> key) is distinct from (m.new_body -> key)) d
      where m.old_key is not null and m.new_key is not null
        and (m.old_body <> m.new_body or (e.same_object and m.old_id <> m.new_id))
    )
    select now(), ${runId}, ${sourceId}, e.asset_id, e.display, t.field_name, t.operation, t.before, t.after
    from told t join existing e using (ordinal) order by t.ordinal, t.field_name`
}

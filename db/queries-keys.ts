import type { Query } from './store.ts'

/** A table as an ER diagram shows it. */
export interface EntityRow {
  readonly assetId: number
  readonly asset: string
  readonly columns: readonly {
    readonly column: string
    readonly nativeType: string
    readonly nullable: boolean
    readonly primaryKey: boolean
    readonly unique: boolean
    readonly foreignKey: boolean
  }[]
}

/** A foreign key between two tables. */
export interface ReferenceRow {
  readonly name: string
  readonly fromId: number
  readonly toId: number
  readonly columns: readonly string[]
  readonly referencedColumns: readonly string[]
  /** At most one row refers to each that is referred to. */
  readonly unique: boolean
  /** A row may refer to none. */
  readonly nullable: boolean
}

/** Ids of the tables in an asset, at any depth; views and partitions have no keys worth drawing. */
export async function listTablesWithin(sql: Query, assetId: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    with recursive inside (id) as (
      select ${assetId}::bigint
      union
      select a.id from inside i join tidemark.asset a on a.parent_id = i.id
      where a.removed_at is null and not a.placeholder
    )
    select a.id from inside i join tidemark.asset a on a.id = i.id
    where a.kind_group = 'relation' and a.kind !~ 'view' and a.kind <> 'partition'
    order by a.display collate "C"`
  return rows.map(({ id }) => id)
}

/** The foreign keys from or to tables of a set, where both ends are live. */
export async function listReferences(sql: Query, ids: readonly number[]): Promise<ReferenceRow[]> {
  const set = [...ids]
  return [
    ...(await sql<ReferenceRow[]>`
      select k.constraint_name as name, k.asset_id as "fromId", k.referenced_asset_id as "toId", k.columns,
             k.referenced_columns as "referencedColumns",
             exists (select 1 from tidemark.asset_constraint u
                     where u.asset_id = k.asset_id and u.kind in ('primary key', 'unique')
                       and u.columns <@ k.columns) as "unique",
             exists (select 1 from tidemark.field f
                     where f.asset_id = k.asset_id and f.removed_at is null and f.nullable
                       and array_to_string(f.path, '.') = any (k.columns)) as nullable
      from catalog.constraints k
      where k.kind = 'foreign key' and k.referenced_asset_id is not null
        and (k.asset_id = any (${set}::bigint[]) or k.referenced_asset_id = any (${set}::bigint[]))
      order by k.asset_id, k.constraint_name collate "C"`),
  ]
}

export async function listEntities(sql: Query, ids: readonly number[]): Promise<EntityRow[]> {
  return [
    ...(await sql<EntityRow[]>`
      select t.asset_id as "assetId", t.asset, coalesce(c.columns, '[]') as columns
      from catalog.tables t
      left join lateral (
        select jsonb_agg(jsonb_build_object('column', c.path, 'nativeType', c.native_type, 'nullable', c.nullable,
                 'primaryKey', c.is_primary_key, 'unique', coalesce(k.is_unique, false),
                 'foreignKey', coalesce(k.is_foreign, false)) order by c.position) as columns
        from catalog.columns c
        cross join lateral (
          select bool_or(k.kind = 'unique' and k.columns = array[c.path]) as is_unique, bool_or(k.kind = 'foreign key') as is_foreign
          from tidemark.asset_constraint k where k.asset_id = c.asset_id and c.path = any (k.columns)
        ) k
        where c.asset_id = t.asset_id
      ) c on true
      where t.asset_id = any (${[...ids]}::bigint[])
      order by t.asset collate "C"`),
  ]
}

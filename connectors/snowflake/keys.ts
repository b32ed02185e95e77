import { type AssetRef, byName, type ConstraintRecord, optional, withProperties } from '../kit/index.ts'
import { isYes } from './entries.ts'
import type { Row } from './session.ts'
import type { Shows } from './shows.ts'

/** The keys of one schema's tables, by table. */
export type SchemaKeys = ReadonlyMap<string, readonly ConstraintRecord[]>

/** Keys are informational in Snowflake, but for those of hybrid tables. */
export async function readKeys(shows: Shows, schema: string): Promise<SchemaKeys> {
  const [primary, unique, imported] = await Promise.all([
    shows.of('PRIMARY KEYS', schema),
    shows.of('UNIQUE KEYS', schema),
    shows.of('IMPORTED KEYS', schema),
  ])
  const found: (readonly [table: string, constraint: ConstraintRecord])[] = [
    ...groupKeys(primary, 'table_name', 'constraint_name').map(
      ([table, rows]) => [table, ownKey('primary key', rows)] as const,
    ),
    ...groupKeys(unique, 'table_name', 'constraint_name').map(
      ([table, rows]) => [table, ownKey('unique', rows)] as const,
    ),
    ...groupKeys(imported, 'fk_table_name', 'fk_name').map(([table, rows]) => [table, foreignKey(rows)] as const),
  ]
  const byTable = Map.groupBy(found, ([table]) => table)
  return new Map([...byTable].map(([table, keys]) => [table, byName(keys.map(([, key]) => key))]))
}

/** The rows of each key in the order of its columns. */
function groupKeys(rows: readonly Row[], table: string, name: string): readonly (readonly [string, readonly Row[]])[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row[table], row[name]]))
  return [...groups.values()].map((group) => [
    group[0]?.[table] ?? '',
    [...group].sort((left, right) => Number(left.key_sequence) - Number(right.key_sequence)),
  ])
}

function ownKey(kind: 'primary key' | 'unique', rows: readonly Row[]): ConstraintRecord {
  return {
    name: rows[0]?.constraint_name ?? '',
    kind,
    columns: rows.map((row) => row.column_name ?? ''),
    ...properties(rows[0]),
  }
}

function foreignKey(rows: readonly Row[]): ConstraintRecord {
  const [first] = rows
  const asset: AssetRef = {
    group: 'relation',
    path: [first?.pk_database_name ?? '', first?.pk_schema_name ?? '', first?.pk_table_name ?? ''],
  }
  return {
    name: first?.fk_name ?? '',
    kind: 'foreign key',
    columns: rows.map((row) => row.fk_column_name ?? ''),
    references: { asset, columns: rows.map((row) => row.pk_column_name ?? '') },
    ...properties(first, {
      ...optional('onUpdate', first?.update_rule),
      ...optional('onDelete', first?.delete_rule),
      ...optional('deferrable', first?.deferrability),
    }),
  }
}

function properties(row: Row | undefined, more: Readonly<Record<string, string>> = {}) {
  return withProperties({
    ...(row?.comment ? { comment: row.comment } : {}),
    ...(isYes(row?.rely) ? { rely: true } : {}),
    ...more,
  })
}

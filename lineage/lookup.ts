import type { SchemaLookup, TableName, TableSchema } from './types.ts'

/** A lookup over a list: by the exact name, else by the only one that differs in case alone. */
export function createLookup(tables: readonly TableSchema[]): SchemaLookup {
  const exact = new Map<string, TableSchema>()
  const folded = new Map<string, TableSchema | null>()
  for (const table of tables) {
    exact.set(toKey(table.name), table)
    const key = toKey(table.name).toLowerCase()
    folded.set(key, folded.has(key) ? null : table)
  }
  return (name) => exact.get(toKey(name)) ?? folded.get(toKey(name).toLowerCase()) ?? undefined
}

/** A lookup by the exact name alone. */
export function createExactLookup(tables: readonly TableSchema[]): SchemaLookup {
  const exact = new Map(tables.map((table) => [toKey(table.name), table]))
  return (name) => exact.get(toKey(name))
}

function toKey(name: TableName): string {
  return name.join('\u0000')
}

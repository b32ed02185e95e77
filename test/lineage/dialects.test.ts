import { readFileSync } from 'node:fs'
import { parse } from '@polyglot-sql/sdk'
import { describe, expect, test } from 'vitest'
import { deriveCase } from '../../lineage/cases.ts'
import { findDialect, traitsOf } from '../../lineage/dialects.ts'
import { parseScript } from '../../lineage/syntax/parse.ts'

/** Statements after each dialect's manual, each with all it reads and writes: `column <- table.column, …`. */
interface DialectCase {
  readonly dialect: string
  readonly name: string
  readonly sql: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly columns: readonly string[]
  readonly gaps: readonly string[]
}

const path = new URL('../fixtures/sql-lineage/dialects.json', import.meta.url)
const cases = JSON.parse(readFileSync(path, 'utf8')) as readonly DialectCase[]

const TABLES = {
  orders: ['id', 'user_id', 'amount', 'status', 'created_at'],
  users: ['id', 'name', 'country'],
  ev: ['id', 'payload', 'items', 'tags'],
  tgt: ['a', 'b', 'c'],
  nested: ['id', 'address', 'address.city'],
}
const TWO_LEVELS = new Set(['mysql', 'mariadb', 'clickhouse', 'sqlite'])

function derive({ dialect, name, sql }: DialectCase) {
  const prefix = TWO_LEVELS.has(dialect) ? 's' : 'db.s'
  const schemas = Object.fromEntries(
    Object.entries(TABLES).map(([table, columns]) => [
      `${prefix}.${table}`,
      Object.fromEntries(columns.map((column) => [column, ''])),
    ]),
  )
  const defaults = TWO_LEVELS.has(dialect) ? {} : { defaultDatabase: 'db' }
  return deriveCase({ name, dialect, sql, schemas, defaultSchema: 's', ...defaults })
}

const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase())

describe.each(Object.entries(Object.groupBy(cases, ({ dialect }) => dialect)))('%s', (_dialect, own = []) => {
  test.each(own.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    const derived = derive(given)
    const columns = derived.columns.map(({ downstream, upstreams }) => {
      const name = downstream.table === null ? downstream.column : `${downstream.table}.${downstream.column}`
      const reads = upstreams.map(({ table, column }) => `${table}.${column}`).sort()
      return `${name} <- ${reads.join(', ')}`.trim().toLowerCase()
    })
    expect({
      inputs: lower(derived.inputs),
      outputs: lower(derived.outputs),
      columns,
      gaps: derived.gaps.map(({ reason }) => reason),
    }).toEqual({ inputs: given.inputs, outputs: given.outputs, columns: given.columns, gaps: given.gaps })
  })
})

/** Names of columns in an abstract syntax tree of either parser. */
function columnNames(node: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(node)) for (const entry of node) columnNames(entry, found)
  else if (typeof node === 'object' && node !== null) {
    const {
      kind,
      path: parts,
      position,
      column,
    } = node as {
      kind?: string
      path?: { text: string }[]
      position?: number
      column?: { name?: { name?: string } }
    }
    if (kind === 'position') found.add(`$${position}`)
    if (kind === 'column') for (const part of parts ?? []) found.add(part.text.toLowerCase())
    if (typeof column?.name?.name === 'string') found.add(column.name.name.toLowerCase())
    for (const value of Object.values(node)) columnNames(value, found)
  }
  return found
}

/** Where the other parser sees columns that are none: names of a semantic view, excluded ones, tables, functions. */
const MISREAD =
  /SEMANTIC_VIEW|\(PIVOT|EXCLUDE \(|UNPIVOT e\.|PIVOT \(SUM|NEXT VALUE|APPLY\(|PIVOT \(sum|WITH FUNCTION|exclude_columns|\* LIKE/

test('every column that another parser sees is seen here', () => {
  const queries = cases.filter(({ sql }) => /^(?:SELECT|CREATE VIEW|WITH)\b/.test(sql) && !MISREAD.test(sql))
  let compared = 0
  const unseen: string[] = []
  for (const { dialect, sql } of queries) {
    const other = parse(sql, dialect as Parameters<typeof parse>[1])
    if (!other.success) continue
    compared += 1
    const own = columnNames(parseScript(sql, traitsOf(findDialect(dialect))))
    // What the other takes for columns and is none: pseudo-columns, aliases, settings, parameters of lambdas, named arguments.
    const none = new Set([
      'level',
      '_table_suffix',
      'bee',
      'who',
      'max_threads',
      'integer',
      'input',
      'x',
      't',
      'j',
      'f',
      'g',
      'st',
      'q',
      'm',
      'k',
      'v',
      'e',
      'u',
    ])
    const missing = [...columnNames(other.ast)].filter(
      (name) => !own.has(name) && !none.has(name) && !name.includes('.') && sql.toLowerCase().includes(name),
    )
    unseen.push(...missing.map((name) => `${name} in ${sql}`))
  }
  expect(unseen).toEqual([])
  expect(compared).toBeGreaterThan(30)
})

import type { Dialect } from '../../lineage/dialects.ts'

/** Random queries together with the edges they must have: the generator knows what it writes. */

export const TABLES: Readonly<Record<string, readonly string[]>> = {
  orders: ['id', 'user_id', 'amount', 'status', 'created_at'],
  users: ['id', 'name', 'country', 'created_at'],
  items: ['id', 'order_id', 'sku', 'price', 'qty'],
  events: ['id', 'kind', 'payload', 'at_time'],
}

/** `table.column` pairs that a value reads. */
type Reads = ReadonlySet<string>

interface Column {
  readonly name: string
  readonly reads: Reads
}

interface Relation {
  readonly render: (options: Rendering) => string
  readonly columns: readonly Column[]
}

export interface RandomQuery {
  /** In order: temporary relations of the query, which a rendering may make CTEs or temporary tables. */
  readonly steps: readonly { readonly name: string; readonly relation: Relation }[]
  readonly body: Relation
}

export interface Rendering {
  readonly dialect: Dialect
  readonly alias: string
  readonly parentheses: boolean
  /** Join the sources the other way round. */
  readonly reversed: boolean
}

export type Random = () => number

/** A small generator of numbers from 0 to 1, equal for equal seeds. */
export function createRandom(seed: number): Random {
  let state = (seed >>> 0) + 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export function randomQuery(random: Random): RandomQuery {
  const steps: { name: string; relation: Relation }[] = []
  const count = Math.floor(random() * 3)
  for (let index = 0; index < count; index++) {
    steps.push({ name: `step_${index}`, relation: randomRelation(random, steps, 2) })
  }
  return { steps, body: randomRelation(random, steps, 3) }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

function randomRelation(random: Random, steps: RandomQuery['steps'], depth: number): Relation {
  return depth > 1 && random() < 0.2 ? randomUnion(random, steps, depth) : randomSelect(random, steps, depth)
}

function randomUnion(random: Random, steps: RandomQuery['steps'], depth: number): Relation {
  const first = randomSelect(random, steps, depth - 1)
  const width = Math.max(1, first.columns.length)
  const second = randomSelect(random, steps, depth - 1, width)
  const columns = first.columns.map((column, index) => ({
    name: column.name,
    reads: new Set([...column.reads, ...(second.columns[index]?.reads ?? [])]),
  }))
  return { columns, render: (options) => `${first.render(options)} UNION ALL ${second.render(options)}` }
}

interface Source {
  readonly render: (options: Rendering) => string
  readonly index: number
  readonly columns: readonly Column[]
}

function randomSource(random: Random, steps: RandomQuery['steps'], depth: number, index: number): Source {
  const chance = random()
  if (depth > 1 && chance < 0.25) {
    const relation = randomRelation(random, steps, depth - 1)
    return { index, columns: relation.columns, render: (options) => `(${relation.render(options)})` }
  }
  const step = pick(random, steps)
  if (step !== undefined && chance < 0.5) return { index, columns: step.relation.columns, render: () => step.name }
  const table = pick(random, Object.keys(TABLES))
  const columns = (TABLES[table] ?? []).map((name) => ({ name, reads: new Set([`${table}.${name}`]) }))
  return { index, columns, render: () => table }
}

interface Piece {
  readonly render: (options: Rendering) => string
  readonly reads: Reads
}

function randomSelect(random: Random, steps: RandomQuery['steps'], depth: number, fixedWidth?: number): Relation {
  const sources = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) =>
    randomSource(random, steps, depth, index),
  )
  const width = fixedWidth ?? 1 + Math.floor(random() * 4)
  const items = Array.from({ length: width }, (_, index) => ({
    name: `c${index}`,
    piece: randomValue(random, sources, 2),
  }))
  const filter = randomColumn(random, sources)
  const kinds = sources.map(() => pick(random, ['JOIN', 'LEFT JOIN', 'CROSS JOIN']))
  const ons = sources.map((source) => randomColumn(random, [source]))
  const ordered = random() < 0.3
  return {
    columns: items.map(({ name, piece }) => ({ name, reads: piece.reads })),
    render: (options) => {
      const list = items.map(({ name, piece }) => `${piece.render(options)} AS ${name}`).join(', ')
      const order = options.reversed ? sources.toReversed() : sources
      const from = order.map((source, at) => {
        const text = `${source.render(options)}${options.dialect === 'oracle' ? ' ' : ' AS '}${aliasOf(options, source.index)}`
        if (at === 0) return text
        const kind = kinds[source.index] ?? 'JOIN'
        const on = kind === 'CROSS JOIN' ? '' : ` ON ${ons[source.index]?.render(options)} = 1`
        return `${kind} ${text}${on}`
      })
      const where = ` WHERE ${filter.render(options)} IS NOT NULL`
      return `SELECT ${ordered ? 'DISTINCT ' : ''}${list} FROM ${from.join(' ')}${where}`
    },
  }
}

function aliasOf(options: Rendering, index: number): string {
  return `${options.alias}${index}`
}

function randomColumn(random: Random, sources: readonly Source[]): Piece {
  const source = pick(random, sources)
  const column = pick(random, source.columns)
  const unique = sources.filter((other) => other.columns.some(({ name }) => name === column.name)).length === 1
  const bare = unique && random() < 0.4
  // In ClickHouse a bare name means the select item of that name before any column.
  const isAlias = /^c\d+$/.test(column.name)
  return {
    reads: column.reads,
    render: (options) =>
      bare && !(isAlias && options.dialect === 'clickhouse')
        ? column.name
        : `${aliasOf(options, source.index)}.${column.name}`,
  }
}

function randomValue(random: Random, sources: readonly Source[], depth: number): Piece {
  const column = (): Piece => randomColumn(random, sources)
  if (depth === 0 || random() < 0.35) return column()
  const value = (): Piece => randomValue(random, sources, depth - 1)
  const kind = Math.floor(random() * 8)
  switch (kind) {
    case 0:
      return join([value(), value()], ([a, b]) => `${a} + ${b}`)
    case 1:
      return join([column(), value(), value()], ([a, b, c]) => `CASE WHEN ${a} = 'x' THEN ${b} ELSE ${c} END`)
    case 2:
      return join([value(), value()], ([a, b]) => `COALESCE(${a}, ${b})`)
    case 3:
      return join([column(), column()], ([a, b]) => `ROW_NUMBER() OVER (PARTITION BY ${a} ORDER BY ${b} DESC)`)
    case 4:
      return join([value(), column()], ([a, b]) => `SUM(${a}) OVER (PARTITION BY ${b})`)
    case 5:
      return join([value()], ([a]) => `CAST(${a} AS VARCHAR(10))`)
    case 6:
      return { reads: new Set(), render: () => `'constant'` }
    default:
      return scalar(random, column())
  }
}

/** A correlated subquery over a table of its own: only what it selects is read. */
function scalar(random: Random, outer: Piece): Piece {
  const table = pick(random, Object.keys(TABLES))
  const column = pick(random, TABLES[table] ?? [])
  return {
    reads: new Set([`${table}.${column}`]),
    render: (options) =>
      `(SELECT MAX(inner_q.${column}) FROM ${table} inner_q WHERE inner_q.id = ${outer.render(options)})`,
  }
}

function join(pieces: readonly Piece[], write: (texts: readonly string[]) => string): Piece {
  const reads = new Set(pieces.flatMap((piece) => [...piece.reads]))
  return {
    reads,
    render: (options) => {
      const text = write(pieces.map((piece) => piece.render(options)))
      return options.parentheses ? `((${text}))` : `(${text})`
    },
  }
}

export const PLAIN: Omit<Rendering, 'dialect'> = { alias: 't', parentheses: false, reversed: false }

/** The query as one statement, its steps as CTEs. */
export function renderQuery({ steps, body }: RandomQuery, options: Rendering): string {
  const ctes = steps.map(({ name, relation }) => `${name} AS (${relation.render(options)})`)
  return `${ctes.length > 0 ? `WITH ${ctes.join(', ')} ` : ''}${body.render(options)}`
}

export function renderView(query: RandomQuery, options: Rendering): string {
  return `CREATE VIEW made AS ${renderQuery(query, options)}`
}

/** The same as a script: each step a temporary table. */
export function renderScript({ steps, body }: RandomQuery, options: Rendering): string {
  const tables = steps.map(({ name, relation }) => `CREATE TEMPORARY TABLE ${name} AS ${relation.render(options)};`)
  return [...tables, `CREATE TABLE made AS ${body.render(options)};`].join('\n')
}

/** The edges the generator knows of. */
export function truthOf({ body }: RandomQuery): string[] {
  return body.columns.flatMap(({ name, reads }) => [...reads].map((read) => `made.${name} <- ${read}`)).sort()
}

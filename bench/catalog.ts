import { cpus, loadavg } from 'node:os'
import postgres from 'postgres'
import { migrateStore } from '../db/migrate.ts'
import { type CatalogSize, makeCatalog, NOUNS } from './catalog-data.ts'
import { startServers, withDatabase } from './servers.ts'

/**
 * How quickly the store answers people: search over 160,000 columns, impact and downstream over 1,000,000 edges between
 * assets and as many between columns. The data are made in the store, without a crawl.
 */
const LIMIT_MS = 100
const QUERIES = 300

interface Figures {
  readonly name: string
  readonly median: number
  readonly p95: number
  readonly slowest: number
  /** Rows of the median answer and of the largest. */
  readonly rows: number
  readonly mostRows: number
}

/** The same numbers on each run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const random = createRandom(7)
const noun = () => NOUNS[random(NOUNS.length)] as string
const without = (word: string, at: number) => word.slice(0, at) + word.slice(at + 1)

/** What people type: whole words, beginnings, middles, slips, two words, words that are everywhere and nowhere. */
const SEARCHES: Readonly<Record<string, () => string>> = {
  'one word': noun,
  'two words': () => `${noun()} ${noun()}`,
  'a beginning': () => noun().slice(0, 4),
  'a middle': () => noun().slice(1, 5),
  'a slip': () => {
    const word = noun()
    return without(word, 1 + random(word.length - 2))
  },
  'schema and word': () => `area_${random(40)} ${noun()}`,
  'a word that all have': () => ['id', 'created', 'at', 'shop', 'area'][random(5)] as string,
  'a word that none has': () => `zq${random(1000)}x`,
}

async function measure(
  name: string,
  queries: readonly string[],
  run: (query: string) => Promise<{ readonly length: number }>,
): Promise<Figures> {
  const times: number[] = []
  const rows: number[] = []
  await run(queries[0] as string)
  for (const query of queries) {
    const started = performance.now()
    rows.push((await run(query)).length)
    times.push(performance.now() - started)
  }
  const [byTime, byRows] = [times.toSorted((a, b) => a - b), rows.toSorted((a, b) => a - b)]
  const at = (list: readonly number[], part: number) => list[Math.floor((list.length - 1) * part)] as number
  return {
    name,
    median: at(byTime, 0.5),
    p95: at(byTime, 0.95),
    slowest: at(byTime, 1),
    rows: at(byRows, 0.5),
    mostRows: at(byRows, 1),
  }
}

function print({ name, median, p95, slowest, rows, mostRows }: Figures): void {
  const ms = (value: number) => `${value.toFixed(1).padStart(6)} ms`
  console.log(
    `  ${name.padEnd(34)} median ${ms(median)}  p95 ${ms(p95)}  slowest ${ms(slowest)}  rows ${rows}, at most ${mostRows}`,
  )
}

const repeat = (make: () => string, times: number) => Array.from({ length: times }, make)

async function measureSearches(sql: postgres.Sql, { roots }: CatalogSize): Promise<Figures[]> {
  const figures: Figures[] = []
  const search = (query: string) => sql`select * from catalog.search(${query})`
  for (const [name, make] of Object.entries(SEARCHES)) {
    figures.push(await measure(`search: ${name}`, repeat(make, Math.ceil(QUERIES / 9)), search))
  }
  const written = () => (roots[random(roots.length)] as string).split('.').at(-1) as string
  figures.push(
    await measure('search: a name as it is written', repeat(written, 30), search),
    await measure('search: one word, one kind', repeat(noun, 30), (query) => {
      return sql`select * from catalog.search(${query}, '{table}')`
    }),
  )
  return figures
}

async function measureLineage(sql: postgres.Sql, { roots }: CatalogSize): Promise<Figures[]> {
  const root = () => roots[random(roots.length)] as string
  return [
    await measure('impact of a table', repeat(root, 60), (name) => sql`select * from catalog.impact(${name})`),
    await measure('downstream of a table', repeat(root, 60), (name) => sql`select * from catalog.downstream(${name})`),
    await measure('downstream, 2 steps', repeat(root, 60), (name) => sql`select * from catalog.downstream(${name}, 2)`),
    await measure(
      'upstream of a report',
      repeat(() => `report_${random(22_500)}`, 60),
      (name) => sql`select * from catalog.upstream(${name})`,
    ),
  ]
}

/** Of keys, which most views carry on, and of the columns beside them. */
async function measureColumns(sql: postgres.Sql, { roots }: CatalogSize): Promise<Figures[]> {
  const columns = await sql<{ asset: string; id: number; key: string; other: string }[]>`
    select a.display as asset, a.id, k.name as key, o.name as other
    from unnest(${roots as string[]}::text[]) as root (name)
    join tidemark.asset a on a.display = root.name
    join tidemark.field k on k.asset_id = a.id and k.position = 1
    join tidemark.field o on o.asset_id = a.id and o.position = 2 + a.id % 3`
  const pick = () => columns[random(columns.length)] as (typeof columns)[number]
  const [keys, others] = [repeat(() => JSON.stringify(pick()), 60), repeat(() => JSON.stringify(pick()), 60)]
  const read = (text: string): ReturnType<typeof pick> => JSON.parse(text)
  const reports = repeat(() => `report_${random(22_500)}`, 60)
  return [
    await measure('impact of a key', keys, (text) => {
      const { asset, key } = read(text)
      return sql`select * from catalog.impact(${asset}, ${key})`
    }),
    await measure('impact of a column', others, (text) => {
      const { asset, other } = read(text)
      return sql`select * from catalog.impact(${asset}, ${other})`
    }),
    await measure('downstream of a column, 2 steps', others, (text) => {
      const { id, other } = read(text)
      return sql`select * from tidemark.reach_columns(${id}, ${[other]}, true, 2)`
    }),
    await measure("upstream of a report's column", reports, (report) => {
      return sql`select * from tidemark.reach_columns(tidemark.require_asset(${report}), '{c1}', false, 10)`
    }),
    await measure('columns of one view', reports, (report) => {
      return sql`select * from catalog.column_lineage where downstream_id = tidemark.require_asset(${report})`
    }),
  ]
}

function judge(figures: readonly Figures[]): number {
  const slow = figures.filter(({ p95 }) => p95 >= LIMIT_MS)
  const passed = slow.length === 0
  console.log(`${passed ? '  ok  ' : '  FAIL'} median and p95 of every kind of question below ${LIMIT_MS} ms`)
  for (const { name, p95 } of slow) console.log(`       ${name}: ${p95.toFixed(1)} ms`)
  return passed ? 0 : 1
}

await using servers = await startServers()
const admin = postgres(servers.store, { max: 1, onnotice: () => {} })
await admin`create database catalog`
await admin.end()
const url = withDatabase(servers.store, 'catalog')
await migrateStore(url)
const sql = postgres(url, { max: 1, onnotice: () => {} })
const size = await makeCatalog(sql)
console.log(`PostgreSQL ${servers.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`)
console.log(
  `Catalog: ${size.assets.toLocaleString('en')} assets, ${size.columns.toLocaleString('en')} columns, ` +
    `${size.edges.toLocaleString('en')} edges between assets, ${size.fieldEdges.toLocaleString('en')} between columns; made searchable in ${size.indexSeconds.toFixed(1)} s`,
)
const figures = [
  ...(await measureSearches(sql, size)),
  ...(await measureLineage(sql, size)),
  ...(await measureColumns(sql, size)),
]
for (const one of figures) print(one)
await sql.end()
process.exitCode = judge(figures)

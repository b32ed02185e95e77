import { Dialect as PolyglotDialect, parse } from '@polyglot-sql/sdk'
import { deriveLineage } from '../lineage/derive.ts'
import { traitsOf } from '../lineage/dialects.ts'
import { createLookup } from '../lineage/lookup.ts'
import { createLineagePool } from '../lineage/pool.ts'
import { parseScript } from '../lineage/syntax/parse.ts'
import type { DeriveResult, TableSchema } from '../lineage/types.ts'

/** How fast lineage is: views over a wide catalogue, long statements, hostile ones, and memory with the pool of threads. */

const VIEWS = 1_000
const TABLES = 10_000
const COLUMNS = 20
const HOSTILE_LIMIT_MS = 2_000

const tables: readonly TableSchema[] = Array.from({ length: TABLES }, (_, table) => ({
  name: ['db', 'sch', `table_${table}`],
  columns: Array.from({ length: COLUMNS }, (_, column) => `col_${column}`),
}))
const lookup = createLookup(tables)
const defaults = { database: 'db', schemas: ['sch'] }
const failures: string[] = []
let peakMb = 0

await main()

async function main(): Promise<void> {
  const views = Array.from({ length: VIEWS }, (_, index) => viewText(index))
  const parsing = rate('this parser parses', views, (text) => void parseScript(text, traitsOf('postgres')))
  const derived = rate('lineage is derived', views, (text) => checkView(derive(text)))
  expectThat(derived >= parsing / 4, 'deriving is slower than a quarter of parsing')
  expectThat(derived >= 300, 'fewer than 300 views a second')
  timed('a union of 500 branches', unionText(500), 1_000)
  timed('a query of 2,000 lines', longText(2_000), 1_000)
  await hostile()
  // Last: its WASM memory is no part of what the pool takes.
  const polyglot = rate('polyglot parses', views.slice(0, 200), (text) => {
    if (!parse(text, PolyglotDialect.PostgreSQL).success) throw new Error('polyglot does not parse the view')
  })
  expectThat(derived >= polyglot / 4, "deriving is slower than a quarter of polyglot's parsing")
  expectThat(peakMb < 900, `${peakMb} MB resident`)
  for (const failure of failures) console.error(`FAILED: ${failure}`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

function derive(text: string): DeriveResult {
  return deriveLineage({ text, dialect: 'postgres', defaults, lookup })
}

function rate(title: string, texts: readonly string[], work: (text: string) => void): number {
  for (const text of texts.slice(0, 50)) work(text)
  const started = performance.now()
  for (const text of texts) work(text)
  const perSecond = (texts.length / (performance.now() - started)) * 1_000
  console.log(`${title}: ${Math.round(perSecond)} views/s on one thread`)
  return perSecond
}

function expectThat(holds: boolean, message: string): void {
  if (!holds) failures.push(message)
}

/** Three CTEs, three joins, twenty columns, window functions. */
function viewText(index: number): string {
  const table = (offset: number): string => `sch.table_${(index * 7 + offset) % TABLES}`
  const plain = (alias: string, from: number, to: number): string =>
    Array.from({ length: to - from }, (_, at) => `${alias}.col_${from + at}`).join(', ')
  return `CREATE VIEW sch.view_${index} AS
WITH a AS (SELECT ${plain('x', 0, 10)} FROM ${table(0)} x WHERE x.col_11 > 10),
b AS (SELECT y.col_0, SUM(y.col_1) AS total, COUNT(*) AS n FROM ${table(1)} y GROUP BY y.col_0),
c AS (SELECT z.*, ROW_NUMBER() OVER (PARTITION BY z.col_2 ORDER BY z.col_3 DESC) AS rn FROM ${table(2)} z)
SELECT ${plain('a', 0, 10).replaceAll(/a\.col_(\d+)/g, 'a.col_$1 AS a_$1')}, b.total, b.n, COALESCE(c.col_5, d.col_5) AS five,
  CASE WHEN d.col_6 = 'x' THEN c.col_7 ELSE 0 END AS seven, c.rn, SUM(d.col_8) OVER (PARTITION BY d.col_9) AS eight,
  LAG(c.col_10) OVER (ORDER BY c.col_11) AS ten, UPPER(d.col_12) AS twelve, c.col_13 || d.col_13 AS thirteen, d.col_14
FROM a JOIN b ON b.col_0 = a.col_0 LEFT JOIN c ON c.col_0 = a.col_1 JOIN ${table(3)} d ON d.col_0 = c.col_1
WHERE c.rn = 1`
}

function checkView(result: DeriveResult): void {
  const [statement] = result.statements
  if (statement?.outcome !== 'resolved' || statement.columns.length !== COLUMNS)
    throw new Error('a view is not resolved')
}

function unionText(branches: number): string {
  const selects = Array.from(
    { length: branches },
    (_, index) => `SELECT col_0, col_1 + col_2 AS c FROM sch.table_${index}`,
  )
  return `CREATE VIEW sch.all_of_them AS ${selects.join('\nUNION ALL\n')}`
}

function longText(lines: number): string {
  const columns = Array.from(
    { length: lines },
    (_, index) => `CASE WHEN t.col_${index % 20} > ${index} THEN u.col_${index % 17} END AS c_${index}`,
  )
  return `CREATE VIEW sch.long_one AS SELECT\n${columns.join(',\n')}\nFROM sch.table_1 t JOIN sch.table_2 u ON t.col_0 = u.col_0`
}

function timed(title: string, text: string, limitMs: number): void {
  const started = performance.now()
  const [statement] = derive(text).statements
  const ms = performance.now() - started
  console.log(`${title}: ${Math.round(ms)} ms, ${statement?.columns.length} columns, ${statement?.outcome}`)
  expectThat(
    ms < limitMs && statement?.outcome === 'resolved',
    `${title} took ${Math.round(ms)} ms, ${statement?.outcome}`,
  )
}

/** Texts made to hurt: each ends within the limit, whatever its outcome. */
async function hostile(): Promise<void> {
  await using pool = createLineagePool({ threads: 2, timeLimitMs: HOSTILE_LIMIT_MS })
  const texts = {
    'parentheses, 100,000 deep': `SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`,
    'subselects, 5,000 deep': `${'SELECT * FROM ('.repeat(5_000)}SELECT 1${') q'.repeat(5_000)}`,
    'an IN list of 200,000': `SELECT col_0 FROM sch.table_1 WHERE col_1 IN (${Array.from({ length: 200_000 }, (_, at) => at).join(',')})`,
    'a quote that never closes': `SELECT col_0 FROM sch.table_1 WHERE col_1 = '${'x'.repeat(1_000_000)}`,
    'comments that never close': '/*'.repeat(200_000),
    'stars of stars, 40 levels': starChain(40),
    'a thousand cross joins': `SELECT * FROM ${Array.from({ length: 1_000 }, (_, at) => `sch.table_${at} t${at}`).join(' CROSS JOIN ')}`,
  }
  for (const [title, text] of Object.entries(texts)) {
    const started = performance.now()
    const result = await pool.derive({ text, dialect: 'postgres', defaults, tables: tables.slice(0, 1_000) })
    const ms = performance.now() - started
    const [statement] = result.statements
    console.log(
      `${title}: ${Math.round(ms)} ms, ${statement?.outcome ?? 'nothing'} ${statement?.gaps[0]?.reason ?? ''}`,
    )
    // A thread that is ended has to be started again within the measure.
    expectThat(ms < HOSTILE_LIMIT_MS + 2_000, `${title} went beyond its time limit: ${Math.round(ms)} ms`)
  }
  const started = performance.now()
  const views = Array.from({ length: VIEWS }, (_, index) => viewText(index))
  await Promise.all(
    views.map((text, index) =>
      pool.derive({
        text,
        dialect: 'postgres',
        defaults,
        tables: Array.from({ length: 4 }, (_, at) => tables[(index * 7 + at) % TABLES] as TableSchema),
      }),
    ),
  )
  peakMb = Math.round(process.memoryUsage().rss / 2 ** 20)
  console.log(
    `pool of 2 threads: ${Math.round((VIEWS / (performance.now() - started)) * 1_000)} views/s, ${peakMb} MB resident`,
  )
}

/** Each level joins the one below with itself: the columns double. */
function starChain(levels: number): string {
  const ctes = Array.from({ length: levels }, (_, level) =>
    level === 0
      ? 'l0 AS (SELECT * FROM sch.table_1)'
      : `l${level} AS (SELECT a.*, b.* FROM l${level - 1} a, l${level - 1} b)`,
  )
  return `WITH ${ctes.join(', ')} SELECT * FROM l${levels - 1}`
}

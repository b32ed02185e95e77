import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveCase } from '../../lineage/cases.ts'
import { DIALECTS, type Dialect } from '../../lineage/dialects.ts'
import { edgesOf } from './expect-case.ts'
import {
  createRandom,
  PLAIN,
  randomQuery,
  renderQuery,
  renderScript,
  renderView,
  TABLES,
  truthOf,
} from './random-sql.ts'

const schemas = Object.fromEntries(
  Object.entries(TABLES).map(([table, columns]) => [table, Object.fromEntries(columns.map((name) => [name, 'TEXT']))]),
)
const SEED = Number(process.env.TIDEMARK_SEED ?? Date.now() % 1_000_000)
console.info(`random lineage: TIDEMARK_SEED=${SEED}`)

function edges(sql: string, dialect: Dialect, known = schemas): string[] {
  return edgesOf(deriveCase({ name: 'random', dialect, sql, schemas: known }).columns)
}

const dialects = fc.constantFrom(...DIALECTS)
const seeds = fc.integer({ min: 0, max: 0xffff_ffff })
const queryOf = (seed: number) => randomQuery(createRandom(seed))

function check(name: string, property: (seed: number, dialect: Dialect) => void): void {
  test(name, () => fc.assert(fc.property(seeds, dialects, property), { seed: SEED, numRuns: 300 }))
}

describe('random queries whose edges are known', () => {
  check('every edge and no other, with the schema', (seed, dialect) => {
    const query = queryOf(seed)
    expect(edges(renderView(query, { ...PLAIN, dialect }), dialect)).toEqual(truthOf(query))
  })

  check('no wrong edge where tables are unknown', (seed, dialect) => {
    const query = queryOf(seed)
    const known = createRandom(seed + 1)
    const some = Object.fromEntries(Object.entries(schemas).filter(() => known() < 0.5))
    const truth = new Set(truthOf(query))
    expect(edges(renderView(query, { ...PLAIN, dialect }), dialect, some).filter((edge) => !truth.has(edge))).toEqual(
      [],
    )
  })
})

describe('what does not change the edges', () => {
  const plain = (seed: number, dialect: Dialect) => edges(renderView(queryOf(seed), { ...PLAIN, dialect }), dialect)

  check('other aliases', (seed, dialect) => {
    const text = renderView(queryOf(seed), { ...PLAIN, dialect, alias: 'other_alias_' })
    expect(edges(text, dialect)).toEqual(plain(seed, dialect))
  })

  check('more parentheses', (seed, dialect) => {
    const text = renderQuery(queryOf(seed), { ...PLAIN, dialect, parentheses: true })
    expect(edges(`CREATE VIEW made AS ((${text}))`, dialect)).toEqual(plain(seed, dialect))
  })

  check('the sources the other way round', (seed, dialect) => {
    const text = renderView(queryOf(seed), { ...PLAIN, dialect, reversed: true })
    expect(edges(text, dialect)).toEqual(plain(seed, dialect))
  })

  check('a CTE around it', (seed, dialect) => {
    const text = renderQuery(queryOf(seed), { ...PLAIN, dialect })
    expect(edges(`CREATE VIEW made AS WITH around AS (${text}) SELECT * FROM around`, dialect)).toEqual(
      plain(seed, dialect),
    )
  })

  check('a subselect around it', (seed, dialect) => {
    const text = renderQuery(queryOf(seed), { ...PLAIN, dialect })
    expect(edges(`CREATE VIEW made AS SELECT q.* FROM (${text}) q`, dialect)).toEqual(plain(seed, dialect))
  })

  check('temporary tables in place of CTEs', (seed, dialect) => {
    const text = renderScript(queryOf(seed), { ...PLAIN, dialect })
    expect(edges(text, dialect)).toEqual(plain(seed, dialect))
  })

  check('INSERT with a column list', (seed, dialect) => {
    const query = queryOf(seed)
    const columns = query.body.columns.map(({ name }) => name).join(', ')
    const text = renderQuery(query, { ...PLAIN, dialect })
    expect(edges(`INSERT INTO made (${columns}) ${text}`, dialect)).toEqual(plain(seed, dialect))
  })
})

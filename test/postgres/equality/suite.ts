import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AssetRecord, nameKey } from '../../../connectors/kit/index.ts'
import { assetRecord } from '../../../model/records.ts'
import {
  connectTo,
  describeAll,
  freshName,
  type Outcome,
  onlyScope,
  openUrl,
  quote,
  readInventory,
  type Scratch,
  scratchDatabase,
} from '../support.ts'
import { OBJECT_CHECKS } from './checks.ts'
import { FACET_CHECKS, readRights, toldRights } from './facet-checks.ts'
import { HOSTILE, hostileStatements } from './hostile.ts'
import { hostileEventTriggers, hostileObjects } from './hostile-objects.ts'
import { factsOf, listRelations, RELATIONS, readFacts, sortBy } from './relations.ts'

/**
 * The connector's records against what PostgreSQL itself says, asked in another way: the standard's information_schema
 * and the system views, object by object. Every name is one that breaks what is not quoted.
 */
export function describeEquality(serverUrl: () => string): void {
  let scratch: Scratch
  let outcome: Outcome
  let keys: string[]
  let records: AssetRecord[]
  let version: number
  const prefix = freshName('role')
  const roles = { one: `${prefix} "r'.\\`, two: `${prefix} =/,` }
  const space = `${prefix} "space'`
  const plain = freshName('plain')

  beforeAll(async () => {
    scratch = await scratchDatabase(undefined, serverUrl())
    const { sql } = scratch
    const [row] = await sql`select current_setting('server_version_num')::int as version`
    version = Number(row?.version)
    for (const role of Object.values(roles)) await sql.unsafe(`create role ${quote(role)}`)
    await sql.unsafe('set allow_in_place_tablespaces = on')
    await sql.unsafe(`create tablespace ${quote(space)} location '' with (seq_page_cost = 3)`)
    await sql.unsafe(
      `comment on tablespace ${quote(space)} is 'Fast'; create table public.far () tablespace ${quote(space)}`,
    )
    await sql.unsafe(`create role ${plain} login`)
    await sql.unsafe(`create subscription "sub ""'" connection 'host=nowhere.invalid port=1 dbname=''far away'' password=hidden'
      publication "p '" with (connect = false, slot_name = none)`)
    const objects = hostileObjects(version, roles)
    for (const statement of [...hostileStatements(), ...objects, ...hostileEventTriggers()]) await sql.unsafe(statement)
    await sql.unsafe(`set search_path = pg_catalog; set test.roles = '${prefix}%'`)
    await using handle = await openUrl(scratch.url)
    const scope = await onlyScope(handle)
    const items = await readInventory(handle, scope)
    keys = items.map(({ key }) => key)
    outcome = await describeAll(handle, scope, items)
    records = [...outcome.records.values()]
  }, 120_000)

  afterAll(async () => {
    await scratch.sql.unsafe(`drop subscription "sub ""'"`)
    await scratch[Symbol.asyncDispose]()
    const admin = connectTo(serverUrl())
    await admin.unsafe(`drop tablespace ${quote(space)}`)
    for (const role of [...Object.values(roles), plain]) await admin.unsafe(`drop role ${quote(role)}`)
    await admin.end()
  })

  const told = (kinds: readonly string[]) => records.filter(({ kind }) => kinds.includes(kind))
  const asked = async (query: string) => (await scratch.sql.unsafe(query)).map((row) => row.facts as unknown)

  test('every item is described, and its records are valid', () => {
    expect([...outcome.errors.values()]).toEqual([])
    expect(outcome.records.size).toBe(keys.length)
    expect(new Set(keys).size).toBe(keys.length)
    for (const record of records) expect(assetRecord.safeParse(record).error).toBeUndefined()
    expect(JSON.stringify(records)).not.toContain('hidden')
  })

  test('a role without any right is told the same, but for where a publisher is', async () => {
    // With statistics the server plans otherwise, as autovacuum may bring about at any time; items may come in another order.
    await scratch.sql.unsafe('vacuum analyze')
    const url = new URL(scratch.url)
    url.username = encodeURIComponent(plain)
    await using handle = await openUrl(url.href)
    const scope = await onlyScope(handle)
    const seen = await describeAll(handle, scope, await readInventory(handle, scope))
    expect([...seen.errors.values()]).toEqual([])
    const [connections, withheld] = [outcome, seen].map(({ records: all }) =>
      [...all.values()].filter(({ properties }) => properties?.connection !== undefined),
    )
    expect(connections?.map(({ properties }) => properties?.connection)).toEqual([
      { host: 'nowhere.invalid', port: '1', dbname: 'far away' },
    ])
    expect(withheld).toEqual([])
    const plainly = ({ properties: { connection: _connection, ...rest } = {}, ...record }: AssetRecord) => [
      record,
      rest,
    ]
    const byKey = ({ records: all }: Outcome) => new Map([...all].map(([key, record]) => [key, plainly(record)]))
    expect(byKey(seen)).toEqual(byKey(outcome))
  })

  test('schemas', async () => {
    const expected = await scratch.sql.unsafe(`select s.schema_name as name, s.schema_owner as owner,
      obj_description(quote_ident(s.schema_name)::regnamespace, 'pg_namespace') as comment
      from information_schema.schemata s where s.schema_name not like 'pg\\_%' and s.schema_name <> 'information_schema'`)
    const facts = told(['schema']).map(({ path, owner, comment }) => ({
      name: path[1],
      owner,
      comment: comment ?? null,
    }))
    expect(sortBy(facts)).toEqual(sortBy(expected.map((row) => ({ ...row }))))
    expect(facts.length).toBe(HOSTILE.length + 2)
  })

  test('relations, one by one', async () => {
    const relations = await listRelations(scratch.sql)
    expect(relations.length).toBeGreaterThan(400)
    expect(relations.map(({ schema, name }) => nameKey([scratch.name, schema, name])).sort()).toEqual(
      keys.filter((key) => RELATIONS.includes(outcome.records.get(key)?.kind ?? '')).sort(),
    )
    for (const relation of relations) {
      const record = outcome.records.get(nameKey([scratch.name, relation.schema, relation.name]))
      if (record === undefined) throw new Error(`${relation.name} was not described`)
      expect(factsOf(record)).toEqual(await readFacts(scratch.sql, scratch.name, relation))
    }
  }, 120_000)

  test.each(OBJECT_CHECKS.map((check) => ({ name: check.kinds[0], ...check })))('$name', async (check) => {
    const expected = await asked(check.query(version))
    expect(expected.length).toBeGreaterThan(0)
    expect(sorted(told(check.kinds).map(check.facts))).toEqual(sorted(expected))
  })

  test.each(FACET_CHECKS)('facets: $kind', async ({ facts, query }) => {
    const expected = await asked(query)
    expect(expected.length).toBeGreaterThanOrEqual(HOSTILE.length)
    expect(sorted(records.flatMap(facts))).toEqual(sorted(expected))
  })

  test('grants', async () => {
    const expected = await readRights(scratch.sql)
    expect(expected.length).toBeGreaterThan(HOSTILE.length * 8)
    expect(sorted(toldRights(records, RELATIONS))).toEqual(sorted(expected))
  })
}

/** Lists inside facts have the order of the query; empty ones are null there. */
function sorted(facts: readonly unknown[]): string[] {
  return facts.map((entry) => JSON.stringify(entry, (_key, value) => sortKeys(value))).sort()
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value) && value.length === 0) return null
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}

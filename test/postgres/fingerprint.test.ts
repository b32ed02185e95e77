import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AssetRecord, type ConnectorHandle, nameKey } from '../../connectors/kit/index.ts'
import { CASES, SETUP } from './fingerprint-cases.ts'
import { describeAll, freshName, onlyScope, openUrl, readInventory, type Scratch, scratchDatabase } from './support.ts'

interface Snapshot {
  readonly gate: string | undefined
  readonly fingerprints: ReadonlyMap<string, string>
  readonly records: ReadonlyMap<string, AssetRecord>
}

/** The cases run in order on one database: each starts from where the last ended. */
describe('fingerprints', () => {
  const roles = { '@owner': freshName('owner'), '@other': freshName('other'), '@renamed': freshName('renamed') }
  let scratch: Scratch
  let handle: ConnectorHandle
  let before: Snapshot

  const expand = (ddl: string) =>
    Object.entries({ ...roles, '@database': scratch.name }).reduce(
      (text, [word, name]) => text.replaceAll(word, name),
      ddl,
    )

  beforeAll(async () => {
    scratch = await scratchDatabase()
    handle = await openUrl(scratch.url)
    await scratch.sql.unsafe(`create role ${roles['@owner']}; create role ${roles['@other']}`)
    await scratch.sql.unsafe(expand(SETUP))
    before = await takeSnapshot(handle)
  })

  afterAll(async () => {
    await handle[Symbol.asyncDispose]()
    await scratch.sql.unsafe(`reassign owned by ${roles['@owner']}, ${roles['@other']} to current_user`)
    await scratch.sql.unsafe(`drop owned by ${roles['@owner']}, ${roles['@other']}`)
    await scratch.sql.unsafe(`drop role ${roles['@owner']}, ${roles['@other']}`)
    await scratch[Symbol.asyncDispose]()
  })

  test('nothing moves by itself', async () => {
    expect(await takeSnapshot(handle)).toEqual(before)
  })

  test.each(CASES)('$name', async ({ ddl, changes, falsePositives = [], gate }) => {
    for (const statement of splitStatements(expand(ddl))) await scratch.sql.unsafe(statement)
    const after = await takeSnapshot(handle)
    const changed = differences(before.records, after.records)
    const moved = differences(before.fingerprints, after.fingerprints)
    const wasteful = moved.filter((key) => !changed.includes(key))
    const gateMoved = before.gate !== after.gate
    before = after
    const keys = (names: readonly string[]) => names.map((name) => toKey(scratch.name, name)).sort()
    expect(changed).toEqual(keys(changes))
    expect(changed.filter((key) => !moved.includes(key))).toEqual([])
    expect(wasteful.filter((key) => !keys(falsePositives).includes(key))).toEqual([])
    if (moved.length > 0) expect(gateMoved).toBe(true)
    if (gate === 'still') expect(gateMoved).toBe(false)
  })
})

async function takeSnapshot(handle: ConnectorHandle): Promise<Snapshot> {
  const scope = await onlyScope(handle)
  const items = await readInventory(handle, scope)
  const { records, errors } = await describeAll(handle, scope, items)
  expect([...errors.values()]).toEqual([])
  expect(records.size).toBe(items.length)
  return { gate: scope.fingerprint, fingerprints: new Map(items.map((item) => [item.key, item.fingerprint])), records }
}

function differences<T>(left: ReadonlyMap<string, T>, right: ReadonlyMap<string, T>): string[] {
  const keys = new Set([...left.keys(), ...right.keys()])
  return [...keys].filter((key) => JSON.stringify(left.get(key)) !== JSON.stringify(right.get(key))).sort()
}

/** `#` is the database, `#name` a schema, `schema.name` a relation, `name` one of schema `app`. */
function toKey(database: string, name: string): string {
  if (name.startsWith('#')) return nameKey([database, name.slice(1)].filter((part) => part !== ''))
  return nameKey([database, ...(name.includes('.') ? name.split('.') : ['app', name])])
}

/** VACUUM and the like refuse to share a message with others; function bodies here hold `; ` inside quotes only once. */
function splitStatements(ddl: string): string[] {
  return ddl.includes("'begin") ? [ddl] : ddl.split('; ')
}

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AssetRecord, type ConnectorHandle, nameKey } from '../../connectors/kit/index.ts'
import type { CaseSet } from './fingerprint-cases.ts'
import { describeAll, freshName, onlyScope, openUrl, readInventory, type Scratch, scratchDatabase } from './support.ts'

interface Snapshot {
  readonly gate: string | undefined
  readonly fingerprints: ReadonlyMap<string, string>
  readonly records: ReadonlyMap<string, AssetRecord>
}

/** The cases of a set run in order on one database: each starts from where the last ended. */
export function describeFingerprints({ setup, cases }: CaseSet, serverUrl: () => string): void {
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
    scratch = await scratchDatabase(undefined, serverUrl())
    handle = await openUrl(scratch.url)
    await scratch.sql.unsafe(`create role ${roles['@owner']}; create role ${roles['@other']}`)
    await scratch.sql.unsafe(expand(setup))
    before = await takeSnapshot(handle)
  })

  afterAll(async () => {
    await handle[Symbol.asyncDispose]()
    await scratch.sql.unsafe(`reassign owned by ${roles['@owner']}, ${roles['@other']} to current_user`)
    for (const role of [roles['@owner'], roles['@other']]) await scratch.sql.unsafe(`drop owned by ${role}`)
    await scratch.sql.unsafe(`drop role ${roles['@owner']}, ${roles['@other']}`)
    await scratch[Symbol.asyncDispose]()
  })

  test('nothing moves by itself', async () => {
    expect(await takeSnapshot(handle)).toEqual(before)
  })

  test.each(cases)('$name', async ({ ddl, changes, falsePositives = [], gate }) => {
    for (const statement of splitStatements(expand(ddl))) await scratch.sql.unsafe(statement)
    const after = await takeSnapshot(handle)
    const changed = differences(before.records, after.records)
    const moved = differences(before.fingerprints, after.fingerprints)
    const wasteful = moved.filter((key) => !changed.includes(key))
    const gateMoved = before.gate !== after.gate
    before = after
    const keys = (names: readonly string[]) => names.map((name) => toKey(scratch.name, expand(name))).sort()
    expect(changed).toEqual(keys(changes))
    expect(changed.filter((key) => !moved.includes(key))).toEqual([])
    expect(wasteful.filter((key) => !keys(falsePositives).includes(key))).toEqual([])
    if (moved.length > 0) expect(gateMoved).toBe(true)
    if (gate === 'still') expect(gateMoved).toBe(false)
  })
}

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

const IN_SCHEMAS = ['routine', 'type', 'sequence', 'collation']

/**
 * `#` is the database, `#name` a schema, `schema.name` a relation, `name` one of schema `app`; of other groups
 * `group:schema.name`, `group:name` of `app` or of no schema.
 */
function toKey(database: string, name: string): string {
  if (name.startsWith('#')) return nameKey([database, name.slice(1)].filter((part) => part !== ''))
  const match = /^(?:(\w+):)?(?:(\w+)\.)?(.*)$/su.exec(name)
  const [, group, schema, own = ''] = match ?? []
  if (group === undefined) return nameKey([database, schema ?? 'app', own])
  if (group === 'principal' || group === 'storage') return nameKey(['', '', own, group])
  return nameKey([database, IN_SCHEMAS.includes(group) ? (schema ?? 'app') : '', own, group])
}

/** VACUUM and the like refuse to share a message with others. Bodies of functions hold `; ` too, which ends no statement. */
function splitStatements(ddl: string): string[] {
  return ddl.split(/; (?=create|alter|drop|grant|revoke|select|comment|begin;|rollback)/)
}

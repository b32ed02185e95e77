import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AssetRecord } from '../../connectors/kit/index.ts'
import { sqliteWorld } from '../oracle/worlds/sqlite.ts'
import { itemsOf, open, temporaryFolder } from './support.ts'

const picks = fc.array(fc.nat(1 << 20), { minLength: 4, maxLength: 4 })
const step = fc.record({ operation: fc.nat(1 << 20), picks, where: fc.nat(11) })

interface Seen {
  readonly fingerprint: string | undefined
  readonly items: string
  readonly records: readonly AssetRecord[]
}

async function look(folder: string): Promise<Map<string, Seen>> {
  const handle = await open(folder, { lockTimeoutMs: 0 })
  const seen = new Map<string, Seen>()
  const { scopes, complete } = await handle.scopes()
  expect(complete).toBe(true)
  for (const scope of scopes) {
    const items = await itemsOf(handle, scope)
    const records = [...items.values()].flatMap((item) => item.records ?? [])
    const stamps = [...items].map(([key, item]) => [key, item.fingerprint]).sort()
    seen.set(scope.key, { fingerprint: scope.fingerprint, items: JSON.stringify(stamps), records })
  }
  return seen
}

/** What SQLite's own list says of the tables and views of a file. Past a broken view it knows no columns of the others. */
function listed(file: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database
    .prepare(
      `SELECT name, type, wr, strict, ncol FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
    .all()
  database.close()
  return rows.map(({ name, type, wr, strict, ncol }) => [name, type, wr, strict, isOrdinary(type) ? ncol : null]).sort()
}

const isOrdinary = (type: unknown) => type === 'table' || type === 'shadow'

function recorded(records: readonly AssetRecord[]): unknown[] {
  const flag = (value: unknown) => (value === true ? 1 : 0)
  const relations = records.filter(({ path: parts }) => parts.length === 2)
  return relations
    .map(({ kind, path: parts, properties, fields }) => [
      parts[1],
      kind.replace(/ table$/, ''),
      flag(properties?.withoutRowid),
      flag(properties?.strict),
      isOrdinary(kind.replace(/ table$/, '')) ? fields?.length : null,
    ])
    .sort()
}

test('random changes: where the items of a file move, so does its fingerprint, and they agree with SQLite', async () => {
  const property = fc.asyncProperty(fc.nat(), fc.array(step, { minLength: 1, maxLength: 25 }), async (seed, steps) => {
    const folder = temporaryFolder()
    await using world = await sqliteWorld(folder, seed)
    let before = await look(folder)
    for (const { operation, picks: chosen, where } of steps) {
      const name = world.operations[operation % world.operations.length] ?? ''
      if (where === 0) await world.commit()
      else if (where === 1) await world.applyInTransaction(name, chosen)
      else await world.apply(name, chosen)
      const after = await look(folder)
      for (const [key, { fingerprint, items, records }] of after) {
        expect(fingerprint).toEqual(expect.any(String))
        if (fingerprint === before.get(key)?.fingerprint) expect(items).toBe(before.get(key)?.items)
        expect(recorded(records)).toEqual(listed(path.join(folder, key)))
      }
      before = after
    }
  })
  await fc.assert(property, { numRuns: 40 })
}, 300_000)

test('the world knows how to make each of its changes', async () => {
  const made = new Set<string>()
  let operations: readonly string[] = []
  for (let seed = 0; seed < 30; seed += 1) {
    await using world = await sqliteWorld(temporaryFolder(), seed)
    operations = world.operations
    for (let turn = 0; turn < 60; turn += 1) {
      const number = seed * 7919 + turn * 104_729
      const chosen = [number, number >> 2, number >> 4, number >> 6]
      await world.apply(world.operations[(turn + seed) % world.operations.length] ?? '', chosen)
    }
    for (const operation of world.applied.keys()) made.add(operation)
  }
  expect([...operations].filter((operation) => !made.has(operation))).toEqual([])
}, 120_000)

import { describe, expect, test } from 'vitest'
import type { AssetRecord, InventoryItem } from '../../connectors/kit/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { listed, type Script, scriptedConnector, thing } from '../helpers/synthetic/scripted.ts'

async function startScripted(script: Script, options: { batch?: number; noProgressMs?: number } = {}) {
  const connector = scriptedConnector(script)
  const engine = await createEngine([connector], options)
  const source = await engine.addSource(connector, { password: 'Pa55word' })
  const names = async () => {
    const rows = await engine.store.sql`select name from tidemark.asset where removed_at is null order by name`
    return rows.map((row) => row.name as string)
  }
  const lastError = async () => {
    const [row] = await engine.store.sql`select error from tidemark.sync_run order by id desc limit 1`
    return row?.error as { category: string; message: string } | null
  }
  return { ...engine, source, names, lastError }
}

const ALL = ['a', 'b', 'c', 'd', 'e', 'f']

describe('a listing that cannot be right is refused whole', () => {
  const listings: Record<string, { items: unknown[]; says: RegExp }> = {
    'an item twice': { items: listed('a', 'g', 'a'), says: /an item twice.*\(a\)/ },
    'an item without a key': { items: [...listed('g'), { key: '', fingerprint: '1' }], says: /without a key/ },
    'a key past 1 kB': { items: [{ key: 'x'.repeat(1025), fingerprint: '1' }], says: /longer than 1 kB/ },
    'an item without a fingerprint': { items: [{ key: 'g' }], says: /g has no fingerprint/ },
  }
  test.each(Object.entries(listings))('%s', async (_, { items, says }) => {
    const script: Script = {}
    await using engine = await startScripted(script)
    await engine.source.sync()
    script.inventory = async function* () {
      yield items as InventoryItem[]
      return { listing: 'complete' }
    }
    expect(await engine.source.sync()).toMatchObject({ outcome: 'failed', described: 0, added: 0, removed: 0 })
    expect(await engine.lastError()).toMatchObject({ category: 'data_integrity', message: expect.stringMatching(says) })
    expect(await engine.names()).toEqual(ALL)
    delete script.inventory
    expect(await engine.source.sync()).toMatchObject({ outcome: 'succeeded', described: 0, removed: 0 })
  })
})

describe('records that cannot be right are a gap of their item alone', () => {
  const faults: Record<string, { records: unknown[]; says: RegExp }> = {
    'a kind that the manifest does not declare': {
      records: [{ kind: 'thingy', path: ['c'] }],
      says: /\["c"\] is of the kind "thingy", which the manifest does not declare/,
    },
    'an empty path': { records: [{ kind: 'thing', path: [] }], says: /not valid: path/ },
    'no path': { records: [{ kind: 'thing' }], says: /not valid: path/ },
    'a key nobody knows': { records: [{ ...thing('c'), colour: 'red' }], says: /not valid: .*colour/ },
    'a field of no known type': {
      records: [
        { ...thing('c'), fields: [{ name: 'x', position: 1, nativeType: 'x', type: 'money', nullable: true }] },
      ],
      says: /not valid: fields.0.type/,
    },
    'one record twice': { records: [thing('c'), thing('c')], says: /\["c"\] comes twice/ },
    'one field twice': {
      records: [
        {
          ...thing('c'),
          fields: [1, 2].map((position) => ({ name: 'x', position, nativeType: 'x', type: 'string', nullable: true })),
        },
      ],
      says: /the field x twice/,
    },
  }
  test.each(Object.entries(faults))('%s', async (_, { records, says }) => {
    const script: Script = {
      async *describe(items) {
        yield items.map(({ key }) => ({ key, records: key === 'c' ? (records as AssetRecord[]) : [thing(key)] }))
      },
    }
    await using engine = await startScripted(script, { batch: 4 })
    expect(await engine.source.sync()).toMatchObject({ outcome: 'gaps', described: 5, added: 5, gaps: 1 })
    expect(await engine.names()).toEqual(ALL.filter((name) => name !== 'c'))
    expect(await engine.lastError()).toMatchObject({ category: 'data_integrity', message: expect.stringMatching(says) })
    expect((await engine.lastError())?.message).toContain('scripted: describing c: ')
    delete script.describe
    expect(await engine.source.sync()).toMatchObject({ outcome: 'succeeded', described: 1 })
    expect(await engine.names()).toEqual(ALL)
  })

  test('when every item is so, the run has failed', async () => {
    await using engine = await startScripted({
      async *describe(items) {
        yield items.map(({ key }) => ({ key, records: [{ kind: 'other', path: [key] }] }))
      },
    })
    expect(await engine.source.sync()).toMatchObject({ outcome: 'failed', added: 0 })
    expect(await engine.names()).toEqual([])
  })
})

describe('a connector that stalls', () => {
  const never = () => new Promise<never>(() => {})

  test.each(['listing', 'describing'] as const)('in %s is given up and tried again', async (where) => {
    let stalls = 1
    const script: Script = {
      async *inventory() {
        yield listed('a', 'b')
        if (where === 'listing' && stalls-- > 0) await never()
        yield listed('c', 'd', 'e', 'f')
        return { listing: 'complete' }
      },
      async *describe(items) {
        if (where === 'describing' && stalls-- > 0) await never()
        yield items.map(({ key }) => ({ key, records: [thing(key)] }))
      },
    }
    await using engine = await startScripted(script, { noProgressMs: 200 })
    expect(await engine.source.sync()).toMatchObject({ outcome: 'succeeded', described: 6 })
    expect(stalls).toBeLessThan(1)
    expect(await engine.names()).toEqual(ALL)
  })

  test('again and again is a timeout that names source, step and limit', async () => {
    let opened = 0
    const script: Script = {
      open: async () => {
        opened += 1
      },
      // It heeds neither the signal nor its closing.
      async *inventory() {
        yield listed('a')
        await never()
        return { listing: 'complete' }
      },
    }
    await using engine = await startScripted(script, { noProgressMs: 200 })
    expect(await engine.source.sync()).toMatchObject({ outcome: 'failed', added: 0 })
    expect(await engine.lastError()).toEqual({
      category: 'timeout',
      message: 'scripted: listing shelf: nothing moved for 0.2 s',
    })
    // Once for the scopes, three times for the scope.
    expect(opened).toBe(4)
  })

  test('in closing holds nothing up for long', async () => {
    await using engine = await startScripted({ close: never })
    expect(await engine.source.sync()).toMatchObject({ outcome: 'succeeded', described: 6 })
  }, 60_000)
})

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ConnectorHandle, Json } from '../../connectors/kit/index.ts'
import { connectTo, onlyScope, openUrl, type Scratch, scratchDatabase } from './support.ts'

let scratch: Scratch
let version: number

beforeAll(async () => {
  scratch = await scratchDatabase()
  const [row] = await scratch.sql`select current_setting('server_version_num')::int as version`
  version = row?.version
  await scratch.sql.unsafe(`
    create table filled (id int primary key, note text);
    insert into filled select n, repeat('x', 3000) from generate_series(1, 500) n;
    create table fresh (id int);
    create table "odd ""one"" .x" (id int);
    insert into "odd ""one"" .x" values (1), (2);
    create view over_filled as select * from filled;
    create materialized view kept as select id from filled;
    create table part (id int, day date) partition by range (day);
    create table part_1 partition of part for values from ('2026-01-01') to ('2027-01-01') partition by list (id);
    create table part_1_a partition of part_1 for values in (1);
    create table part_2 partition of part for values from ('2027-01-01') to ('2028-01-01');
    create table empty_part (id int) partition by hash (id);
    insert into part select 1, '2026-05-01' from generate_series(1, 300);
    insert into part select 2, '2027-05-01' from generate_series(1, 200);
    create schema left_out; create table left_out.thing (id int);
    create index on filled (note text_pattern_ops)`)
  await scratch.sql.unsafe('vacuum analyze filled, kept, part, "odd ""one"" .x"')
  if (version < 140000) await scratch.sql.unsafe('analyze part_1_a, part_2')
})
afterAll(() => scratch[Symbol.asyncDispose]())

async function open(more: Record<string, Json> = {}): Promise<ConnectorHandle> {
  return await openUrl(scratch.url, { schemas: { deny: ['left_out'] }, ...more })
}

type Told = { readonly path: readonly string[] }

async function byName<T extends Told>(
  handle: ConnectorHandle,
  read: 'statistics' | 'usage',
): Promise<Map<string | undefined, T>> {
  const scope = await onlyScope(handle)
  const told: T[] = []
  // The two differ in their numbers alone, which the caller names.
  for await (const page of handle[read]?.(scope) ?? []) told.push(...(page as unknown as T[]))
  return new Map(told.map((row) => [row.path.at(-1), row]))
}

interface Numbers extends Told {
  readonly rowCount?: number
  readonly bytes?: number
}

describe('statistics', () => {
  test('equal what the server says, partitions summed up, never analysed unknown', async () => {
    await using handle = await open()
    const told = await byName<Numbers>(handle, 'statistics')
    const sizes = await scratch.sql`
      select relname as name, pg_total_relation_size(oid)::int as bytes from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'm')`
    const size = Object.fromEntries(sizes.map(({ name, bytes }) => [name, bytes]))
    expect(told.get('filled')).toEqual({
      group: 'relation',
      path: [scratch.name, 'public', 'filled'],
      rowCount: 500,
      bytes: size.filled,
    })
    expect(size.filled).toBeGreaterThan(16_384)
    expect(told.get('odd "one" .x')).toMatchObject({ rowCount: 2 })
    expect(told.get('kept')).toMatchObject({ rowCount: 500, bytes: size.kept })
    expect(told.get('fresh')).toEqual({ group: 'relation', path: [scratch.name, 'public', 'fresh'], bytes: 0 })
    expect(told.get('part')).toMatchObject({ rowCount: 500, bytes: size.part_1_a + size.part_2 })
    expect(told.get('part_1')).toMatchObject({ rowCount: 300, bytes: size.part_1_a })
    expect(told.get('empty_part')).toMatchObject({ rowCount: 0, bytes: 0 })
    for (const name of ['over_filled', 'thing', 'pg_class']) expect(told.has(name)).toBe(false)
  })

  test('of a table that is locked are estimated, and keep nobody waiting', async () => {
    const locker = connectTo(scratch.url)
    try {
      await using handle = await open({ lockTimeout: 0.2 })
      await locker.unsafe('begin; lock table filled, part_2 in access exclusive mode')
      const told = await byName<Numbers>(handle, 'statistics')
      expect(told.get('filled')).toMatchObject({ rowCount: 500 })
      expect(told.get('filled')?.bytes).toBeGreaterThan(8_192)
      expect(told.get('part')).toMatchObject({ rowCount: 500 })
    } finally {
      await locker.end({ timeout: 1 })
    }
  })

  test('keep no connection to the database', async () => {
    await using handle = await open({ applicationName: 'numbers_probe' })
    await byName(handle, 'statistics')
    await byName(handle, 'usage')
    const rows = await scratch.sql`
      select from pg_stat_activity where application_name = 'numbers_probe' and state <> 'idle'`
    expect(rows).toHaveLength(0)
  })
})

interface Usage extends Told {
  readonly reads?: number
  readonly writes?: number
  readonly lastReadAt?: Date
  readonly since?: Date
}

describe('usage', () => {
  test('is what the server has counted', async () => {
    await scratch.sql.unsafe('select pg_stat_reset()')
    const other = connectTo(scratch.url)
    await other.unsafe('select count(*) from filled; set enable_seqscan = off; select note from filled where id = 7')
    await other.unsafe(
      "update filled set id = -id where id < 11; delete from filled where id = 99; insert into part values (1, '2026-06-01')",
    )
    // A session reports its counters when it ends, at the latest.
    await other.end()
    await using handle = await open()
    await vi.waitUntil(async () => ((await byName<Usage>(handle, 'usage')).get('filled')?.writes ?? 0) >= 11, {
      timeout: 10_000,
      interval: 100,
    })
    const told = await byName<Usage>(handle, 'usage')
    const [server] = await scratch.sql`
      select seq_scan + idx_scan as scans from pg_stat_user_tables where relname = 'filled'`
    expect(told.get('filled')).toMatchObject({ group: 'relation', reads: Number(server?.scans), writes: 11 })
    expect(told.get('filled')?.reads).toBeGreaterThanOrEqual(2)
    expect(told.get('fresh')).toMatchObject({ reads: 0, writes: 0 })
    expect(told.get('part')).toMatchObject({ writes: 1 })
    expect(Date.now() - (told.get('filled')?.since?.getTime() ?? 0)).toBeLessThan(60_000)
    const lastReadAt = told.get('filled')?.lastReadAt
    if (version >= 160000) expect(Date.now() - (lastReadAt?.getTime() ?? 0)).toBeLessThan(60_000)
    else expect(lastReadAt).toBeUndefined()
    expect(told.has('over_filled')).toBe(false)
  })

  test('is not told where the server does not count', async () => {
    await scratch.sql.unsafe(`alter database "${scratch.name}" set track_counts = off`)
    try {
      await using handle = await open()
      expect((await byName(handle, 'usage')).size).toBe(0)
    } finally {
      await scratch.sql.unsafe(`alter database "${scratch.name}" reset track_counts`)
    }
  })
})

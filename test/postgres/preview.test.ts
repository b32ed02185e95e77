import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectorHandle, IngestError, type Json, type Preview } from '../../connectors/kit/index.ts'
import { adminUrl, connectTo, freshName, openUrl, quote, type Scratch, scratchDatabase, urlFor } from './support.ts'

let scratch: Scratch
const role = freshName('viewer')

beforeAll(async () => {
  scratch = await scratchDatabase()
  await scratch.sql.unsafe(`
    create role ${role} login;
    create domain positive as int check (value > 0);
    create type mood as enum ('good', 'bad');
    create table every (i int, big bigint, n numeric, d float8, ok bool, t text, j jsonb, at timestamptz, b bytea,
      m mood, a int[], p positive, "select ""x""; --" text);
    insert into every values (1, 9007199254740993, 12.50, 'NaN', true, 'text', '{"a": [1]}', '2026-05-01 12:00:00+02',
      '\\x0102', 'good', '{1,2}', 7, 'odd');
    insert into every (big) values (12);
    create table "odd "".t" (id int); insert into "odd "".t" values (1);
    create table wide (t text, b bytea, e text);
    insert into wide values (repeat('x', 100000), decode(repeat('ab', 100000), 'hex'), repeat('😀', 5000));
    create table many as select n from generate_series(1, 5000) n;
    create table bare (); insert into bare default values;
    create view slow as select pg_sleep(60)::text as s;
    create function writes() returns int language sql volatile as 'insert into many values (0) returning n';
    create view writing as select writes() as n;
    create schema hidden; create table hidden.t (id int)`)
})
afterAll(async () => {
  await scratch.sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  await scratch[Symbol.asyncDispose]()
})

const open = (more: Record<string, Json> = {}) => openUrl(scratch.url, more)

async function preview(handle: ConnectorHandle, name: string, limit = 20): Promise<Preview> {
  if (handle.preview === undefined) throw new Error('no preview')
  return await handle.preview({ group: 'relation', path: [scratch.name, 'public', name] }, limit)
}

async function refusal(promise: Promise<unknown>): Promise<IngestError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof IngestError)) throw new Error(`not refused: ${String(error)}`)
  return error
}

describe('a preview', () => {
  test('has columns as they are declared and values as JSON or text', async () => {
    await using handle = await open()
    const { columns, rows } = await preview(handle, 'every')
    expect(columns.map(({ name, nativeType }) => `${name} ${nativeType}`)).toEqual([
      'i integer',
      'big bigint',
      'n numeric',
      'd double precision',
      'ok boolean',
      't text',
      'j jsonb',
      'at timestamp with time zone',
      'b bytea',
      'm public.mood',
      'a integer[]',
      'p public.positive',
      'select "x"; -- text',
    ])
    expect(rows[0]).toEqual([
      1,
      '9007199254740993',
      '12.50',
      'NaN',
      true,
      'text',
      '{"a": [1]}',
      '2026-05-01 10:00:00+00',
      '\\x0102',
      'good',
      '{1,2}',
      7,
      'odd',
    ])
    expect(rows[1]?.slice(0, 4)).toEqual([null, 12, null, null])
    expect((await preview(handle, 'odd ".t')).rows).toEqual([[1]])
    expect(await preview(handle, 'bare')).toEqual({ columns: [], rows: [[]] })
  })

  test('is limited by the server, to what was asked and 1,000 rows', async () => {
    await using handle = await open()
    expect((await preview(handle, 'many', 7)).rows).toHaveLength(7)
    expect((await preview(handle, 'many', 1_000_000)).rows).toHaveLength(1_000)
  })

  test('cuts long texts and blobs, with a mark', async () => {
    await using handle = await open()
    const [[text, blob, emoji] = []] = (await preview(handle, 'wide')).rows
    expect(text).toBe(`${'x'.repeat(1_000)}…`)
    expect(blob).toBe(`\\x${'ab'.repeat(500)}…`)
    expect(emoji).toBe(`${'😀'.repeat(1_000)}…`)
  })

  test('ends within 3 seconds, here and on the server', async () => {
    await using handle = await open({ applicationName: 'preview_probe' })
    const started = Date.now()
    const error = await refusal(preview(handle, 'slow'))
    expect(Date.now() - started).toBeLessThan(4_000)
    expect(error).toMatchObject({ category: 'timeout', message: expect.stringContaining('within 3 s') })
    const running = await scratch.sql`
      select from pg_stat_activity where application_name = 'preview_probe' and state = 'active'`
    expect(running).toHaveLength(0)
  })

  test('of what is locked fails in time, with a word on it', async () => {
    const locker = connectTo(scratch.url)
    try {
      await using handle = await open({ lockTimeout: 60 })
      await locker.unsafe('begin; lock table many in access exclusive mode')
      const started = Date.now()
      const error = await refusal(preview(handle, 'many'))
      expect(Date.now() - started).toBeLessThan(4_000)
      expect(error).toMatchObject({ category: 'timeout', message: expect.stringMatching(/locked|within 3 s/) })
      await using hasty = await open({ lockTimeout: 0.1 })
      expect(await refusal(preview(hasty, 'many'))).toMatchObject({ message: expect.stringContaining('is locked') })
    } finally {
      await locker.end({ timeout: 1 })
    }
  })

  test('cannot write, whatever a view does', async () => {
    await using handle = await open()
    expect(await refusal(preview(handle, 'writing'))).toMatchObject({ category: 'unsupported' })
    expect((await scratch.sql`select from many where n = 0`).count).toBe(0)
  })

  test('without the right to read is refused with the GRANT', async () => {
    await using handle = await openUrl(urlFor(scratch.name, { name: role, password: 'x' }))
    expect(await refusal(preview(handle, 'odd ".t'))).toMatchObject({
      category: 'permission',
      hint: `GRANT USAGE ON SCHEMA "public" TO "${role}"; GRANT SELECT ON "public"."odd "".t" TO "${role}";`,
    })
  })

  test('of what is not there, has no rows or is filtered is refused', async () => {
    await using handle = await open({ schemas: { deny: ['hidden'] } })
    expect(await refusal(preview(handle, "nowhere'; drop table many; --"))).toMatchObject({ category: 'not_found' })
    const ask = (group: 'routine' | 'relation' | 'container', ...path: string[]) =>
      refusal(handle.preview?.({ group, path }, 1) ?? Promise.resolve())
    expect(await ask('routine', scratch.name, 'public', 'writes')).toMatchObject({ category: 'unsupported' })
    expect(await ask('container', scratch.name)).toMatchObject({ category: 'unsupported' })
    expect(await ask('relation', scratch.name, 'hidden', 't')).toMatchObject({ category: 'permission' })
    expect(await ask('relation', 'postgres', 'pg_catalog', 'pg_class')).toMatchObject({ category: 'permission' })
  })

  test('of a foreign table asks the foreign server', async () => {
    const { hostname, port } = new URL(adminUrl())
    await scratch.sql.unsafe(`
      create extension postgres_fdw;
      create server here foreign data wrapper postgres_fdw options (host '${hostname}', port '${port}', dbname ${quote(scratch.name).replaceAll('"', "'")});
      create server nowhere foreign data wrapper postgres_fdw options (host '${hostname}', port '1', dbname 'x');
      create user mapping for current_user server here options (user 'postgres');
      create user mapping for current_user server nowhere options (user 'postgres');
      create foreign table far (n int) server here options (table_name 'many');
      create foreign table lost (n int) server nowhere`)
    await using handle = await open()
    expect((await preview(handle, 'far', 3)).rows).toHaveLength(3)
    expect(await refusal(preview(handle, 'lost'))).toMatchObject({ category: 'source_unavailable' })
  })
})

import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectorHandle, IngestError, type Json, keyPath, nameKey } from '../../connectors/kit/index.ts'
import connector from '../../connectors/postgres/index.ts'
import {
  adminUrl,
  connectTo,
  describeAll,
  freshName,
  onlyScope,
  openHandle,
  openUrl,
  quote,
  readInventory,
  type Scratch,
  scratchDatabase,
  urlFor,
} from './support.ts'

const PASSWORD = "p@ss:w/o'rd"

describe('a role without rights on everything', () => {
  const role = freshName('reader')
  const databases: Scratch[] = []
  let config: Record<string, Json>

  beforeAll(async () => {
    for (const suffix of ['a', 'b', '"c"', 'd']) databases.push(await scratchDatabase(`${role}_${suffix}`))
    const [first] = databases
    if (first === undefined) throw new Error('no database')
    await first.sql.unsafe(`create role ${role} login password '${PASSWORD.replaceAll("'", "''")}'`)
    for (const { name } of databases.slice(2))
      await first.sql.unsafe(`revoke connect on database ${quote(name)} from public`)
    await first.sql.unsafe(
      'create table secret (id int); create view over as select id from secret; revoke all on schema public from public',
    )
    const { hostname, port } = new URL(adminUrl())
    config = { host: hostname, port: Number(port), user: role, password: PASSWORD, databases: { allow: [`${role}_*`] } }
  })
  afterAll(async () => {
    const [first] = databases
    await first?.sql.unsafe(`drop role ${role}`)
    for (const database of databases) await database[Symbol.asyncDispose]()
  })

  test('databases are listed, left out with the GRANT to run, or filtered', async () => {
    await using handle = await openHandle({ ...config, databases: { allow: [`${role}_*`], deny: ['*_b'] } })
    const { scopes, leftOut, complete } = await handle.scopes()
    expect(complete).toBe(true)
    expect(scopes.map(({ name }) => name)).toEqual([`${role}_a`])
    const ours = leftOut
      .filter(({ name }) => name.startsWith(role))
      .map(({ name, reason, hint }) => ({ name, reason, hint }))
    expect(ours).toEqual([
      {
        name: `${role}_"c"`,
        reason: 'permission',
        hint: `GRANT CONNECT ON DATABASE ${quote(`${role}_"c"`)} TO ${role};`,
      },
      { name: `${role}_b`, reason: 'filtered', hint: undefined },
      { name: `${role}_d`, reason: 'permission', hint: `GRANT CONNECT ON DATABASE ${role}_d TO ${role};` },
    ])
  })

  test('a database that is listed but does not exist is simply not there', async () => {
    await using handle = await openHandle({ ...config, databases: [`${role}_a`, 'nowhere'] })
    const { scopes, leftOut } = await handle.scopes()
    expect(scopes.map(({ name }) => name)).toEqual([`${role}_a`])
    expect(leftOut.some(({ name }) => name === 'nowhere')).toBe(false)
  })

  test('no grant on schema or table is needed', async () => {
    await using handle = await openHandle({ ...config, databases: [`${role}_a`] })
    const scope = await onlyScope(handle)
    const { records, errors } = await describeAll(handle, scope, await readInventory(handle, scope))
    expect(errors.size).toBe(0)
    expect(records.get(nameKey([scope.name, 'public', 'over']))?.definition?.text).toContain('secret')
  })

  test('checks pass, and say how many databases are open to the role', async () => {
    await using handle = await openHandle(config)
    const details: Record<string, string | undefined> = {}
    for (const check of handle.checks()) details[check.name] = await check.run()
    expect(Object.keys(details)).toEqual(['reach', 'tls', 'sign-in', 'version', 'list databases', 'read definitions'])
    expect(details['list databases']).toMatch(/^2 of \d+, 2 without the right to connect$/)
  })

  test('checks fail with the GRANT when no database is open to it', async () => {
    await using handle = await openHandle({ ...config, databases: [`${role}_d`] })
    const failure = await failureOf(runCheck(handle, 'list databases'))
    expect(failure).toMatchObject({ category: 'permission', hint: `GRANT CONNECT ON DATABASE ${role}_d TO ${role};` })
  })
})

describe('trouble on the way', () => {
  let scratch: Scratch
  beforeAll(async () => {
    scratch = await scratchDatabase()
    await scratch.sql.unsafe('create table locked (id int default 1); create table free (id int default 2)')
    await scratch.sql.unsafe(
      'create view over_locked as select * from locked; create view over_free as select * from free',
    )
    await scratch.sql.unsafe('create view over_view as select * from over_locked')
    await scratch.sql.unsafe(`
      create table guarded (id int); create policy there on guarded using (exists (select from locked l where l.id = guarded.id));
      create table ruled (id int); create rule also as on insert to ruled do also insert into locked values (new.id);
      create table apart (id int); create trigger kept before insert on apart for each row execute function suppress_redundant_updates_trigger();
      create function reads_locked() returns bigint language sql begin atomic select count(*) from locked; end;
      create function reads_free() returns bigint language sql begin atomic select count(*) from free; end;
      create publication of_locked for table locked where (id > 1); create publication of_free for table free where (id > 1)`)
  })
  afterAll(() => scratch[Symbol.asyncDispose]())

  test('a wrong password is auth, and shows in no message', async () => {
    const role = freshName('nobody')
    await scratch.sql.unsafe(`create role ${role} login password 'right'`)
    try {
      await using handle = await openUrl(urlFor(scratch.name, { name: role, password: 'wrong-password' }))
      const failure = await failureOf(handle.scopes())
      // The scratch server may trust everyone; then there is nothing to see.
      if (failure !== undefined) expect(failure.category).toBe('auth')
      expect(JSON.stringify(failure ?? {}) + String(failure?.cause)).not.toContain('wrong-password')
    } finally {
      await scratch.sql.unsafe(`drop role ${role}`)
    }
  })

  test('an unknown role is auth', async () => {
    await using handle = await openUrl(urlFor(scratch.name, { name: freshName('unknown'), password: 'x' }))
    expect(await failureOf(handle.scopes())).toMatchObject({ category: 'auth' })
  })

  test('an unknown database is not_found', async () => {
    await using handle = await openUrl(urlFor('does_not_exist'))
    expect(await failureOf(handle.scopes())).toMatchObject({ category: 'not_found' })
  })

  test('a closed port is source_unavailable', async () => {
    const { server, port } = await listen(() => undefined)
    await closeServer(server)
    for (const ssl of ['disable', 'prefer']) {
      await using handle = await openHandle({ host: '127.0.0.1', port, user: 'x', ssl })
      expect(await failureOf(handle.scopes())).toMatchObject({ category: 'source_unavailable' })
      expect(await failureOf(runCheck(handle, 'reach'))).toMatchObject({ category: 'source_unavailable' })
    }
  })

  test.each([
    [
      'a web server',
      (data: Buffer | undefined) => (data === undefined ? undefined : 'HTTP/1.1 400 Bad Request\r\n\r\n'),
    ],
    ['MySQL', (data: Buffer | undefined) => (data === undefined ? 'J\0\0\0\n8.0.36\0' : undefined)],
    ['a server that hangs up', (data: Buffer | undefined) => (data === undefined ? undefined : '')],
  ])('%s does not answer like PostgreSQL', async (_name, answer) => {
    const { server, port } = await listen(answer)
    try {
      for (const ssl of ['disable', 'prefer', 'require']) {
        await using handle = await openHandle({ host: '127.0.0.1', port, user: 'x', ssl })
        for (const failure of [await failureOf(handle.scopes()), await failureOf(runCheck(handle, 'reach'))]) {
          expect(failure).toMatchObject({ category: 'invalid_config' })
          expect(failure?.message).toContain('does not answer like PostgreSQL')
        }
      }
    } finally {
      await closeServer(server)
    }
  })

  test('a silent server is a timeout', async () => {
    const { server, port } = await listen(() => undefined)
    try {
      await using handle = await openHandle({ host: '127.0.0.1', port, user: 'x', connectTimeout: 0.2 })
      expect(await failureOf(handle.scopes())).toMatchObject({ category: 'timeout' })
    } finally {
      await closeServer(server)
    }
  })

  test('a lock on a table fails what reads it, and only that', async () => {
    const locker = connectTo(scratch.url)
    try {
      await using handle = await openUrl(scratch.url)
      const scope = await onlyScope(handle)
      await locker.unsafe('begin; alter table locked add column more int')
      const items = await readInventory(handle, scope)
      const started = Date.now()
      const { records, errors } = await describeAll(handle, scope, items)
      expect(Date.now() - started).toBeLessThan(8_000)
      const failed = [...errors.keys()].map((key) => keyPath(key)?.[2]).sort()
      expect(failed.filter((name) => name !== 'locked')).toEqual([
        'guarded',
        'of_locked',
        'over_locked',
        'reads_locked()',
        'ruled',
      ])
      for (const error of errors.values()) expect(error).toMatchObject({ category: 'timeout' })
      expect(records.size + errors.size).toBe(items.length)
      await locker.unsafe('rollback')
      expect((await describeAll(handle, scope, items)).errors.size).toBe(0)
    } finally {
      await locker.end({ timeout: 1 })
    }
  }, 30_000)

  test('an abort ends a running statement within a second, here and on the server', async () => {
    const controller = new AbortController()
    const locker = connectTo(scratch.url)
    try {
      await using handle = await openUrl(scratch.url, { applicationName: 'aborted_probe' }, controller.signal)
      const scope = await onlyScope(handle)
      const items = await readInventory(handle, scope)
      await locker.unsafe('begin; lock table locked in access exclusive mode')
      const describing = failureOf(describeAll(handle, scope, items))
      await waitUntil(async () => (await countWaiting(locker)) > 0)
      const started = Date.now()
      controller.abort()
      expect(await describing).toMatchObject({ category: 'cancelled' })
      expect(Date.now() - started).toBeLessThan(1_000)
      await waitUntil(async () => (await countWaiting(locker)) === 0)
      expect(Date.now() - started).toBeLessThan(1_000)
    } finally {
      await locker.end({ timeout: 1 })
    }
  })

  test('a lost connection is source_unavailable, and the next use connects anew', async () => {
    await using handle = await openUrl(scratch.url, { applicationName: 'killed_probe' })
    const scope = await onlyScope(handle)
    const listing = handle.inventory(scope)
    await listing.next()
    await scratch.sql.unsafe(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'killed_probe'",
    )
    const failure = await failureOf(
      (async () => {
        while ((await listing.next()).done !== true);
      })(),
    )
    expect(failure).toMatchObject({ category: 'source_unavailable' })
    expect((await readInventory(handle, scope)).length).toBeGreaterThan(0)
  })

  test('a listing left half-way and a closed handle leave no connection behind', async () => {
    const handle = await openUrl(scratch.url, { applicationName: 'leaving_probe' })
    const scope = await onlyScope(handle)
    for await (const _page of handle.inventory(scope)) break
    await handle[Symbol.asyncDispose]()
    await waitUntil(async () => {
      const rows = await scratch.sql`select from pg_stat_activity where application_name = 'leaving_probe'`
      return rows.length === 0
    })
  })

  test('an item that was renamed or dropped has no entry', async () => {
    await using handle = await openUrl(scratch.url)
    const scope = await onlyScope(handle)
    await scratch.sql.unsafe('create table here (id int); create table there (id int)')
    const items = await readInventory(handle, scope)
    await scratch.sql.unsafe('alter table here rename to elsewhere; drop table there')
    const { records, errors } = await describeAll(handle, scope, items)
    expect(errors.size).toBe(0)
    expect(items.length - records.size).toBe(2)
    await scratch.sql.unsafe('drop table elsewhere')
  })

  test('schemas left out by the filter are not listed, and are told apart from dropped ones', async () => {
    await scratch.sql.unsafe('create schema "tmp.x"; create table "tmp.x".hidden (id int)')
    await using handle = await openUrl(scratch.url, { schemas: { deny: ['tmp*'] } })
    const scope = await onlyScope(handle)
    const keys = (await readInventory(handle, scope)).map(({ key }) => key)
    const hidden = [nameKey([scope.name, 'tmp.x']), nameKey([scope.name, 'tmp.x', 'hidden'])]
    expect(keys.filter((key) => hidden.includes(key))).toEqual([])
    expect(handle.filtered?.(scope, [...hidden, nameKey([scope.name, 'public', 'gone'])])).toEqual(hidden)
  })
})

describe('URLs', () => {
  const read = (url: string) => connector.manifest.fromUrl(url)
  test('a database in the URL is the one crawled; without one all are', () => {
    expect(read('postgres://u:p%40ss@db.example:6543/shop?sslmode=require')).toEqual({
      host: 'db.example',
      port: 6543,
      user: 'u',
      password: 'p@ss',
      database: 'shop',
      databases: ['shop'],
      ssl: 'require',
    })
    expect(read('postgresql://u@[::1]')).toEqual({ host: '::1', user: 'u' })
    expect(read('postgres://u@/shop?host=/run/pg&port=5433&application_name=x')).toEqual({
      socket: '/run/pg',
      port: 5433,
      user: 'u',
      database: 'shop',
      databases: ['shop'],
      applicationName: 'x',
    })
  })
  test.each(['postgres://u@h/db?sslmod=x', 'postgres://u@h:99999', 'postgres://u:a/b@h/x', 'postgres://u@h/%zz'])(
    '%s is refused',
    (url) => {
      expect(() => read(url)).toThrow(IngestError)
    },
  )
  test('the namespace follows OpenLineage', () => {
    const namespace = (url: string) => connector.manifest.namespace(connector.manifest.config.parse(read(url)))
    expect(namespace('postgres://u@DB.example/x')).toBe('postgres://db.example:5432')
    expect(namespace('postgres://u@[::1]:5433/x')).toBe('postgres://[::1]:5433')
    expect(namespace('postgres://u@/x?host=/tmp')).toBe('postgres://localhost:5432')
  })
  test('the same fields may come as `url`', () => {
    const config = connector.manifest.config.parse({ url: 'postgres://u:p@h:1/db' })
    expect(connector.manifest.namespace(config)).toBe('postgres://h:1')
    expect(connector.manifest.filter(config)).toEqual({ databases: ['db'], schemas: {}, tables: {} })
  })
})

async function runCheck(handle: ConnectorHandle, name: string): Promise<unknown> {
  const check = handle.checks().find((candidate) => candidate.name === name)
  if (check === undefined) throw new Error(`no check ${name}`)
  return check.run()
}

async function failureOf(action: Promise<unknown>): Promise<IngestError | undefined> {
  try {
    await action
    return undefined
  } catch (error) {
    if (error instanceof IngestError) return error
    throw error
  }
}

async function countWaiting(sql: ReturnType<typeof connectTo>): Promise<number> {
  const rows =
    await sql`select from pg_stat_activity where application_name = 'aborted_probe' and wait_event_type = 'Lock'`
  return rows.length
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('waited in vain')
}

/** A server that greets with `answer(undefined)` and answers each message; an empty text hangs up. */
async function listen(
  answer: (data: Buffer | undefined) => string | undefined,
): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    const reply = (text: string | undefined) => {
      if (text === '') socket.destroy()
      else if (text !== undefined) socket.write(text)
    }
    reply(answer(undefined))
    socket.on('data', (data) => reply(answer(data)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { server, port: address.port }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AssetUsage, Json, LoggedQuery } from '../../connectors/kit/index.ts'
import connector from '../../connectors/mysql/index.ts'
import { findRun, listRunScopes } from '../../db/queries-runs.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { createEngine } from '../helpers/engine.ts'
import { startSshServer } from '../helpers/ssh-server.ts'
import { readRows } from './rows.ts'
import { type MysqlServer, TLS_FILES } from './servers.ts'
import { configOf, createAccount, previewOf, runSql, withHandle } from './support.ts'

type Config = Record<string, Json>
/** An entry of the usage or of the query log. */
type Found = Partial<AssetUsage & LoggedQuery>

/** What a check tells, or the category and hint of how it fails. */
async function check(config: Config, name: string): Promise<string> {
  return await withHandle(config, async (handle) => {
    const found = handle.checks().find((candidate) => candidate.name === name)
    return await (found?.run() ?? Promise.resolve('no such check')).then(
      (detail) => detail ?? '',
      (error: { category?: string; hint?: string }) => `${error.category}: ${error.hint}`,
    )
  })
}

const WORLD = [
  'create database seen; create database unseen',
  'create table seen.parent (id int primary key, name varchar(20) comment "Its name")',
  'create table seen.child (id int primary key, parent int, foreign key (parent) references seen.parent (id), key (parent, id))',
  'create view seen.names as select name from seen.parent',
  'create trigger seen.marked before insert on seen.parent for each row set new.name = upper(new.name)',
  'create procedure seen.nothing() select 1',
  'create table unseen.hidden (id int)',
]

/** Signing in, rights and their loss, and what runs at the server. */
export function describeMysqlAccess(server: () => MysqlServer): void {
  beforeAll(() => runSql(server(), ...WORLD))
  afterAll(() => runSql(server(), 'drop database seen; drop database unseen'))

  describe('an account for metadata alone (REFERENCES, SHOW VIEW)', () => {
    const rights = ['REFERENCES, SHOW VIEW ON seen.*']

    test('sees tables, columns, keys and indexes, no row, and no database but its own', async () => {
      const config = configOf(server(), await createAccount(server(), rights))
      const known = { host: '127.0.0.1', port: server().port, user: 'root', databases: ['seen'] }
      const shapes = async (of: Config) => {
        await using opened = await openConnector(connector, of)
        const records = (await crawl(opened.handle)).flatMap((item) => item.records)
        return records
          .filter(({ kind }) => kind === 'table' || kind === 'view')
          .map(({ path, comment, fields, constraints, indexes }) => ({ path, comment, fields, constraints, indexes }))
      }
      expect(await shapes(config)).toEqual(await shapes(known))
      expect(await shapes(config)).toHaveLength(3)
      const refusal = await previewOf(config, ['seen', 'parent'], 1).catch((error: unknown) => error)
      expect(refusal).toMatchObject({
        category: 'permission',
        hint: expect.stringContaining('GRANT SELECT ON `seen`.`parent` TO '),
      })
    })

    test('is told what it does not see, and what would show it', async () => {
      const config = configOf(server(), await createAccount(server(), rights))
      const told = await check(config, 'read definitions')
      expect(told).toContain('1 of 1 view texts are hidden: GRANT SELECT, SHOW VIEW ON `seen`.')
      expect(told).toContain('triggers are not shown: GRANT TRIGGER ON')
      expect(told).toContain('routines are not shown: ')
      await using opened = await openConnector(connector, config)
      const view = (await crawl(opened.handle)).flatMap(({ records }) => records).find(({ kind }) => kind === 'view')
      expect(view?.properties).toMatchObject({ definitionHidden: true })
      expect(view?.definition).toBeUndefined()
    })

    test('each run tells the same, also one of nothing, until the rights are given', async () => {
      const user = await createAccount(server(), rights)
      await using engine = await createEngine([connector])
      const source = await engine.addSource(connector, configOf(server(), user))
      const { sql } = engine.store
      for (let run = 0; run < 2; run += 1) {
        const { runId, ...found } = await source.sync()
        expect(found).toMatchObject({ outcome: 'succeeded', gaps: 0 })
        const [scope] = await listRunScopes(sql, runId ?? 0, 10)
        expect(scope).toMatchObject({ scope: 'seen', listing: run === 0 ? 'complete' : 'unchanged' })
        expect(scope?.notes).toEqual([
          expect.stringMatching(/^1 of 1 view texts are hidden: GRANT SELECT, SHOW VIEW ON `seen`\.<view> TO '/),
          expect.stringMatching(/^triggers are not shown: GRANT TRIGGER ON `seen`\.\* TO '/),
          expect.stringMatching(/^events are not shown: GRANT EVENT ON /),
          expect.stringMatching(/^routines are not shown: GRANT /),
        ])
        expect(await findRun(sql, runId ?? 0)).toMatchObject({ notes: 4 })
      }
      await runSql(
        server(),
        `grant select, show view, trigger, event, execute on seen.* to ${user}@'%'`,
        server().mariadb ? `grant select on mysql.proc to ${user}@'%'` : `grant show_routine on *.* to ${user}@'%'`,
      )
      const { runId } = await source.sync()
      expect(await findRun(sql, runId ?? 0)).toMatchObject({ outcome: 'succeeded', notes: 0 })
    })

    test('a database that it may not see is left out with the statement to run', async () => {
      const config = configOf(server(), await createAccount(server(), rights), { databases: ['seen', 'unseen'] })
      const { scopes, leftOut } = await withHandle(config, (handle) => handle.scopes())
      expect(scopes.map(({ name }) => name)).toEqual(['seen'])
      expect(leftOut).toEqual([
        expect.objectContaining({
          name: 'unseen',
          reason: 'permission',
          hint: expect.stringContaining('ON `unseen`.* TO '),
        }),
      ])
    })
  })

  test('rights taken away remove nothing, what is dropped goes', async () => {
    await runSql(server(), 'create table unseen.kept (id int)')
    const user = await createAccount(server(), [
      'REFERENCES ON seen.*',
      'REFERENCES ON unseen.hidden',
      'REFERENCES ON unseen.kept',
    ])
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, configOf(server(), user))
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    const live = async () =>
      (await engine.store.sql<{ display: string }[]>`select display from tidemark.asset where removed_at is null`).map(
        ({ display }) => display,
      )
    await runSql(server(), `revoke references on unseen.hidden from ${user}@'%'`)
    expect(await source.sync()).toMatchObject({ removed: 0, proposed: 1 })
    await runSql(server(), `revoke references on seen.* from ${user}@'%'`)
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0 })
    expect(await live()).toEqual(expect.arrayContaining(['unseen.hidden', 'seen.parent', 'seen.names']))
    await runSql(
      server(),
      `grant references on seen.* to ${user}@'%'`,
      `grant references on unseen.hidden to ${user}@'%'`,
    )
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 0 })
    await runSql(server(), 'drop table unseen.kept')
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 1 })
    expect(await live()).not.toContain('unseen.kept')
  })

  test('a view across databases, each crawled by a source of its own, leads to the tables of both', async () => {
    await runSql(
      server(),
      'create table unseen.price (name varchar(20), amount int)',
      'create view seen.priced as select p.name, u.amount * 2 as twice from seen.parent p join unseen.price u on u.name = p.name',
    )
    const root = { host: '127.0.0.1', port: server().port, user: 'root' }
    for (const order of [
      ['seen', 'unseen'],
      ['unseen', 'seen'],
    ]) {
      await using engine = await createEngine([connector])
      for (const database of order) {
        const source = await engine.addSource(connector, { ...root, databases: [database] }, database)
        expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
      }
      // Columns of tables that were not there yet come with the next sync of the view's source.
      expect(await (await engine.findSource('seen')).sync()).toMatchObject({ outcome: 'succeeded', described: 0 })
      const edges = await engine.store.sql`
        select distinct u.asset, u.source, u.placeholder from catalog.lineage l join catalog.assets u on u.asset_id = l.upstream_id
        where l.downstream = 'seen.priced' order by 1`
      expect([...edges]).toEqual([
        { asset: 'seen.parent', source: 'seen', placeholder: false },
        { asset: 'unseen.price', source: 'unseen', placeholder: false },
      ])
      const columns = await engine.store.sql`
        select upstream, upstream_column, downstream_column from catalog.column_lineage
        where downstream = 'seen.priced' and influence = 'direct' order by 1`
      expect([...columns]).toEqual([
        { upstream: 'seen.parent', upstream_column: 'name', downstream_column: 'name' },
        { upstream: 'unseen.price', upstream_column: 'amount', downstream_column: 'twice' },
      ])
    }
    await runSql(server(), 'drop view seen.priced; drop table unseen.price')
  })

  describe('trouble in mid-sync removes nothing, and the next sync makes up for it', () => {
    const cases: readonly {
      readonly name: string
      readonly category: string
      readonly trouble: (user: string) => readonly string[]
      readonly relief: (user: string) => readonly string[]
    }[] = [
      {
        name: 'a password that has expired',
        category: 'auth',
        trouble: (user) => [`alter user ${user}@'%' password expire`],
        relief: (user) => [`alter user ${user}@'%' identified by 'secret-Pw1'`],
      },
      {
        name: 'an account that is locked',
        category: 'auth',
        trouble: (user) => [`alter user ${user}@'%' account lock`],
        relief: (user) => [`alter user ${user}@'%' account unlock`],
      },
      {
        name: 'an account that has asked too much for this hour',
        category: 'rate_limited',
        trouble: (user) => [`alter user ${user}@'%' with max_queries_per_hour 12`],
        relief: (user) => [`alter user ${user}@'%' with max_queries_per_hour 0`, 'flush user_resources'],
      },
    ]

    test.each(cases)('$name: failed, $category', async ({ category, trouble, relief }) => {
      const user = await createAccount(server(), ['REFERENCES, SHOW VIEW ON seen.*'])
      await using engine = await createEngine([connector])
      const source = await engine.addSource(connector, configOf(server(), user))
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
      await runSql(server(), ...trouble(user))
      const run = await source.sync({ mode: 'full' })
      expect(run).toMatchObject({ outcome: 'failed', removed: 0, proposed: 0 })
      const [told] = await engine.store.sql`
        select error_category from catalog.sync_history where run_id = ${run.runId ?? 0}`
      expect(told?.error_category).toBe(category)
      await runSql(server(), ...relief(user))
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 0, changed: 0, removed: 0, proposed: 0 })
    })

    test('sessions that are killed again and again: failed, source_unavailable', async () => {
      const user = await createAccount(server(), ['REFERENCES, SHOW VIEW ON *.*'])
      await using engine = await createEngine([connector])
      const source = await engine.addSource(connector, configOf(server(), user, { databases: ['seen', 'unseen'] }))
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
      const killer = await server().connect()
      let killing = true
      const kills = (async () => {
        let killed = 0
        while (killing) {
          const threads = await readRows(
            killer,
            `select id as id from information_schema.processlist where user = '${user}'`,
          )
          for (const { id } of threads) {
            await killer.query(`kill ${Number(id)}`).catch(() => {})
            killed += 1
          }
        }
        return killed
      })()
      const run = await source.sync({ mode: 'full' })
      killing = false
      expect(await kills).toBeGreaterThan(0)
      await killer.end()
      expect(['failed', 'gaps']).toContain(run.outcome)
      expect(run).toMatchObject({ removed: 0, proposed: 0 })
      const [told] = await engine.store.sql`
        select error_category from catalog.sync_history where run_id = ${run.runId ?? 0}`
      expect(told?.error_category).toBe('source_unavailable')
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 0, changed: 0, removed: 0, proposed: 0 })
    })
  })

  describe('signing in', () => {
    test('with and without TLS; with a certificate that is not trusted; where TLS is required', async () => {
      const user = await createAccount(server(), ['REFERENCES ON seen.*'])
      expect(await check(configOf(server(), user, { ssl: 'disable' }), 'sign-in')).toContain(`as ${user}@%`)
      expect(await check(configOf(server(), user, { ssl: 'require' }), 'tls')).toMatch(/^TLSv1/)
      for (const ssl of ['verify-ca', 'verify-full']) {
        expect(await check(configOf(server(), user, { ssl }), 'sign-in')).toMatch(/^auth: The TLS handshake failed/)
      }
      await runSql(server(), `alter user ${user}@'%' require ssl`)
      expect(await check(configOf(server(), user, { ssl: 'disable' }), 'sign-in')).toMatch(/^auth: /)
      expect(await check(configOf(server(), user), 'sign-in')).toContain(`as ${user}@%`)
    })

    test('a CA file, the name in the certificate, and a certificate of the client', async () => {
      const certificates = { sslCa: CA, host: 'localhost' }
      const user = await createAccount(server(), ['REFERENCES ON seen.*'])
      for (const ssl of ['verify-ca', 'verify-full']) {
        expect(await check(configOf(server(), user, { ...certificates, ssl }), 'tls')).toMatch(/^TLSv1/)
      }
      expect(await check(configOf(server(), user, { sslCa: CA, ssl: 'verify-ca' }), 'tls')).toMatch(/^TLSv1/)
      // It is for the name, not for the address.
      expect(await check(configOf(server(), user, { sslCa: CA, ssl: 'verify-full' }), 'sign-in')).toMatch(/^auth/)
      await runSql(server(), `alter user ${user}@'%' require x509`)
      expect(await check(configOf(server(), user, { ...certificates, ssl: 'require' }), 'sign-in')).toMatch(/^auth/)
      const own = { sslCert: CERTIFICATE, sslKey: KEY }
      expect(
        await check(configOf(server(), user, { ...certificates, ssl: 'verify-full', ...own }), 'sign-in'),
      ).toContain('as ')
    })

    test('by the Unix socket', async () => {
      const user = await createAccount(server(), ['REFERENCES ON seen.*'])
      const config = { socket: server().socket, user, password: 'secret-Pw1' }
      expect(await check(config, 'list databases')).toBe('1 of 1 that the account sees')
      expect(await check({ ...config, socket: '/nowhere/socket' }, 'sign-in')).toMatch(/^invalid_config/)
    })

    test('through an SSH server', async () => {
      await using ssh = await startSshServer({ password: 'jump-Pw', hosts: { 'db.internal:3306': server().port } })
      const user = await createAccount(server(), ['REFERENCES ON seen.*'])
      const jump = { host: '127.0.0.1', port: ssh.port, user: 'jump', password: 'jump-Pw', hostKey: ssh.fingerprint }
      const config = { host: 'db.internal', user, password: 'secret-Pw1', ssh: jump }
      expect(await check(config, 'tunnel')).toBe(`127.0.0.1:${ssh.port}`)
      expect(await check({ ...config, ssl: 'require' }, 'tls')).toMatch(/^TLSv1/)
      await using opened = await openConnector(connector, config)
      expect((await crawl(opened.handle)).length).toBe(4)
      await opened[Symbol.asyncDispose]()
      await vi.waitUntil(() => ssh.connections() === 0, { timeout: 5_000 })
    })

    test('a server of another kind is told as such', async () => {
      const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const address = other.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      expect(await check({ host: '127.0.0.1', port, user: 'x' }, 'sign-in')).toMatch(
        /^invalid_config: Check host and port/,
      )
      await new Promise((resolve) => other.close(resolve))
    })
  })

  describe('previews', () => {
    const root = (): Config => ({ host: '127.0.0.1', port: server().port, user: 'root' })

    test('show each type of value, cut where it is long', async () => {
      await runSql(
        server(),
        `create table seen.all_types (small tinyint(1), big bigint unsigned, exact decimal(30, 2), near double, at datetime(3),
           day date, label enum('a'), many set('a', 'b'), bits bit(4), bytes varbinary(10), doc json, place point, words longtext character set utf8mb4)`,
        `insert into seen.all_types values (1, 18446744073709551615, 12345678901234567890.12, 0.5, '2026-01-02 03:04:05.678',
           '2026-01-02', 'a', 'a,b', b'101', x'00ff', '{"a": 1}', point(1, 2), repeat('☃', 3000)), (null, null, null, null, null,
           null, null, null, null, null, null, null, null)`,
      )
      const { rows, columns } = await previewOf(root(), ['seen', 'all_types'], 5)
      expect(columns).toHaveLength(13)
      const [first = []] = rows
      expect(first.slice(0, 12)).toEqual([
        1,
        '18446744073709551615',
        '12345678901234567890.12',
        0.5,
        '2026-01-02 03:04:05.678',
        '2026-01-02',
        'a',
        'a,b',
        '101',
        '0x00FF',
        '{"a": 1}',
        'POINT(1 2)',
      ])
      expect(String(first[12])).toMatch(/^☃{1000}…$/)
      expect(rows[1]).toEqual(columns.map(() => null))
      await runSql(server(), 'drop table seen.all_types')
    })

    test('end in time, and at the server too', async () => {
      await runSql(
        server(),
        'create view seen.slow as select sleep(60) as s from seen.slept',
        'create table seen.x (i int)',
      ).catch(() => {})
      await runSql(server(), 'create table if not exists seen.slept (i int); insert into seen.slept values (1), (2)')
      await runSql(
        server(),
        'create or replace view seen.slow as select sum(sleep(60)) as s from seen.slept a, seen.slept b',
      )
      const started = performance.now()
      const failure = await previewOf(root(), ['seen', 'slow'], 5).then(
        ({ rows }) => rows,
        (error: { category: string }) => error.category,
      )
      expect(performance.now() - started).toBeLessThan(6_000)
      // MySQL's sleep() ends early with a value where MariaDB's statement fails.
      expect(failure === 'timeout' || Array.isArray(failure)).toBe(true)
      await vi.waitUntil(async () => (await sleeping(server())) === 0, { timeout: 5_000, interval: 100 })
      await runSql(server(), 'drop view seen.slow; drop table seen.slept; drop table if exists seen.x')
    })

    test('an abort ends the statement at the server', async () => {
      await runSql(
        server(),
        'create view seen.slow as select sum(sleep(60)) as s from seen.parent',
        "insert into seen.parent values (1, 'a')",
      )
      const controller = new AbortController()
      await using opened = await openConnector(connector, root() as never, controller.signal)
      const running = opened.handle
        .preview?.({ group: 'relation', path: ['seen', 'slow'] }, 1)
        .catch((error: { category: string }) => error.category)
      await vi.waitUntil(async () => (await sleeping(server())) > 0, { timeout: 5_000, interval: 50 })
      controller.abort()
      expect(await running).toBe('cancelled')
      await vi.waitUntil(async () => (await sleeping(server())) === 0, { timeout: 5_000, interval: 50 })
      await runSql(server(), 'drop view seen.slow; delete from seen.parent')
    })
  })

  test('usage and the query log are taken where performance_schema may be read', async () => {
    const user = await createAccount(server(), ['REFERENCES ON seen.*'])
    const read = async (name: 'usage' | 'queryLog') =>
      await withHandle(configOf(server(), user), async (handle) => {
        const [scope] = (await handle.scopes()).scopes
        if (scope === undefined) throw new Error('no scope')
        const found: Found[] = []
        // What both kinds of entries have is all that is looked at.
        for await (const page of handle[name]?.(scope) ?? []) found.push(...(page as readonly Found[]))
        return found
      })
    await expect(read('usage')).rejects.toMatchObject({
      category: 'permission',
      hint: expect.stringContaining('performance_schema'),
    })
    await runSql(server(), `grant select on performance_schema.* to ${user}@'%'`)
    await runSql(
      server(),
      "insert into seen.parent values (7, 'x')",
      'use seen',
      'insert into child select id, id from parent where id in (7, 8, 9)',
      'select count(*) from seen.parent',
      'delete from seen.child',
      'delete from seen.parent',
      "create user secret_person identified by 'Pa55-in-the-log'; drop user secret_person",
    )
    const usage = await read('usage')
    expect(usage.find(({ path }) => path?.[1] === 'parent')).toMatchObject({
      writes: expect.any(Number),
      reads: expect.any(Number),
    })
    const log = await read('queryLog')
    expect(log.map(({ text = '' }) => text.toLowerCase().replaceAll(/\s+/g, ' ').trim())).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^insert into `child` select .* from `parent` where .* in \(\?\)/),
      ]),
    )
    expect(log.map(({ text }) => text).join()).not.toMatch(/Pa55|information_schema/i)
  })
}

const [CA = '', CERTIFICATE = '', KEY = ''] = TLS_FILES.map(({ path }) => path)

async function sleeping(server: MysqlServer): Promise<number> {
  const connection = await server.connect()
  try {
    const rows = await readRows(
      connection,
      "select count(*) as n from information_schema.processlist where info like '%tidemark_preview%' and info not like '%processlist%'",
    )
    return Number(Object.values(rows[0] ?? {})[0])
  } finally {
    await connection.end()
  }
}

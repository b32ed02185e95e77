import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type { Json } from '../../../connectors/kit/index.ts'
import connector from '../../../connectors/postgres/index.ts'
import type { OracleSubject, OracleWorld } from '../world.ts'
import { OPERATION_NAMES, OPERATIONS } from './postgres-all-operations.ts'
import { ident } from './postgres-scene.ts'
import { spaceNames } from './postgres-server-operations.ts'

/** A mutating session waits no longer for a lock: the change is then left out. */
const LOCK_TIMEOUT_MS = 50

/** What the world begins with; the picks come from the seed. */
const BEGINNING = [
  ...[
    'create schema',
    'create schema',
    'create schema',
    'create function',
    'create enum',
    'create domain',
    'create sequence',
  ],
  ...Array.from({ length: 8 }, () => 'create table'),
  ...['create partitioned table', 'create partition', 'create partitioned table', 'create partition', 'create child'],
  ...[
    'add column',
    'add column',
    'set default',
    'set default',
    'add check',
    'add unique',
    'add foreign key',
    'create index',
  ],
  ...[
    'create view',
    'create view',
    'create view',
    'create view',
    'create materialized view',
    'create server',
    'create foreign table',
  ],
  ...[
    'create overload',
    'create overload',
    'create parsed function',
    'create parsed function',
    'create procedure',
    'create procedure',
    'create trigger function',
    'create event trigger',
  ],
  ...[
    'create trigger',
    'create trigger',
    'create policy',
    'create policy',
    'create rule',
    'create rule',
    'create statistics',
  ],
  ...[
    'create range',
    'create composite',
    'create collation',
    'create publication',
    'create extension',
    'grant',
    'grant',
    'grant',
    'grant role',
  ],
  ...['create tablespace', 'move to tablespace', 'create subscription'],
  ...['comment on relation', 'comment on column', 'comment on schema', 'comment on constraint', 'create index'],
]

const DATABASE_OPERATIONS = ['create database', 'drop database', 'rename database', 'recreate database'] as const

/**
 * PostgreSQL locks relations, but no schema, type or function that a new object of another transaction comes to depend
 * on. Dropped beside it, such a thing leaves an object whose definition nobody can read again; no crawl mends that.
 */
const LOCKING = [
  'table',
  'view',
  'index',
  'foreign table',
  'temporary table',
  'column',
  'constraint',
  'trigger',
  'policy',
  'default',
  'not null',
  'identity',
]
const isUnguarded = (operation: string) => {
  const [, what] = /^(?:drop|recreate) (.*)$/.exec(operation) ?? []
  return what !== undefined && !LOCKING.includes(what)
}

export function postgresSubject(adminUrl: string): OracleSubject {
  return { name: 'postgres', connector, createWorld: (seed) => postgresWorld(adminUrl, seed) }
}

/** Two databases on a running server that change at random; everything it made is dropped on disposal. */
export async function postgresWorld(adminUrl: string, seed: number): Promise<OracleWorld> {
  const prefix = `oracle_${randomBytes(4).toString('hex')}`
  const roles = [`${prefix}_r1`, `${prefix}_r2`]
  const databases = [`${prefix}_a`, `${prefix}_b`] as const
  const admin = connect(adminUrl, 'postgres')
  const sessions = new Map<string, postgres.Sql>()
  let open: { readonly sql: postgres.Sql; readonly database: string; rollback: boolean } | undefined

  const closeSession = async (database: string) => {
    await sessions.get(database)?.end({ timeout: 1 })
    sessions.delete(database)
  }
  const session = (database: string) => {
    const found = sessions.get(database) ?? connect(adminUrl, database)
    sessions.set(database, found)
    return found
  }
  const existing = async () => {
    const rows =
      await admin`select datname from pg_database where datname like ${`${prefix}%`} order by datname collate "C"`
    return rows.map((row) => String(row.datname))
  }
  const choose = async (picks: readonly number[]) => {
    const list = await existing()
    // Most changes fall on the first database, so that sequences build upon themselves.
    return list[(picks[3] ?? 0) % 5 === 0 ? list.length - 1 : 0]
  }
  const changeDatabases = async (operation: string, [a = 0]: readonly number[]) => {
    const list = await existing()
    const name = list[a % Math.max(list.length, 1)]
    const spare = databases.find((candidate) => !list.includes(candidate)) ?? `${prefix}_${a % 2 === 0 ? 'c' : 'd.x'}`
    if (name === undefined || operation === 'create database') {
      if (list.length < 3) await tolerate(admin.unsafe(`create database ${ident(spare)} template template0`))
      return
    }
    if (open?.database === name) return
    await closeSession(name)
    if (operation === 'rename database')
      await tolerate(admin.unsafe(`alter database ${ident(name)} rename to ${ident(spare)}`))
    else if (list.length > 1 || operation === 'recreate database')
      await tolerate(admin.unsafe(`drop database ${ident(name)}`))
    if (operation === 'recreate database')
      await tolerate(admin.unsafe(`create database ${ident(name)} template template0`))
  }
  const apply = async (operation: string, picks: readonly number[]) => {
    if (DATABASE_OPERATIONS.some((known) => known === operation)) return changeDatabases(operation, picks)
    const database = await choose(picks)
    if (database === undefined || (open?.database === database && isUnguarded(operation))) return
    const sql = session(database)
    await tolerate(perform(sql, operation, picks, roles))
  }

  for (const role of roles) await admin.unsafe(`create role ${ident(role)}`)
  for (const database of databases) await admin.unsafe(`create database ${ident(database)} template template0`)
  const random = generator(seed)
  for (const operation of BEGINNING) await apply(operation, [random(), random(), random(), 1])
  await apply('create schema', [0, 0, 0, 0])
  await apply('create table', [0, 1, 2, 0])

  const commit = async () => {
    const ending = open
    open = undefined
    if (ending === undefined) return
    await tolerate(ending.sql.unsafe(ending.rollback ? 'rollback' : 'commit'))
    await ending.sql.end({ timeout: 1 })
  }
  return {
    type: 'postgres',
    config: configFor(adminUrl, prefix),
    operations: [...OPERATION_NAMES, ...DATABASE_OPERATIONS],
    apply,
    async applyInTransaction(operation, picks) {
      const database = open?.database ?? (await choose(picks))
      if (database === undefined || isUnguarded(operation)) return
      if (open === undefined) {
        const sql = connect(adminUrl, database)
        await sql.unsafe('begin')
        open = { sql, database, rollback: (picks[0] ?? 0) % 4 === 0 }
      }
      const { sql } = open
      await sql.unsafe('savepoint before')
      const done = await tolerate(perform(sql, operation, picks, roles))
      await sql.unsafe(done ? 'release before' : 'rollback to before')
    },
    commit,
    async [Symbol.asyncDispose]() {
      if (open !== undefined) open.rollback = true
      await commit()
      for (const database of [...sessions.keys()]) await closeSession(database)
      for (const database of await existing()) {
        await dropSubscriptions(adminUrl, database)
        // `drop … with (force)` came with PostgreSQL 13.
        await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${database}`
        await admin.unsafe(`drop database ${ident(database)}`)
      }
      for (const space of spaceNames(roles)) await tolerate(admin.unsafe(`drop tablespace ${ident(space)}`))
      for (const role of roles) await tolerate(admin.unsafe(`drop role ${ident(role)}`))
      await admin.end({ timeout: 1 })
    },
  }
}

/** A database with subscriptions cannot be dropped. */
async function dropSubscriptions(adminUrl: string, database: string): Promise<void> {
  const sql = connect(adminUrl, database)
  const subscriptions = await sql<{ name: string }[]>`
    select quote_ident(s.subname) as name from pg_subscription s join pg_database d on d.oid = s.subdbid
    where d.datname = current_database()`
  for (const { name } of subscriptions) {
    await sql.unsafe(`alter subscription ${name} set (slot_name = none); drop subscription ${name}`)
  }
  await sql.end({ timeout: 1 })
}

async function perform(
  sql: postgres.Sql,
  operation: string,
  picks: readonly number[],
  roles: readonly string[],
): Promise<void> {
  const statements = await build(sql, operation, picks, roles)
  if (statements !== undefined) await sql.unsafe(statements)
}

/** Looking around must work, unless it meets a lock or an object that another session drops. */
async function build(
  sql: postgres.Sql,
  operation: string,
  picks: readonly number[],
  roles: readonly string[],
): Promise<string | undefined> {
  try {
    return await OPERATIONS[operation]?.({ sql, roles, picks })
  } catch (error) {
    const code = error instanceof postgres.PostgresError ? error.code : ''
    if (/^(55P03|40P01|XX000|42P01|42704|25P02)$/.test(code)) throw error
    throw new Error(`${operation}: ${String(error)}`, { cause: error })
  }
}

/** Whether it worked; what PostgreSQL refuses is a change that did not happen. Anything else is a fault of the test. */
async function tolerate(action: PromiseLike<unknown>): Promise<boolean> {
  try {
    await action
    return true
  } catch (error) {
    if (error instanceof postgres.PostgresError && !/^57P/.test(error.code) && !/^syntax error/.test(error.message))
      return false
    throw error
  }
}

function connect(adminUrl: string, database: string): postgres.Sql {
  const url = new URL(adminUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  return postgres(url.href, {
    max: 1,
    fetch_types: false,
    onnotice: () => undefined,
    connection: {
      lock_timeout: LOCK_TIMEOUT_MS,
      application_name: 'tidemark oracle',
      // Tablespaces without folders of their own, for tests: 15, and the last releases before it.
      allow_in_place_tablespaces: true,
    },
  })
}

function configFor(adminUrl: string, prefix: string): Record<string, Json> {
  const fields = connector.manifest.fromUrl(adminUrl)
  const { databases: _one, ...server } = fields
  return { ...server, databases: { allow: [`${prefix}*`] }, schemas: { deny: ['hidden*'] }, lockTimeout: 0.05 }
}

/** mulberry32: small, fast and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % (1 << 20)
  }
}

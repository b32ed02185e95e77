import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { openStore, type Store } from '../../db/store.ts'

export const TEMPLATE = 'tidemark_template'

/** The superuser's URL of the PostgreSQL that the run's global setup started. */
export function testServer(): string {
  const url = process.env.TIDEMARK_TEST_POSTGRES
  if (url === undefined) throw new Error('TIDEMARK_TEST_POSTGRES is not set: run the tests through vitest')
  return url
}

export function withDatabase(url: string, database: string): string {
  const result = new URL(url)
  result.pathname = `/${encodeURIComponent(database)}`
  return result.href
}

/** A new database, empty or a copy of a template; dropped on disposal. */
export async function createDatabase(
  template?: string,
): Promise<AsyncDisposable & { readonly url: string; readonly name: string }> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await runAsAdmin(`create database ${name}${template === undefined ? '' : ` template ${template}`}`)
  return {
    name,
    url: withDatabase(testServer(), name),
    [Symbol.asyncDispose]: () => runAsAdmin(`drop database if exists ${name} with (force)`),
  }
}

async function runAsAdmin(statement: string): Promise<void> {
  const admin = postgres(testServer(), { max: 1, onnotice: () => {} })
  try {
    // Two copies of one template at a time are refused while either is being read.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await admin.unsafe(statement)
        return
      } catch (error) {
        if ((error as { code?: string }).code !== '55006' || attempt === 50) throw error
      }
    }
  } finally {
    await admin.end()
  }
}

/** A store of its own: migrated and empty, or the copy of a database that nobody is connected to. */
export async function createStore(template = TEMPLATE): Promise<Store> {
  const database = await createDatabase(template)
  const store = openStore(database.url)
  const close = async () => {
    await store.close()
    await database[Symbol.asyncDispose]()
  }
  return { ...store, close, [Symbol.asyncDispose]: close }
}

/** Databases that tests of this file have given back, emptied. */
const spare: Awaited<ReturnType<typeof createDatabase>>[] = []

/**
 * A store as new, which an earlier test of this file may have used: emptying one takes a tenth of the time that making
 * one takes. For tests that leave its tables, roles and settings as they are.
 */
export async function borrowStore(): Promise<Store> {
  const database = spare.pop() ?? (await createDatabase(TEMPLATE))
  const store = openStore(database.url)
  let closing: Promise<void> | undefined
  const giveBack = async () => {
    const emptied = await emptyStore(store).then(
      () => true,
      () => false,
    )
    await store.close()
    if (emptied) spare.push(database)
    else await database[Symbol.asyncDispose]()
  }
  const close = () => {
    closing ??= giveBack()
    return closing
  }
  return { ...store, close, [Symbol.asyncDispose]: close }
}

/**
 * Makes a store as it was when new. Deleting a few rows is quicker than making the files of some sixty relations anew.
 * @throws when something that a test left behind still holds locks.
 */
export async function emptyStore({ sql }: Store): Promise<void> {
  const relations = await sql<{ name: string; kind: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'tidemark' and c.relkind in ('r', 'p', 'S') and not c.relispartition
      and c.relname not in ('store', 'organization', 'migration', 'organization_id_seq')`
  const tables = relations.filter(({ kind }) => kind !== 'S').map(({ name }) => `delete from ${name}`)
  const counters = relations.filter(({ kind }) => kind === 'S').map(({ name }) => `setval('${name}', 1, false)`)
  await sql.begin(async (tx) => {
    // Foreign keys would ask for an order.
    await tx`set local session_replication_role = replica`
    await tx`set local lock_timeout = '2s'`
    await tx.unsafe([...tables, "delete from tidemark.organization where name <> 'default'"].join(';'))
    await tx.unsafe(`select ${counters.join(', ')}`)
  })
}

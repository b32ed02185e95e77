import { IngestError, nameKey, type Scope, type ScopeListing, whyDatabaseLeftOut } from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Connections } from './connection.ts'
import { gate } from './queries/gate.sql.ts'
import { readSalt } from './salt.ts'
import { readServer } from './server.ts'

const PARALLEL = 4

/** Every database but templates, and whether this role may connect: one that takes no connections is still there. */
const LIST_DATABASES = `
select datname as name, quote_ident(datname) as quoted, quote_ident(session_user) as role,
  has_database_privilege(oid, 'connect') as allowed, datallowconn as open, datconnlimit = -2 as invalid
from pg_database where not datistemplate order by datname collate "C"`

interface DatabaseEntry {
  readonly name: string
  readonly quoted: string
  readonly role: string
  readonly allowed: boolean
  readonly open: boolean
  readonly invalid: boolean
}

type LeftOut = ScopeListing['leftOut'][number]

export async function readDatabases(connections: Connections): Promise<readonly DatabaseEntry[]> {
  return connections.useFirst(async (session) => {
    await session.begin()
    const [rows = []] = await session.run(LIST_DATABASES)
    await session.commit()
    return rows as unknown as readonly DatabaseEntry[]
  })
}

/** What keeps a database from being crawled, as known without connecting to it. */
export function whyNotCrawled(settings: Settings, entry: DatabaseEntry): LeftOut | undefined {
  const { name, quoted, role } = entry
  const base = { key: nameKey([name]), name }
  const message = whyDatabaseLeftOut(settings, name)
  if (message !== undefined) return { ...base, reason: 'filtered', message }
  if (!entry.allowed) {
    const hint = `GRANT CONNECT ON DATABASE ${quoted} TO ${role};`
    return { ...base, reason: 'permission', message: `${role} may not connect to ${quoted}`, hint }
  }
  if (entry.invalid)
    return { ...base, reason: 'unavailable', message: `${quoted} was left behind by a failed DROP DATABASE` }
  if (!entry.open) return { ...base, reason: 'unavailable', message: `${quoted} does not accept connections` }
  return undefined
}

export async function listScopes(connections: Connections, settings: Settings): Promise<ScopeListing> {
  const entries = await readDatabases(connections)
  const results: (Scope | LeftOut)[] = new Array(entries.length)
  const queue = entries.entries()
  const work = async () => {
    for (const [place, entry] of queue) {
      results[place] = whyNotCrawled(settings, entry) ?? (await readScope(connections, settings, entry))
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return {
    scopes: results.filter((result): result is Scope => !('reason' in result)),
    leftOut: results.filter((result): result is LeftOut => 'reason' in result),
    complete: true,
  }
}

/** The scope with its gate; a database that refuses us is left out, whatever the rest of the server does. */
async function readScope(connections: Connections, settings: Settings, entry: DatabaseEntry): Promise<Scope | LeftOut> {
  const { name } = entry
  const key = nameKey([name])
  try {
    const fingerprint = await readGate(connections, name)
    if (!settings.firstDatabases.includes(name)) await connections.release(name)
    return { key, name, fingerprint }
  } catch (error) {
    if (!(error instanceof IngestError) || error.category === 'cancelled') throw error
    const { category, message, hint } = error
    const reason = category === 'permission' || category === 'auth' ? 'permission' : 'unavailable'
    return { key, name, reason, message, ...(hint === undefined ? {} : { hint }) }
  }
}

/** The gate of a database: it moves with everything that any of its fingerprints reads. */
export async function readGate(connections: Connections, database: string): Promise<string> {
  return await connections.use(database, async (session) => {
    await session.begin()
    const salt = await readSalt(session)
    const [[row] = []] = await session.run(gate(await readServer(session)))
    await session.commit()
    return `${salt}.${String(row?.fingerprint)}`
  })
}

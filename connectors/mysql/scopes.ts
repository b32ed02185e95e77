import {
  listedDatabases,
  nameKey,
  pagesOf,
  quoteIdentifier,
  type Scope,
  type ScopeListing,
  whyDatabaseLeftOut,
} from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Connections, Reader } from './connection.ts'
import { Digest } from './facts/digest.ts'
import { FACT_NAMES, factSet } from './facts/sets.ts'
import { stampsOf } from './facts/statements.ts'
import { keeps } from './families.ts'
import { type DatabaseGrants, readDatabaseGrants } from './grants-given.ts'
import type { Server } from './server.ts'
import { isSystemDatabase } from './text.ts'

const LIST_DATABASES = 'select schema_name as name from information_schema.schemata'
/** Databases stamped by one statement. */
const STAMPED = 250

type LeftOut = ScopeListing['leftOut'][number]

/** The databases that the account sees and which are not the server's own, in the order of their names. */
export async function readDatabases({ session }: Reader): Promise<readonly string[]> {
  const [rows = []] = await session.run(LIST_DATABASES)
  return rows
    .map(({ name }) => String(name))
    .filter((name) => !isSystemDatabase(name))
    .sort()
}

/** Every database, with a fingerprint of all that is told of it: a few statements for all of them. */
export async function listScopes(connections: Connections, settings: Settings): Promise<ScopeListing> {
  return await connections.use(async (reader) => {
    const names = await readDatabases(reader)
    const leftOut = names.flatMap((name): LeftOut[] => {
      const message = whyDatabaseLeftOut(settings, name)
      return message === undefined ? [] : [{ key: nameKey([name]), name, reason: 'filtered', message }]
    })
    const hidden = listedDatabases(settings).filter((name) => !names.includes(name))
    const crawled = names.filter((name) => whyDatabaseLeftOut(settings, name) === undefined)
    const fingerprints = await readFingerprints(reader, settings, crawled)
    return {
      scopes: crawled.map((name): Scope => ({ key: nameKey([name]), name, fingerprint: fingerprints.get(name) ?? '' })),
      leftOut: [...leftOut, ...hidden.map((name) => hiddenDatabase(name, reader.server))],
      complete: true,
    }
  })
}

/** The server shows an account no database that it has no right on. */
export function hiddenDatabase(name: string, server: Server): LeftOut {
  return {
    key: nameKey([name]),
    name,
    reason: 'permission',
    message: `there is no database ${name}, or ${server.account} has no right on it`,
    hint: `GRANT REFERENCES, SHOW VIEW ON ${quoteIdentifier(name, '`')}.* TO ${accountName(server)};`,
  }
}

/** `reader@%` as statements have it. */
export function accountName({ account }: Server): string {
  const at = account.lastIndexOf('@')
  return `'${account.slice(0, at)}'@'${account.slice(at + 1)}'`
}

async function readFingerprints(
  reader: Reader,
  settings: Settings,
  databases: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { session, server } = reader
  const given = await readDatabaseGrants(reader)
  const digests = new Map(databases.map((name) => [name, new Digest()]))
  const sets = FACT_NAMES.flatMap((name) => {
    const set = factSet(name, server)
    return set === undefined ? [] : [{ name, set }]
  })
  const byObject = settings.tables !== undefined
  const isKept = keeps(settings)
  for (const page of pagesOf(databases, STAMPED)) {
    const results = await session.run(...sets.map(({ set }) => stampsOf(set, server, page, byObject)))
    for (const [at, { name }] of sets.entries()) {
      const kept = (results[at] ?? []).filter((row) => !byObject || isKept(name, fromHex(row.object)))
      for (const row of kept) digests.get(fromHex(row.db))?.addStamps(name, row)
    }
  }
  return new Map([...digests].map(([name, digest]) => [name, fingerprintOf(digest, name, server, given)]))
}

/** Another version of the server may tell the same facts otherwise. */
export function fingerprintOf(digest: Digest, database: string, server: Server, given: DatabaseGrants): string {
  return digest.text(server.version, given.digest(database))
}

function fromHex(hex: unknown): string {
  return Buffer.from(typeof hex === 'string' ? hex : '', 'hex').toString('utf8')
}

import {
  type Check,
  type ConnectorContext,
  IngestError,
  listedDatabases,
  type Tunnel,
  whyDatabaseLeftOut,
} from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Connections, Reader } from './connection.ts'
import { classify } from './errors.ts'
import { accountName, hiddenDatabase, readDatabases } from './scopes.ts'
import type { Server } from './server.ts'
import type { Row } from './session.ts'
import { addressOf } from './socket.ts'
import { literals } from './text.ts'
import { type Texts, unseenParts } from './unseen.ts'

const OLDEST = { mysql: 5.7, mariadb: 10.3 }
/** Databases whose definitions are looked at. */
const LOOKED_AT = 20

/**
 * The probes of a source, cheapest first; none reads more than a few rows. All share one connection: a server counts
 * those that are given up before signing in, and locks a host out that has many.
 */
export function createChecks(
  connections: Connections,
  settings: Settings,
  context: ConnectorContext,
): readonly Check[] {
  const { tunnel } = settings
  const ask = <T>(action: (reader: Reader) => Promise<T> | T) => connections.use(async (reader) => await action(reader))
  return [
    ...(tunnel === undefined ? [] : [{ name: 'tunnel', run: () => signInAt(tunnel, context) }]),
    { name: 'sign-in', run: () => ask(({ server }) => `as ${server.account} at ${addressOf(settings)}`) },
    ...(settings.ssl === 'disable' || settings.socket !== undefined
      ? []
      : [{ name: 'tls', run: () => ask(({ session }) => session.tls ?? 'not offered; connected without') }]),
    { name: 'version', run: () => ask(({ server }) => checkVersion(server)) },
    { name: 'list databases', run: () => ask((reader) => listDatabases(reader, settings)) },
    { name: 'read definitions', run: () => ask((reader) => readDefinitions(reader, settings)) },
  ]
}

async function signInAt(tunnel: Tunnel, { signal }: ConnectorContext): Promise<string> {
  try {
    await tunnel.connect(signal)
    return tunnel.address
  } catch (error) {
    throw classify(error, `SSH server ${tunnel.address}`, signal)
  }
}

function checkVersion({ version, mariadb }: Server): string {
  const name = mariadb ? 'MariaDB' : 'MySQL'
  const [major = 0, minor = 0] = version
    .replace(/^5\.5\.5-/, '')
    .split(/[.-]/)
    .map(Number)
  const oldest = String(mariadb ? OLDEST.mariadb : OLDEST.mysql)
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return `${name} ${version}`
  throw new IngestError('unsupported', `${name} ${version} is older than ${oldest}, the oldest supported`)
}

async function listDatabases(reader: Reader, settings: Settings): Promise<string> {
  const names = await readDatabases(reader)
  const kept = names.filter((name) => whyDatabaseLeftOut(settings, name) === undefined)
  const hidden = listedDatabases(settings).filter((name) => !names.includes(name))
  if (kept.length > 0) {
    const more = hidden.length === 0 ? '' : `; not there or hidden: ${hidden.join(', ')}`
    return `${kept.length} of ${names.length} that the account sees${more}`
  }
  const [first] = hidden
  if (first !== undefined) {
    const { message, hint } = hiddenDatabase(first, reader.server)
    throw new IngestError('permission', message, hint === undefined ? {} : { hint })
  }
  if (names.length > 0) {
    throw new IngestError('invalid_config', 'No database is left to crawl', {
      hint: 'Check `databases` of the source.',
    })
  }
  throw new IngestError('permission', 'the account sees no database', {
    hint: `GRANT REFERENCES, SHOW VIEW ON \`…\`.* TO ${accountName(reader.server)};`,
  })
}

/** What the account does not see is told, with what would show it; the crawl goes on without. */
async function readDefinitions(reader: Reader, settings: Settings): Promise<string> {
  const { session, server } = reader
  const names = await readDatabases(reader)
  const kept = names.filter((name) => whyDatabaseLeftOut(settings, name) === undefined).slice(0, LOOKED_AT)
  const [[views] = [], [tables] = [], [routines] = []] = await session.run(
    `select count(*) as all_, coalesce(sum(coalesce(view_definition, '') = ''), 0) as hidden
     from information_schema.views where table_schema in ${literals(kept)}`,
    `select count(distinct table_schema, table_name) as readable
     from information_schema.columns where table_schema in ${literals(kept)}`,
    `select count(*) as all_, coalesce(sum(routine_definition is null), 0) as hidden
     from information_schema.routines where routine_schema in ${literals(kept)}`,
  )
  const texts = { views: textsOf(views), routines: textsOf(routines) }
  const read = Object.entries(texts).flatMap(([noun, { all, hidden }]) =>
    all === 0 || hidden > 0 ? [] : [`${all} texts of ${noun}`],
  )
  return [`${Number(tables?.readable)} tables and views`, ...read, ...unseenParts(server, kept, texts)].join('; ')
}

function textsOf(row: Row | undefined): Texts {
  return { all: Number(row?.all_), hidden: Number(row?.hidden) }
}

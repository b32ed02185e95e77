import type { TLSSocket } from 'node:tls'
import { type Check, type ConnectorContext, IngestError, listedDatabases, type Tunnel } from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Connections } from './connection.ts'
import { classify } from './errors.ts'
import { readDatabases, whyNotCrawled } from './scopes.ts'
import { addressOf, connectSocket, offersTls, openSocket } from './socket.ts'

const OLDEST = 120000

/** The probes of a source, cheapest first; none reads more than a few rows. */
export function createChecks(
  connections: Connections,
  settings: Settings,
  context: ConnectorContext,
): readonly Check[] {
  const { tunnel } = settings
  const one = (statement: string) =>
    connections.useFirst(async (session) => {
      await session.begin()
      const [[row] = []] = await session.run(statement)
      await session.commit()
      return row ?? {}
    })
  return [
    ...(tunnel === undefined ? [] : [{ name: 'tunnel', run: () => signInAt(tunnel, context) }]),
    { name: 'reach', run: () => reach(settings, context) },
    ...(settings.ssl === 'disable' || settings.socket !== undefined
      ? []
      : [{ name: 'tls', run: () => handshake(settings, context) }]),
    { name: 'sign-in', run: async () => `as ${String((await one('select session_user::text as role')).role)}` },
    {
      name: 'version',
      run: async () => {
        const row = await one(
          "select current_setting('server_version') as text, current_setting('server_version_num')::int as number",
        )
        if (Number(row.number) >= OLDEST) return `PostgreSQL ${String(row.text)}`
        throw new IngestError('unsupported', `PostgreSQL ${String(row.text)} is older than 12, the oldest supported`)
      },
    },
    { name: 'list databases', run: () => listDatabases(connections, settings) },
    { name: 'read definitions', run: () => readDefinitions(connections, settings) },
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

async function reach(settings: Settings, context: ConnectorContext): Promise<string> {
  try {
    const socket = await connectSocket(settings, context.signal)
    try {
      if (settings.socket === undefined) await offersTls(socket, settings)
    } finally {
      socket.destroy()
    }
    return addressOf(settings)
  } catch (error) {
    throw classify(error, `Connecting to ${addressOf(settings)}`, context.signal)
  }
}

async function handshake(settings: Settings, context: ConnectorContext): Promise<string> {
  try {
    const socket = await openSocket(settings, context.signal)
    // A plain socket has no protocol: the server did not offer one, and `prefer` goes on without.
    const protocol = (socket as Partial<TLSSocket>).getProtocol?.()
    socket.destroy()
    return protocol === undefined ? 'not offered; connecting without' : String(protocol)
  } catch (error) {
    throw classify(error, `TLS with ${addressOf(settings)}`, context.signal)
  }
}

async function listDatabases(connections: Connections, settings: Settings): Promise<string> {
  const entries = await readDatabases(connections)
  const left = entries.map((entry) => whyNotCrawled(settings, entry))
  const absent = listedDatabases(settings).filter((name) => !entries.some((entry) => entry.name === name))
  const usable = left.filter((reason) => reason === undefined).length
  const denied = left.filter((reason) => reason?.reason === 'permission')
  if (usable > 0) {
    const more = [
      ...(denied.length === 0 ? [] : [`${denied.length} without the right to connect`]),
      ...(absent.length === 0 ? [] : [`not found: ${absent.join(', ')}`]),
    ]
    return [`${usable} of ${entries.length}`, ...more].join(', ')
  }
  const [first] = denied
  if (first !== undefined) {
    throw new IngestError('permission', first.message, first.hint === undefined ? {} : { hint: first.hint })
  }
  if (absent.length > 0) throw new IngestError('not_found', `There is no database ${absent.join(', ')}`)
  throw new IngestError('invalid_config', 'No database is left to crawl', { hint: 'Check `databases` of the source.' })
}

/** Asks for one definition in the first database that will be crawled. */
async function readDefinitions(connections: Connections, settings: Settings): Promise<string> {
  const entries = await readDatabases(connections)
  const entry = entries.find((candidate) => whyNotCrawled(settings, candidate) === undefined)
  if (entry === undefined) throw new IngestError('permission', 'No database to read definitions in')
  await connections.use(entry.name, async (session) => {
    await session.begin()
    await session.run(`select pg_get_viewdef(c.oid), (select count(*) from pg_attribute where attrelid = c.oid) from pg_class c
      where c.relkind = 'v' and c.relnamespace = 'pg_catalog'::regnamespace limit 1`)
    await session.commit()
  })
  return `in ${entry.name}`
}

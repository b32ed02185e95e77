import { IngestError } from '../../model/errors.ts'
import { type NameFilter, whyLeftOut } from './filter.ts'

/** How a connection is encrypted and its server checked, in libpq's words, which people know. */
export const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof SSL_MODES)[number]

/** A refusal of a URL, in words that never repeat it: it may hold a password. */
export function badUrl(system: string, problem: string): IngestError {
  return new IngestError('invalid_config', `Not a usable ${system} URL: ${problem}.`)
}

/** The parts of `scheme://user:password@host:port/database?parameters`, decoded; empty ones are left out. */
export interface ServerUrl {
  readonly user?: string
  readonly password?: string
  /** Without the brackets of an IPv6 address. */
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly parameters: URLSearchParams
}

/** @throws IngestError `invalid_config` for what is no URL of one of these schemes. */
export function readServerUrl(
  text: string,
  { system, schemes }: { readonly system: string; readonly schemes: readonly [string, ...string[]] },
): ServerUrl {
  const scheme = schemes.find((each) => text.startsWith(`${each}://`))
  const match =
    scheme === undefined
      ? null
      : /^(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#@]*)(?::(\d*))?(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(
          text.slice(scheme.length + 3),
        )
  if (match === null) throw badUrl(system, `expected ${schemes[0]}://user:password@host:port/database`)
  const [, credentials = '', host = '', port = '', database = '', query = ''] = match
  const at = credentials.indexOf(':')
  const parts = {
    user: at < 0 ? credentials : credentials.slice(0, at),
    password: at < 0 ? '' : credentials.slice(at + 1),
    host,
    database,
  }
  const told = Object.entries(parts).filter(([, part]) => part !== '')
  const decoded = Object.fromEntries(told.map(([name, part]) => [name, decodePart(system, part)]))
  if (port !== '' && !(Number(port) >= 1 && Number(port) <= 65535)) throw badUrl(system, 'the port is out of range')
  return {
    ...decoded,
    ...(decoded.host === undefined ? {} : { host: decoded.host.replace(/^\[(.*)\]$/, '$1') }),
    ...(port === '' ? {} : { port: Number(port) }),
    parameters: new URLSearchParams(query),
  }
}

/** A part of a URL without its escapes. @throws IngestError `invalid_config` */
export function decodePart(system: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badUrl(system, 'a % in it does not begin an escape such as %40')
  }
}

/** Names, or patterns over names. */
type Databases = readonly string[] | NameFilter

/** Why a database is not crawled, or undefined when it is. */
export function whyDatabaseLeftOut({ databases }: { readonly databases: Databases }, name: string): string | undefined {
  if (!isList(databases)) return whyLeftOut(databases, name)
  return databases.includes(name) ? undefined : 'not among the databases listed'
}

/** The databases given by name, if they are. */
export function listedDatabases({ databases }: { readonly databases: Databases }): readonly string[] {
  return isList(databases) ? databases : []
}

function isList(databases: Databases): databases is readonly string[] {
  return Array.isArray(databases)
}

interface Address {
  readonly host: string
  readonly port: number
  readonly socket: string | undefined
}

/** The OpenLineage namespace of a server: https://openlineage.io/docs/spec/naming */
export function serverNamespace(scheme: string, { host, port, socket }: Address, sshHost: string | undefined): string {
  // The loopback of an SSH server is that server, not this machine.
  const isItself = sshHost !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host)
  const name = socket === undefined ? (isItself ? sshHost : host).toLowerCase() : 'localhost'
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`
}

import { randomBytes } from 'node:crypto'
import type { ConnectorHandle, Json, Preview } from '../../connectors/kit/index.ts'
import connector from '../../connectors/mysql/index.ts'
import { openConnector } from '../contract/crawl.ts'
import type { MysqlServer } from './servers.ts'

export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``
export const quoteText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

export function freshName(prefix: string): string {
  return `${prefix}_${randomBytes(4).toString('hex')}`
}

/** Runs statements as root, one after another. */
export async function runSql(server: MysqlServer, ...statements: readonly string[]): Promise<void> {
  const connection = await server.connect()
  try {
    for (const statement of statements) await connection.query(statement)
  } finally {
    await connection.end()
  }
}

/** An account with these rights, each of the form `SELECT ON shop.*`. */
export async function createAccount(
  server: MysqlServer,
  rights: readonly string[],
  password = 'secret-Pw1',
): Promise<string> {
  const name = freshName('reader')
  await runSql(
    server,
    `create user ${name}@'%' identified by ${quoteText(password)}`,
    ...rights.map((right) => `grant ${right} to ${name}@'%'`),
  )
  return name
}

export function configOf(server: MysqlServer, user: string, more: Record<string, Json> = {}): Record<string, Json> {
  return { host: '127.0.0.1', port: server.port, user, password: 'secret-Pw1', ...more }
}

/** Uses a handle of the connector, and closes it. */
export async function withHandle<T>(
  config: Record<string, Json>,
  use: (handle: ConnectorHandle) => Promise<T>,
): Promise<T> {
  await using opened = await openConnector(connector, config)
  return await use(opened.handle)
}

export async function previewOf(
  config: Record<string, Json>,
  path: readonly string[],
  limit: number,
): Promise<Preview> {
  return await withHandle(config, async (handle) => {
    if (handle.preview === undefined) throw new Error('no preview')
    return await handle.preview({ group: 'relation', path }, limit)
  })
}

export function matchConnection(c: {
  type: string
  host?: string
  port?: number | string
  database?: string
  schema?: string
}): {
  dialect: string
  namespace?: string
  defaults: { database?: string; schemas?: readonly string[] }
  matchedBy?: string
  gap?: { reason: string; message: string }
} {
  if (c.type === 'postgres' && c.host !== undefined)
    return {
      dialect: 'postgres',
      namespace: `postgres://${c.host}:${c.port ?? 5432}`,
      defaults: { ...(c.database === undefined ? {} : { database: c.database }), schemas: [c.schema ?? 'public'] },
      matchedBy: 'host_and_port',
    }
  return {
    dialect: c.type === 'postgres' ? 'postgres' : 'generic',
    defaults: {},
    gap: { reason: 'unmatched_connection', message: `the connection ${c.type} leads to no database that is crawled` },
  }
}
export function matchTable(
  connection: ReturnType<typeof matchConnection>,
  table: { name: string; schema?: string; fullName?: string },
): { namespace: string; path: string[]; matchedBy: string } | { gap: { reason: string; message: string } } {
  if (connection.namespace === undefined) return { gap: connection.gap ?? { reason: 'x', message: 'x' } }
  return {
    namespace: connection.namespace,
    path: [connection.defaults.database ?? '', table.schema ?? 'public', table.name],
    matchedBy: 'host_and_port',
  }
}

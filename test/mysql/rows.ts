import type { Connection } from 'mysql2/promise'

export type SqlRow = Readonly<Record<string, unknown>>

export async function readRows(connection: Connection, statement: string): Promise<readonly SqlRow[]> {
  const [rows] = await connection.query(statement)
  return rows as SqlRow[]
}

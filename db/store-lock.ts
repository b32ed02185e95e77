import { IngestError } from '../model/errors.ts'
import type { Query } from './store.ts'

/**
 * Does what only one process may do at a time on a store. The lock goes with the connection, so a process that dies has
 * let it go. @throws IngestError `dependency_unavailable` when another process is at it.
 */
export async function withStoreLock<T>(sql: Query, name: string, work: () => Promise<T>): Promise<T> {
  const connection = await sql.reserve()
  try {
    const [row] = await connection<{ held: boolean }[]>`
      select pg_try_advisory_lock(hashtextextended(${`tidemark ${name}`}, 0)) as held`
    if (row?.held !== true) {
      throw new IngestError('dependency_unavailable', `another process is at it: ${name}`, {
        hint: 'Wait until it has ended, then try again.',
      })
    }
    try {
      return await work()
    } finally {
      await connection`select pg_advisory_unlock(hashtextextended(${`tidemark ${name}`}, 0))`
    }
  } finally {
    connection.release()
  }
}

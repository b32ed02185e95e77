import { createHash } from 'node:crypto'
import type { Session } from './connection.ts'
import { SALT_RIGHTS, SYSTEM_IDENTIFIER, TIMELINE_OF_CHECKPOINT, TIMELINE_OF_WAL } from './queries/gate.sql.ts'

/**
 * What stamps are compared within: the server's identity, its timeline, the database. A restored backup or a promoted
 * standby may reuse transaction ids, so its stamps must equal none of before. A session stays on one server and
 * timeline, but a transaction may be on another one's behind a pooler: it is read in the same snapshot as the stamps.
 */
export async function readSalt(session: Session): Promise<string> {
  const [[rights] = []] = await session.run(SALT_RIGHTS)
  const timeline = rights?.wal ? TIMELINE_OF_WAL : rights?.checkpoint ? TIMELINE_OF_CHECKPOINT : undefined
  const queries = [rights?.system ? SYSTEM_IDENTIFIER : undefined, timeline].filter((query) => query !== undefined)
  const answers = queries.length === 0 ? [] : await session.run(queries.join(';'))
  const values = answers.map(([row]) => String(row?.value))
  return createHash('sha256')
    .update(JSON.stringify([...values, rights?.database]))
    .digest('hex')
    .slice(0, 16)
}

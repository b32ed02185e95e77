import { createHash } from 'node:crypto'
import { sqlStateOf } from './errors.ts'
import { SYSTEM_IDENTIFIER, TIMELINE_OF_CHECKPOINT, TIMELINE_OF_WAL } from './queries/gate.sql.ts'
import type { Session } from './session.ts'

/** Denied, or not offered by a managed service. */
const NOT_TOLD: ReadonlySet<string | undefined> = new Set(['42501', '42883', '0A000', '55000'])

/**
 * What stamps are compared within: the server's identity and its timeline. A restored backup or a promoted standby may
 * reuse transaction ids, so its stamps must equal none of before. Read inside the transaction that reads the stamps:
 * behind a pooler another one may be with another server. The database's own part is the oid in every item.
 */
export async function readSalt(session: Session): Promise<string> {
  const values = [
    await tell(session, SYSTEM_IDENTIFIER),
    (await tell(session, TIMELINE_OF_WAL)) ?? (await tell(session, TIMELINE_OF_CHECKPOINT)),
    await tell(session, 'select oid::text as value from pg_database where datname = current_database()'),
  ]
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16)
}

async function tell(session: Session, query: string): Promise<string | null> {
  try {
    const [, [row] = []] = await session.run(`savepoint salt; ${query}; release salt`)
    return typeof row?.value === 'string' ? row.value : null
  } catch (error) {
    if (!NOT_TOLD.has(sqlStateOf(error))) throw error
    await session.run('rollback to salt')
    return null
  }
}

import postgres from 'postgres'
import { IngestError } from '../model/errors.ts'
import { asStoreError, type Query, sqlState } from './store.ts'

const ANSWER_MS = 10_000

/**
 * Makes sure that a PostgreSQL answers at a URL: postgres.js would connect again for ever to a server that hangs up on
 * it. @throws IngestError that says what is there instead.
 */
export async function probeStore(url: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: ANSWER_MS / 1000 })
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(silence(url)), ANSWER_MS)
  const answer = client`select 1`.execute()
  try {
    await Promise.race([answer, late.promise])
  } catch (error) {
    throw sqlState(error) === 'CONNECT_TIMEOUT' ? silence(url) : asStoreError(error)
  } finally {
    clearTimeout(timer)
    // What is still under way ends with the client.
    answer.catch(() => {})
    await client.end({ timeout: 0 })
  }
}

function silence(url: string): IngestError {
  return new IngestError(
    'dependency_unavailable',
    `metadata store: ${new URL(url).host} does not answer like PostgreSQL`,
    {
      hint: 'Check host and port in DATABASE_URL: another kind of server may listen there, or a firewall drop what is sent.',
    },
  )
}

const PING_MS = 2_000

/** Whether an open store answers in time. */
export async function pingStore(sql: Query): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), PING_MS)
  const answer = sql`select 1`.then(
    () => true,
    () => false,
  )
  return await Promise.race([answer, late.promise]).finally(() => clearTimeout(timer))
}

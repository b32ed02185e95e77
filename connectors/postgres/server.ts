import type { Session } from './session.ts'

/** What queries depend on besides the catalogue: the version, and what the role may read of subscriptions. */
export interface Server {
  /** As `server_version_num`: 180004 is 18.4. */
  readonly version: number
  /** Granted to nobody up to 13. */
  readonly subscriptionOids: boolean
  /** The column holds passwords; only a superuser reads it. */
  readonly subscriptionConnections: boolean
}

const SERVER = `
select current_setting('server_version_num')::int as version,
  has_column_privilege('pg_catalog.pg_subscription', 'oid', 'select') as "subscriptionOids",
  has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'select') as "subscriptionConnections"`

const known = new WeakMap<Session, Server>()

/** Asked once per connection, inside a transaction. */
export async function readServer(session: Session): Promise<Server> {
  const found = known.get(session)
  if (found !== undefined) return found
  const [[row] = []] = (await session.run(SERVER)) as unknown as [Server[]]
  if (row === undefined) throw new Error('the server told nothing of itself')
  known.set(session, row)
  return row
}

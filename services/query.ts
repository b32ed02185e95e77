import { type QueryResult, queryReadOnly } from '../db/queries-adhoc.ts'
import { findReader } from '../db/reader.ts'
import type { ServiceContext } from './context.ts'

/** Runs one statement that may only read. @throws IngestError `invalid_config` when it does not parse or would write. */
export async function runQuery({ store }: Pick<ServiceContext, 'store'>, text: string): Promise<QueryResult> {
  return await queryReadOnly(store.url, text)
}

/**
 * What psql is started with, as its environment: the store's address, where no other process of the machine sees the
 * password, and a session that only reads, as the readers' role where there is one, with `catalog` to look into.
 */
export async function psqlEnvironment({
  store,
}: Pick<ServiceContext, 'store'>): Promise<Readonly<Record<string, string>>> {
  const role = await findReader(store.sql)
  const { hostname, port, username, password, pathname, searchParams } = new URL(store.url)
  const options = [
    '-c default_transaction_read_only=on',
    '-c search_path=catalog',
    ...(role === undefined ? [] : [`-c role=${role}`]),
  ]
  const given = {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: searchParams.get('sslmode') ?? '',
  }
  const told = Object.entries(given).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(told), PGOPTIONS: options.join(' '), PGAPPNAME: 'tidemark sql' }
}

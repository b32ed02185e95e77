import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { IngestError } from '../model/errors.ts'
import { ensureReader, grantCliReader } from './reader.ts'
import { asStoreError } from './store.ts'
import { ensureTrigrams, similarWords } from './trigram.ts'

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url))
const VIEWS = fileURLToPath(new URL('./views', import.meta.url))
const OLDEST_SERVER = 150000
/** Any number, the same in every Tidemark: whoever holds it migrates, the others wait and find it done. */
const LOCK = 7_215_309_004

/**
 * Brings the store to this version's schema: migrations, public views, this and next month's partitions. Safe to race.
 * @throws IngestError `invalid_config` when the store is from a newer Tidemark or the server is too old.
 */
export async function migrateStore(url: string): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 })
  try {
    await client`select pg_advisory_lock(${LOCK})`
    await refuseWrongServer(client)
    await migrate(drizzle(client), {
      migrationsFolder: MIGRATIONS,
      migrationsSchema: 'tidemark',
      migrationsTable: 'migration',
    })
    await applyViews(client)
    await client.begin((tx) => ensurePartitions(tx))
    await ensureReader(client)
    await grantCliReader(client)
  } catch (error) {
    throw asStoreError(error)
  } finally {
    await client.end({ timeout: 5 })
  }
}

async function refuseWrongServer(client: postgres.Sql): Promise<void> {
  const [server] = await client`select current_setting('server_version_num')::int as version,
    current_setting('server_version') as text, to_regclass('tidemark.store') is not null as migrated`
  if ((server?.version as number) < OLDEST_SERVER) {
    throw new IngestError('invalid_config', `the store's PostgreSQL is ${server?.text}; Tidemark needs 15 or newer`)
  }
  if (server?.migrated !== true) return
  const [store] = await client`select minimum_migrations as needed from tidemark.store`
  if ((store?.needed as number) > knownMigrations()) {
    throw new IngestError('invalid_config', 'this store was made by a newer Tidemark than this one', {
      hint: 'Upgrade this Tidemark to at least the version that last ran on the store.',
    })
  }
}

/** How many migrations this program has. */
export function knownMigrations(): number {
  const journal = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8')) as { entries: unknown[] }
  return journal.entries.length
}

/** The public views are replaced as a whole whenever their text differs from what was last applied. */
async function applyViews(client: postgres.Sql): Promise<void> {
  const files = existsSync(VIEWS) ? readdirSync(VIEWS).filter((name) => name.endsWith('.sql')) : []
  const texts = files.sort().map((name) => readFileSync(`${VIEWS}/${name}`, 'utf8'))
  const text = [similarWords(await ensureTrigrams(client)), ...texts].join('\n')
  const digest = createHash('sha256').update(text).digest('hex')
  const [store] = await client`select views_digest as digest from tidemark.store`
  if (store?.digest === digest) return
  await client.begin(async (tx) => {
    await tx.unsafe(text)
    await fillSearch(tx)
    await tx`update tidemark.store set views_digest = ${digest}`
  })
}

/** Assets that were catalogued before they could be searched. */
async function fillSearch(tx: postgres.TransactionSql): Promise<void> {
  await tx`
    select tidemark.index_assets(array(
      select id from tidemark.asset a
      where removed_at is null and not placeholder
        and not exists (select 1 from tidemark.search_document d where d.asset_id = a.id)))`
}

/**
 * Makes the monthly partitions of this month and of `ahead` further ones; rows of other months go to the default
 * partition. Returns how many were missing.
 */
export async function ensurePartitions(sql: postgres.ISql, ahead = 1): Promise<number> {
  const [now] = await sql<{ months: string[] }[]>`
    select array(select to_char(month, 'YYYY-MM-01')
                 from generate_series(date_trunc('month', now() at time zone 'UTC'),
                                      date_trunc('month', now() at time zone 'UTC') + make_interval(months => ${ahead}),
                                      interval '1 month') as month) as months`
  const { months } = now as { months: string[] }
  return (await makePartitions(sql, 'change', months)) + (await makePartitions(sql, 'audit_log', months))
}

/** Makes the partitions of these months, each its first day, as far as they are missing. Returns how many were. */
export async function makePartitions(
  sql: postgres.ISql,
  table: 'change' | 'audit_log',
  months: readonly string[],
): Promise<number> {
  const missing = await sql<{ statement: string }[]>`
    select format('create table if not exists tidemark.%I partition of tidemark.%I for values from (%L) to (%L)',
                  parent || to_char(month, '_YYYY_MM'), parent, month at time zone 'UTC',
                  (month + interval '1 month') at time zone 'UTC') as statement
    from (select ${table}::text as parent, month::timestamp as month from unnest(${[...months]}::text[]) as month) wanted
    where to_regclass('tidemark.' || parent || to_char(month, '_YYYY_MM')) is null
    order by month`
  for (const { statement } of missing) await sql.unsafe(statement)
  return missing.length
}

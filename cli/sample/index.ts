import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import postgres, { type Sql } from 'postgres'

const SAMPLE_DATABASE = 'sample_shop'

const script = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')

/**
 * Makes the sample company's PostgreSQL database beside the store, if it is not there, and gives its URL; undefined
 * when the server does not let this account make one, or has another's of that name.
 */
export async function makeSampleShop(storeUrl: string): Promise<string | undefined> {
  const url = new URL(storeUrl)
  url.pathname = `/${SAMPLE_DATABASE}`
  try {
    await onServer(storeUrl, createDatabase)
    await onServer(url.href, fillDatabase)
    return url.href
  } catch (error) {
    if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return undefined
    throw error
  }
}

const DUPLICATE_DATABASE = '42P04'
const INSUFFICIENT_PRIVILEGE = '42501'

async function onServer(url: string, work: (client: Sql) => Promise<void>): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await work(client)
  } finally {
    await client.end({ timeout: 5 })
  }
}

async function createDatabase(client: Sql): Promise<void> {
  const found = await client`select 1 from pg_database where datname = ${SAMPLE_DATABASE}`
  if (found.length > 0) return
  await client.unsafe(`create database ${SAMPLE_DATABASE}`).catch((error: { code?: string }) => {
    if (error.code !== DUPLICATE_DATABASE) throw error
  })
}

async function fillDatabase(client: Sql): Promise<void> {
  await client.begin(async (tx) => {
    const [state] = await tx`select to_regclass('reporting.reorder') is not null as made`
    if (state?.made !== true) await tx.unsafe(script('shop.sql'))
  })
}

/** Makes the sample company's SQLite file under the home, if it is not there, and gives its path. */
export function makeSampleTills(home: string): string {
  const folder = join(home, 'sample')
  const path = join(folder, 'tills.db')
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // In place only when whole.
  const temporary = `${path}.${process.pid}.tmp`
  rmSync(temporary, { force: true })
  const database = new DatabaseSync(temporary)
  try {
    database.exec(script('tills.sql'))
  } finally {
    database.close()
  }
  renameSync(temporary, path)
  return path
}

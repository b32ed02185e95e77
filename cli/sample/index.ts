import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'

const SAMPLE_DATABASE = 'sample_shop'

const script = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')

/**
 * Makes the sample company's PostgreSQL database beside the store, if it is not there, and gives its URL; undefined
 * when the server does not let this account create a database.
 */
export async function makeSampleShop(storeUrl: string): Promise<string | undefined> {
  if (!(await createDatabase(storeUrl))) return undefined
  const url = new URL(storeUrl)
  url.pathname = `/${SAMPLE_DATABASE}`
  const client = postgres(url.href, { max: 1, onnotice: () => {} })
  try {
    await client.begin(async (tx) => {
      const [state] = await tx`select to_regclass('reporting.reorder') is not null as made`
      if (state?.made !== true) await tx.unsafe(script('shop.sql'))
    })
  } finally {
    await client.end({ timeout: 5 })
  }
  return url.href
}

const DUPLICATE_DATABASE = '42P04'
const INSUFFICIENT_PRIVILEGE = '42501'

async function createDatabase(storeUrl: string): Promise<boolean> {
  const client = postgres(storeUrl, { max: 1, onnotice: () => {} })
  try {
    const found = await client`select 1 from pg_database where datname = ${SAMPLE_DATABASE}`
    if (found.length === 0) await client.unsafe(`create database ${SAMPLE_DATABASE}`)
    return true
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === DUPLICATE_DATABASE) return true
    if (code === INSUFFICIENT_PRIVILEGE) return false
    throw error
  } finally {
    await client.end({ timeout: 5 })
  }
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

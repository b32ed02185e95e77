import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { migrateStore } from '../../db/migrate.ts'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { TEMPLATE, withDatabase } from './store.ts'

/** One PostgreSQL for the whole run, with a migrated store as the template that tests copy. */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-test-'))
  const server = await startScratchPostgres({
    directory,
    settings: ['max_connections=300', 'max_locks_per_transaction=256'],
  })
  process.env.TIDEMARK_TEST_POSTGRES = server.url
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${TEMPLATE}`)
  await admin.end()
  await migrateStore(withDatabase(server.url, TEMPLATE))
  return async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { migrateStore } from '../../db/migrate.ts'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { TEMPLATE, withDatabase } from './store.ts'

/**
 * One PostgreSQL for the whole run, with a migrated store as the template that tests copy. Whatever tests put into the
 * directory for temporary files goes when the run ends.
 */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-'))
  // Servers that refuse to run as root come in as another user.
  await chmod(directory, 0o755)
  process.env.TMPDIR = directory
  const server = await startScratchPostgres({
    directory: join(directory, 'postgres'),
    settings: ['max_connections=300', 'max_locks_per_transaction=256'],
  })
  process.env.TIDEMARK_TEST_POSTGRES = server.url
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${TEMPLATE}`)
  await admin.end()
  await migrateStore(withDatabase(server.url, TEMPLATE))
  return async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startScratchPostgres } from '../runtime/postgres.ts'

export interface Servers extends AsyncDisposable {
  readonly source: string
  readonly store: string
  readonly version: string
}

/** The source's planner knows its catalogue and nothing of ours wakes up in mid-measurement. */
const SOURCE_SETTINGS = [
  'shared_buffers=128MB',
  'max_locks_per_transaction=1024',
  'autovacuum=off',
  'shared_preload_libraries=pg_stat_statements',
  'pg_stat_statements.max=10000',
]

/** As the embedded store is set: what is committed is on the disk. */
export const STORE_SETTINGS = [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'shared_buffers=128MB',
  'max_wal_size=2GB',
]

/** Two clusters, as a source and its catalog are in life: each has its own buffers, log and processes. */
export async function startServers(): Promise<Servers> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
  // Such as log_statement_stats=on.
  const more = process.env.TIDEMARK_BENCH_STORE_SETTINGS?.split(';') ?? []
  const source = await startScratchPostgres({ directory, settings: SOURCE_SETTINGS })
  const store = await startScratchPostgres({ directory, settings: [...STORE_SETTINGS, ...more] })
  return {
    source: source.url,
    store: store.url,
    version: store.version,
    async [Symbol.asyncDispose]() {
      await Promise.all([source.stop(), store.stop()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export function withDatabase(url: string, database: string): string {
  const result = new URL(url)
  result.pathname = `/${database}`
  return result.href
}

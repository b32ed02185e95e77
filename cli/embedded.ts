import { setTimeout as delay } from 'node:timers/promises'
import { IngestError } from '../model/errors.ts'
import { type RuntimeInfo, readRuntimeFile } from '../runtime/home.ts'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../runtime/postgres.ts'

/** Another command may have the home's PostgreSQL for a moment. */
const PATIENCE_MS = 20_000
const LOOK_EVERY_MS = 150

/** Starts the PostgreSQL of a home when no other command has it; the running `up` instead, when there is one by then. */
export async function startOwnPostgres(
  options: EmbeddedPostgresOptions,
): Promise<{ readonly server: EmbeddedPostgres } | { readonly running: RuntimeInfo }> {
  const { startEmbeddedPostgres } = await import('../runtime/postgres.ts')
  const giveUpAt = Date.now() + PATIENCE_MS
  while (true) {
    try {
      return { server: await startEmbeddedPostgres(options) }
    } catch (error) {
      const owned = error instanceof IngestError && error.code === 'already_owned'
      if (!owned || Date.now() > giveUpAt || options.signal?.aborted === true) throw error
      await delay(LOOK_EVERY_MS)
      const running = await readRuntimeFile(options.home)
      if (running !== undefined) return { running }
    }
  }
}

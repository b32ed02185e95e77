import { migrateStore } from '../db/migrate.ts'
import { probeStore } from '../db/probe.ts'
import { openStore, type Store } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'

export type { Store } from '../db/store.ts'

/** Opens a store, brought to this version's schema. @throws IngestError that says what is wrong with it. */
export async function openMigratedStore(url: string, connections: number): Promise<Store> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new IngestError('invalid_config', 'DATABASE_URL is not a PostgreSQL URL', {
      hint: "Write postgres://user@host:5432/database, or unset it to use Tidemark's own PostgreSQL.",
    })
  }
  await probeStore(url)
  await migrateStore(url)
  return openStore(url, { connections })
}

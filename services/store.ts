import { migrateStore } from '../db/migrate.ts'
import { openStore, type Store } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'

export type { Store } from '../db/store.ts'

/** Opens a store, brought to this version's schema. @throws IngestError that says what is wrong with it. */
export async function openMigratedStore(url: string, connections: number): Promise<Store> {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new IngestError('invalid_config', 'DATABASE_URL is not a PostgreSQL URL', {
      hint: "Write postgres://user@host:5432/database, or unset it to use Tidemark's own PostgreSQL.",
    })
  }
  await migrateStore(url).catch((error: unknown) => {
    throw explainSilence(error, url)
  })
  return openStore(url, { connections })
}

/** What listens there may be no PostgreSQL at all: then it never says what a client waits for. */
function explainSilence(error: unknown, url: string): unknown {
  if (!(error instanceof IngestError) || error.code !== 'CONNECT_TIMEOUT') return error
  const { host } = new URL(url)
  return new IngestError('dependency_unavailable', `metadata store: ${host} does not answer like PostgreSQL`, {
    code: error.code,
    hint: 'Check host and port in DATABASE_URL: another kind of server may listen there, or a firewall drop what is sent.',
    cause: error,
  })
}

import { beginReading, type Environment } from '../connectors/reading.ts'
import { readReference } from '../connectors/references.ts'
import { readAccess } from '../db/access.ts'
import { migrateStore } from '../db/migrate.ts'
import { probeStore } from '../db/probe.ts'
import { listSourceHeads } from '../db/queries-sources.ts'
import { openStore, type Store } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'

export type { Store } from '../db/store.ts'

/** Opens a store, brought to this version's schema. @throws IngestError that says what is wrong with it. */
export async function openMigratedStore(url: string, connections: number): Promise<Store> {
  checkUrl(url)
  await probeStore(url)
  await migrateStore(url)
  return openStore(url, { connections })
}

/** DATABASE_URL; it may be a reference such as `${file:/path}`, so that no password need be in the environment. */
export async function storeUrl(env: Environment = process.env): Promise<string | undefined> {
  const given = env.DATABASE_URL
  return given ? await readReference(given, beginReading(env)) : undefined
}

/** A store to work on, or to read. */
export interface OpenedStore {
  readonly store: Store
  /** Why only reading is possible; absent when everything is. */
  readonly readOnly?: string
}

/**
 * Opens a store as far as one may: for one who may write it is brought to this version's schema, for others (a reader's
 * role, a standby, TIDEMARK_READ_ONLY) it is taken as it is. @throws IngestError that says what is wrong with it.
 */
export async function openAllowedStore(
  url: string,
  connections: number,
  env: Environment = process.env,
): Promise<OpenedStore> {
  checkUrl(url)
  await probeStore(url)
  const { role, made, writable } = await readAccess(url)
  const asked = /^(1|true|yes|on)$/i.test(env.TIDEMARK_READ_ONLY ?? '')
  if (!asked && writable) {
    await migrateStore(url)
    return { store: openStore(url, { connections }) }
  }
  if (!made) {
    throw new IngestError('invalid_config', 'there is no Tidemark store in that database yet', {
      hint: 'Whoever may write makes it with any command, such as: tidemark sources',
    })
  }
  const readOnly = asked ? 'TIDEMARK_READ_ONLY is set' : `${role} may only read the store`
  return { store: openStore(url, { connections, readOnly: true }), readOnly }
}

/** The names of a store's sources, from a store that is there and up: nothing is brought to this version for it. */
export async function listSourceNames(url: string, organization: string): Promise<readonly string[]> {
  const store = openStore(url, { connections: 1, readOnly: true })
  try {
    return (await listSourceHeads(store.sql, organization)).map(({ name }) => name)
  } finally {
    await store.close()
  }
}

function checkUrl(url: string): void {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new IngestError('invalid_config', 'DATABASE_URL is not a PostgreSQL URL', {
      hint: "Write postgres://user@host:5432/database, or unset it to use Tidemark's own PostgreSQL.",
    })
  }
}

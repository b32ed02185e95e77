import { joinSecrets, prepareConfig } from '../connectors/config.ts'
import { type Connector, type ConnectorHandle, classifyError, redact } from '../connectors/kit/index.ts'
import { findSource, lockSecrets, type SourceRow, updateSecrets } from '../db/sources.ts'
import { inTransaction } from '../db/store.ts'
import { openSecrets, sealSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ActivityDeps } from './deps.ts'

/** A source ready to be opened. */
export interface LoadedSource {
  readonly row: SourceRow
  readonly connector: Connector
  readonly config: unknown
  /** Values that must never leave: masked in every message. */
  readonly secrets: readonly string[]
}

export async function loadSource(deps: ActivityDeps, sourceId: number): Promise<LoadedSource> {
  const row = await findSource(deps.store, sourceId)
  if (row === undefined) throw new IngestError('not_found', `source ${sourceId} no longer exists`)
  const connector = deps.registry.get(row.connector)
  const sealed = openSecrets(deps.masterKey, row, row.name)
  return { row, connector, ...prepareConfig(connector, joinSecrets(row.config, sealed)) }
}

export interface OpenSource {
  readonly handle: ConnectorHandle
  readonly cost: { requests: number; bytes: number }
}

/** Opens the source for the time of `work`; whatever fails in the connector comes out classified and redacted. */
export async function withSource<T>(
  deps: ActivityDeps,
  source: LoadedSource,
  signal: AbortSignal,
  work: (open: OpenSource) => Promise<T>,
): Promise<T> {
  const cost = { requests: 0, bytes: 0 }
  const context = {
    signal,
    log: deps.log,
    meter: {
      request: (count = 1) => {
        cost.requests += count
      },
      bytes: (count: number) => {
        cost.bytes += count
      },
    },
    secrets: { replace: (name: string, value: string) => replaceSecret(deps, source.row, name, value) },
  }
  await using handle = await source.connector.open(source.config, context)
  return await work({ handle, cost })
}

/** Runs a call into the connector; its error comes out as an IngestError that holds no secret. */
export async function guardSource<T>(
  source: LoadedSource,
  signal: AbortSignal,
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw sourceError(source, signal, what, error)
  }
}

export function sourceError(source: LoadedSource, signal: AbortSignal, what: string, error: unknown): IngestError {
  if (signal.aborted) {
    const { reason } = signal
    return reason instanceof IngestError
      ? reason
      : new IngestError('cancelled', `${source.row.name}: ${what}: cancelled`)
  }
  const classified = classifyError(error, source.connector.errorRules, what)
  return new IngestError(classified.category, redact(`${source.row.name}: ${classified.message}`, source.secrets), {
    ...(classified.code === undefined ? {} : { code: classified.code }),
    ...(classified.hint === undefined ? {} : { hint: redact(classified.hint, source.secrets) }),
    ...(classified.retryAfterMs === undefined ? {} : { retryAfterMs: classified.retryAfterMs }),
  })
}

/** Two workers that rotate at once take turns; each re-reads what the other stored. */
async function replaceSecret(deps: ActivityDeps, row: SourceRow, name: string, value: string): Promise<void> {
  await inTransaction(deps.store.sql, async (tx) => {
    const sealed = await lockSecrets(tx, row.id)
    if (sealed === undefined) return
    const secrets = { ...openSecrets(deps.masterKey, sealed, row.name), [name]: value }
    await updateSecrets(tx, row.id, sealSecrets(deps.masterKey, secrets))
  })
}

import { joinSecrets, prepareConfig } from '../connectors/config.ts'
import {
  type Connector,
  type ConnectorHandle,
  classifyError,
  type Logger,
  type RateBudgets,
  redact,
} from '../connectors/kit/index.ts'
import { addRunCost, type RunCost, readRunCost } from '../db/runs.ts'
import { readBudget, readMemory, reportBudget, writeMemory } from '../db/source-state.ts'
import { findSource, lockSecrets, type SourceRow, updateSecrets } from '../db/sources.ts'
import { inTransaction } from '../db/store.ts'
import { openSecrets, replaceSecrets } from '../db/vault.ts'
import { type ErrorSummary, IngestError, summarizeError } from '../model/errors.ts'
import type { ActivityDeps } from './deps.ts'
import { createLedger } from './ledger.ts'

/** A source ready to be opened. */
export interface LoadedSource {
  readonly row: SourceRow
  readonly connector: Connector
  readonly config: unknown
  /** Values that must never leave: masked in every message. A rotated token joins them. */
  readonly secrets: string[]
}

/** A source as stored: all that a step can know of it away from where it is reached. */
export async function requireRow(deps: Pick<ActivityDeps, 'store'>, sourceId: number): Promise<SourceRow> {
  const row = await findSource(deps.store, sourceId)
  if (row === undefined) throw new IngestError('not_found', `source ${sourceId} no longer exists`)
  return row
}

export async function loadSource(deps: ActivityDeps, sourceId: number): Promise<LoadedSource> {
  const row = await requireRow(deps, sourceId)
  const connector = deps.registry.get(row.connector)
  const sealed = openSecrets(deps.keyRing, row, row.name)
  const { config, secrets } = await prepareConfig(connector, joinSecrets(row.config, sealed))
  return { row, connector, config, secrets: [...secrets] }
}

export interface OpenSource {
  readonly handle: ConnectorHandle
  readonly cost: RunCost
}

/**
 * Opens the source for the time of `work`, within what the run may still ask of it; whatever fails in the connector comes
 * out classified and redacted. `work` sees to its cost being stored; that of work that fails is stored here.
 */
export async function withSource<T>(
  deps: ActivityDeps,
  source: LoadedSource,
  { runId, signal }: { readonly runId: number; readonly signal: AbortSignal },
  work: (open: OpenSource) => Promise<T>,
): Promise<T> {
  const { budget } = source.row
  const before = budget === null ? NO_COST : await readRunCost(deps.store.sql, runId)
  const { meter, cost } = createLedger(budget, before)
  const context = {
    signal,
    log: redactLog(deps.log, source.secrets),
    meter,
    secrets: {
      replace: (name: string, value: string) => {
        source.secrets.push(value)
        return replaceSecret(deps, source.row, name, value)
      },
    },
    memory: {
      read: (keys: readonly string[]) => readMemory(deps.store.sql, source.row.id, keys),
      write: (entries: ReadonlyMap<string, string>) => writeMemory(deps.store.sql, source.row.id, entries),
    },
    budgets: createBudgets(deps, source.row.id),
  }
  const handle = await guardSource(source, signal, 'opening', () => source.connector.open(source.config, context))
  try {
    return await work({ handle, cost })
  } catch (error) {
    // Should the store be what failed, its error is the one to tell.
    await addRunCost(deps.store.sql, runId, cost).catch(() => {})
    throw error
  } finally {
    await closeHandle(source, handle, context.log)
  }
}

const NO_COST: Readonly<RunCost> = { requests: 0, bytes: 0, throttles: 0, cost: 0 }

function createBudgets({ store }: ActivityDeps, sourceId: number): RateBudgets {
  return {
    async read(bucket) {
      const row = await readBudget(store.sql, bucket)
      if (row === undefined) return undefined
      const { blockedUntil, ...budget } = row
      return { ...budget, ...(blockedUntil === null ? {} : { blockedUntil }) }
    },
    report: (bucket, resource, budget) =>
      reportBudget(store.sql, {
        sourceId,
        bucket,
        resource,
        budget: { ...budget, blockedUntil: budget.blockedUntil ?? null },
      }),
  }
}

const CLOSE_LIMIT_MS = 5_000

/** What has been read stands, whether or not the connector closes in order and in time. */
async function closeHandle({ row }: LoadedSource, handle: ConnectorHandle, log: Logger): Promise<void> {
  const limit = AbortSignal.timeout(CLOSE_LIMIT_MS)
  try {
    await Promise.race([handle[Symbol.asyncDispose](), untilAborted(limit)])
  } catch (error) {
    log.warn({ source: row.name, error: String(error) }, 'the connector did not close in order')
  }
}

/** Rejects with the signal's reason once it is aborted, and keeps nothing alive until then. */
function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

/**
 * Runs a call into the connector; its error comes out as an IngestError that holds no secret. A connector that does not
 * heed the signal is left behind after a grace period.
 */
export async function guardSource<T>(
  source: LoadedSource,
  signal: AbortSignal,
  what: string,
  call: () => Promise<T>,
): Promise<T> {
  const end = new AbortController()
  try {
    return await Promise.race([call(), overdue(signal, end.signal)])
  } catch (error) {
    throw sourceError(source, signal, what, error)
  } finally {
    end.abort()
  }
}

/** Connectors must honour an abort within a second. */
const GRACE_MS = 2_000

/** Rejects a while after `signal` was aborted, unless the call has ended by then. */
function overdue(signal: AbortSignal, ended: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  const wait = () => {
    const timer = setTimeout(() => reject(signal.reason), GRACE_MS)
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
  if (signal.aborted) wait()
  else signal.addEventListener('abort', wait, { once: true, signal: ended })
  return promise
}

/** What is stored of an error that a connector hands over instead of throwing it. */
export function describeError(source: LoadedSource, error: unknown): ErrorSummary {
  const { message, hint, ...rest } = summarizeError(error)
  return {
    ...rest,
    message: redact(message, source.secrets),
    ...(hint === undefined ? {} : { hint: redact(hint, source.secrets) }),
  }
}

/** A log for a connector, which may not know what its driver puts into messages. */
function redactLog(log: Logger, secrets: readonly string[]): Logger {
  const write = (level: keyof Logger) => (fields: object, message: string) => {
    const clean = Object.entries(fields).map(([name, value]) => [name, redactValue(value, secrets)])
    log[level](Object.fromEntries(clean) as object, redact(message, secrets))
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn') }
}

function redactValue(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return redact(value, secrets)
  if (value instanceof Error) return redact(value.stack ?? value.message, secrets)
  if (Array.isArray(value)) return value.map((entry) => redactValue(entry, secrets))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, redactValue(entry, secrets)]))
}

export function sourceError(source: LoadedSource, signal: AbortSignal, what: string, error: unknown): IngestError {
  if (signal.aborted) {
    const { reason } = signal
    const [category, why] =
      reason instanceof IngestError ? [reason.category, reason.message] : (['cancelled', 'cancelled'] as const)
    return new IngestError(category, `${source.row.name}: ${what}: ${why}`)
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
    const secrets = { ...openSecrets(deps.keyRing, sealed, row.name), [name]: value }
    await updateSecrets(tx, row.id, replaceSecrets(deps.keyRing, sealed, secrets, row.name))
  })
}

import type { ConnectorHandle, LoggedQuery, QueryLogVerdict, SqlTexts } from '../../connectors/kit/index.ts'
import {
  type LogScope,
  listLogScopes,
  markLogsRead,
  moveLineageWatermark,
  moveLogWatermark,
  storeLogged,
} from '../../db/lineage/logs.ts'
import type { DerivedText, StoredGap } from '../../db/lineage/stage.ts'
import { addRunCost, type RunRow, renewLease } from '../../db/runs.ts'
import type { LineagePool } from '../../lineage/pool.ts'
import { IngestError } from '../../model/errors.ts'
import { canonicalHash } from '../../model/hash.ts'
import type { QueryLogsRead } from '../../sync/steps.ts'
import type { ActivityDeps } from '../deps.ts'
import { guardSource, type LoadedSource, loadSource, requireRow, withSource } from '../source.ts'
import { startWatch, type Watch } from '../watch.ts'
import { namesOf, type TextSource, toInput, wantedOf } from './names.ts'
import { toText } from './observed.ts'
import { DERIVATION_MS, lineagePool } from './pool.ts'
import { Relations } from './relations.ts'
import { translate } from './translate.ts'

const NOTHING: QueryLogsRead = { scopes: 0, statements: 0, failures: 0 }
const INTERVAL_MS = 3_600_000

/** What the readings of one run share. */
interface Reading {
  readonly deps: ActivityDeps
  readonly run: RunRow
  readonly source: LoadedSource
  readonly handle: ConnectorHandle
  readonly watch: Watch
}

interface TextReading extends Reading {
  readonly sql: SqlTexts
  readonly pool: LineagePool
}

/**
 * Reads the query logs of the scopes synced, if it is time, and stores the lineage of statements that move data. Texts are
 * not stored: their literals are data. What a source refuses is a warning; what it has not is none.
 */
export async function readQueryLogs(deps: ActivityDeps, runId: number): Promise<QueryLogsRead> {
  const { sql: store } = deps.store
  const run = await renewLease(store, runId)
  if (run.mode === 'plan') return NOTHING
  const { manifest } = deps.registry.get((await requireRow(deps, run.sourceId)).connector)
  const { sql, capabilities = [] } = manifest
  const texts = sql !== undefined && capabilities.includes('queryLog')
  if (!texts && !capabilities.includes('lineage')) return NOTHING
  const scopes = await listLogScopes(store, run, deps.limits.queryLogIntervalMs ?? INTERVAL_MS)
  if (scopes.length === 0) return NOTHING
  const source = await loadSource(deps, run.sourceId)
  using watch = startWatch(deps, runId)
  return await withSource(deps, source, { runId, signal: watch.signal }, async ({ handle, cost }) => {
    const pool = lineagePool(deps.limits.derivationMs ?? DERIVATION_MS)
    const reading: Reading = { deps, run, source, handle, watch }
    const failures: IngestError[] = []
    let statements = 0
    for (const scope of scopes) {
      const attempt = async (read: () => Promise<number>) => {
        try {
          statements += await read()
        } catch (error) {
          failures.push(warn(reading, scope, error))
        }
      }
      await attempt(() => readObserved(reading, scope, failures))
      if (texts) await attempt(() => readScope({ ...reading, sql, pool }, scope, failures))
    }
    await addRunCost(store, runId, cost)
    if (!failures.some((failure) => failure.retryable)) await markLogsRead(store, run)
    return {
      scopes: scopes.length,
      statements,
      failures: failures.filter(({ category }) => category !== 'unsupported').length,
    }
  })
}

async function readScope(reading: TextReading, scope: LogScope, failures: IngestError[]): Promise<number> {
  return await readPages(reading, scope, failures, {
    what: 'the query log',
    pages: reading.handle.queryLog?.(scope, scope.watermark ?? undefined),
    toTexts: (page) => derivePage(reading, scope, page),
    moveTo: (watermark) => moveLogWatermark(reading.deps.store.sql, scope.id, watermark),
  })
}

/** What the source has recorded itself; to the store each asset that was written to is a text without words. */
async function readObserved(reading: Reading, scope: LogScope, failures: IngestError[]): Promise<number> {
  return await readPages(reading, scope, failures, {
    what: 'the recorded lineage',
    pages: reading.handle.lineage?.(scope, scope.lineageWatermark ?? undefined),
    toTexts: async (page) => page.map((observed) => toText(observed, reading.source.row, reading.run.sourceId)),
    moveTo: (watermark) => moveLineageWatermark(reading.deps.store.sql, scope.id, watermark),
  })
}

interface Log<T> {
  readonly what: string
  readonly pages: AsyncGenerator<readonly T[], QueryLogVerdict, void> | undefined
  readonly toTexts: (page: readonly T[]) => Promise<readonly DerivedText[]>
  readonly moveTo: (watermark: string) => Promise<void>
}

async function readPages<T>(
  { deps, run, source, watch, ...reading }: Reading,
  scope: LogScope,
  failures: IngestError[],
  { what, pages, toTexts, moveTo }: Log<T>,
): Promise<number> {
  if (pages === undefined) return 0
  let statements = 0
  try {
    while (true) {
      const page = await guardSource(source, watch.signal, `reading ${what} of ${scope.name}`, async () => {
        watch.signal.throwIfAborted()
        return await pages.next()
      })
      watch.progress()
      if (page.done === true) {
        await moveTo(page.value.watermark)
        if (page.value.error !== undefined)
          failures.push(warn({ deps, run, source, watch, ...reading }, scope, page.value.error))
        return statements
      }
      const texts = await toTexts(page.value)
      await storeLogged(deps.store.sql, run.id, texts)
      statements += texts.length
      watch.progress()
    }
  } finally {
    // Its own verdict is of no interest any more.
    await pages.return({ watermark: '' })
  }
}

/** A failure of the source's. Cancellation, and what our own store answers, end the step. */
function warn({ deps, source, run }: Reading, scope: LogScope, error: unknown): IngestError {
  if (!(error instanceof IngestError) || ['cancelled', 'dependency_unavailable'].includes(error.category)) throw error
  const { category, message, hint } = error
  const level = category === 'unsupported' ? 'debug' : 'warn'
  deps.log[level]({ source: source.row.name, run: run.id, scope: scope.name, category, hint }, message)
  return error
}

/** Words without which nothing is read: most statements of a log need no closer look. */
const READS = /\b(?:select|from|using|into|update|merge|copy|clone|load|unload|swap|as\s+table)\b/i

/** Those of a page's statements that move data, each once. */
async function derivePage(reading: TextReading, scope: LogScope, page: readonly LoggedQuery[]): Promise<DerivedText[]> {
  const { deps, run, source, sql, pool } = reading
  const texts = new Map<string, TextSource>()
  for (const { text, database } of page) {
    if (!READS.test(text)) continue
    const defaults = sql.logDefaults?.(scope.key, database) ?? {}
    const near = [database ?? scope.key]
    texts.set(canonicalHash([sql.dialect, defaults, near, text]), {
      sql,
      text,
      defaults,
      near,
      namespaceId: source.row.namespaceId,
      anySession: true,
    })
  }
  const read = await Promise.all(
    [...texts].map(async ([textHash, text]) => ({ textHash, text, ...(await pool.consult(toInput(text))) })),
  )
  const moving = read.filter(({ moves }) => moves)
  const relations = new Relations(deps.store.sql)
  await relations.load(moving.flatMap(({ text, names }) => wantedOf(text, names)))
  return await Promise.all(
    moving.map(async ({ textHash, text, names: consulted }): Promise<DerivedText> => {
      const names = namesOf(text, consulted, (...where) => relations.find(...where))
      const result = await pool.derive({ ...toInput(text), tables: names.tables })
      const { gaps, fieldEdges, ...rest } = translate(result, names, undefined)
      return {
        ...rest,
        sourceId: run.sourceId,
        textHash,
        references: [],
        gaps: gaps.map(withoutLiterals),
        fieldEdges: fieldEdges.map((edge) => ({ ...edge, expression: undefined })),
      }
    }),
  )
}

/** Gaps whose message holds names alone; others may quote the statement. */
const NAMES_ONLY = new Set([
  'unknown_table',
  'unknown_column',
  'ambiguous_column',
  'column_count',
  'timeout',
  'dynamic_sql',
])

function withoutLiterals(gap: StoredGap): StoredGap {
  return NAMES_ONLY.has(gap.reason)
    ? gap
    : { ...gap, message: `${gap.reason.replaceAll('_', ' ')} in a logged statement` }
}

import { randomUUID } from 'node:crypto'
import type { SqlTexts } from '../../connectors/kit/index.ts'
import { adoptVersion, findStaleTexts, readLineageState, type StaleText, settleLineage } from '../../db/lineage/due.ts'
import { endOrphanTexts } from '../../db/lineage/end.ts'
import { type DefinitionRow, readDefinitions } from '../../db/lineage/read.ts'
import type { DerivedReference, DerivedText } from '../../db/lineage/stage.ts'
import { dropIdle, type SameText, storeDefinitions, storeSame } from '../../db/lineage/write.ts'
import { type RunRow, renewLease } from '../../db/runs.ts'
import type { LineagePool } from '../../lineage/pool.ts'
import type { TableName } from '../../lineage/types.ts'
import { ENGINE_VERSION } from '../../lineage/version.ts'
import { canonicalHash, hashText } from '../../model/hash.ts'
import { keyPath, nameKey } from '../../model/names.ts'
import type { LineageDerived } from '../../sync/steps.ts'
import type { ActivityDeps } from '../deps.ts'
import { startWatch, type Watch } from '../watch.ts'
import { isLoose, namesOf, relationEnd, type TextSource, toInput, wantedOf } from './names.ts'
import { DERIVATION_MS, lineagePool } from './pool.ts'
import { Relations } from './relations.ts'
import { readSources, sqlOf } from './sources.ts'
import { type TextOwner, translate } from './translate.ts'

/** Texts derived and stored at a time; a page of long ones holds fewer. */
const PAGE_TEXTS = 200
const PAGE_BYTES = 1_000_000
/** What moves while it is derived is derived again; past this the next run goes on. */
const ROUNDS = 3

/** Versions of a connector's texts that one version of the engine has room for. */
const CONNECTOR_VERSIONS = 1_000

const NOTHING: LineageDerived = { texts: 0, partial: 0, failed: 0 }

/** What the pages of one step share. */
interface Derivation {
  readonly deps: ActivityDeps
  readonly run: RunRow
  readonly namespaceId: number
  /** How the source's own texts are read. */
  readonly texts: SqlTexts | undefined
  readonly pool: LineagePool
  readonly watch: Watch
}

/**
 * Derives the lineage of every definition that is new, has moved, or refers to something that has, whichever source it
 * belongs to. The state of the store alone says which: a step that died is made good by the next one.
 */
export async function deriveLineage(deps: ActivityDeps, runId: number): Promise<LineageDerived> {
  const { sql } = deps.store
  const run = await renewLease(sql, runId)
  if (run.mode === 'plan') return NOTHING
  const state = await readLineageState(sql, run.sourceId)
  const texts = sqlOf(deps, state.connector)
  const version = ENGINE_VERSION * CONNECTOR_VERSIONS + (texts?.version ?? 0)
  if (!state.due && state.version === version && run.mode !== 'full') return NOTHING
  using watch = startWatch(deps, runId)
  await adoptVersion(sql, run.sourceId, version)
  const derivation: Derivation = {
    deps,
    run,
    namespaceId: state.namespaceId,
    texts,
    watch,
    pool: lineagePool(deps.limits.derivationMs ?? DERIVATION_MS),
  }
  const total = { ...NOTHING }
  let settled = false
  for (let round = 0; round < ROUNDS && !settled; round += 1) {
    const stale = await findStale(derivation)
    settled = stale.length === 0
    for (const page of pagesOf(stale)) {
      watch.signal.throwIfAborted()
      const derived = await derivePage(derivation, page)
      total.texts += derived.length
      total.partial += derived.filter(({ outcome }) => outcome === 'partial').length
      total.failed += derived.filter(({ outcome }) => outcome === 'failed').length
      watch.progress()
    }
  }
  await dropIdle(sql)
  if (settled) await settleLineage(sql, run.sourceId)
  return total
}

async function findStale({ deps, run, namespaceId, texts }: Derivation): Promise<StaleText[]> {
  const { sql } = deps.store
  await sql.begin((tx) => endOrphanTexts(tx, namespaceId))
  return await findStaleTexts(sql, {
    run,
    namespaceId,
    readable: texts !== undefined,
    opaque: texts?.opaque ?? [],
  })
}

function* pagesOf(stale: readonly StaleText[]): Generator<number[], void, void> {
  let page: number[] = []
  let bytes = 0
  for (const text of stale) {
    page.push(text.assetId)
    bytes += text.bytes
    if (page.length < PAGE_TEXTS && bytes < PAGE_BYTES) continue
    yield page
    page = []
    bytes = 0
  }
  if (page.length > 0) yield page
}

/** A definition on its way, with the names it looks up. */
interface Reading {
  readonly row: DefinitionRow
  readonly source: TextSource
  consulted: readonly TableName[]
}

async function derivePage({ deps, run, pool }: Derivation, assetIds: readonly number[]): Promise<DerivedText[]> {
  const { sql } = deps.store
  const rows = await readDefinitions(sql, assetIds)
  const sources = await readSources(deps, rows)
  const relations = new Relations(sql)
  await relations.load(rows.flatMap((row) => ownAndReferred(row, sources.get(row.assetId))))
  const same: SameText[] = []
  const readings: Reading[] = []
  for (const row of rows) {
    const source = sources.get(row.assetId)
    if (source === undefined) continue
    const references = referencesOf(source, row.referred ?? [], relations)
    const isSame = !row.forced && row.textHash === hashOf(row, source, references, relations)
    if (!isSame) readings.push({ row, source, consulted: [] })
    else same.push({ ownerId: row.assetId, contentHash: row.contentHash, references })
  }
  await storeSame(sql, run.id, same)
  await Promise.all(
    readings.map(async (reading) => {
      reading.consulted = (await pool.consult(toInput(reading.source))).names
    }),
  )
  await relations.load(readings.flatMap(({ source, consulted }) => wantedOf(source, consulted)))
  const derived = await Promise.all(readings.map((reading) => deriveOne(pool, reading, relations)))
  if (derived.length > 0) await storeDefinitions(sql, run.id, derived)
  return derived
}

/** The asset's own columns, and those of what its text referred to when it was derived last. */
function ownAndReferred(row: DefinitionRow, source: TextSource | undefined) {
  if (source === undefined) return []
  const loose = isLoose(source)
  const wanted = (namespaceId: number, key: string, loosely: boolean) => ({
    namespaceId,
    key,
    name: keyPath(key)?.at(-1) ?? '',
    loose: loosely,
  })
  const { namespaceId, target } = source
  return [
    wanted(row.namespaceId, row.key, false),
    ...(target === undefined ? [] : [wanted(namespaceId, nameKey(target), loose)]),
    ...(row.referred ?? []).map((key) => wanted(namespaceId, key, loose)),
  ]
}

function referencesOf(source: TextSource, keys: Iterable<string>, relations: Relations): DerivedReference[] {
  const loose = isLoose(source)
  return [...keys].map((key) => {
    const found = relations.find(source.namespaceId, key, loose)
    return {
      namespaceId: source.namespaceId,
      key,
      loose,
      assetId: found?.assetId,
      contentHash: found?.contentHash,
    }
  })
}

/** Equal while deriving would give the same: the engine, the text, where its names lead, and the columns found there. */
function hashOf(
  row: DefinitionRow,
  source: TextSource,
  references: readonly DerivedReference[],
  relations: Relations,
): string {
  const columnsOf = (namespaceId: number, key: string, loose: boolean) => {
    const found = relations.find(namespaceId, key, loose)
    return found === undefined ? null : [found.assetId, found.key, found.columns]
  }
  return canonicalHash([
    ENGINE_VERSION,
    source.sql.dialect,
    source.defaults,
    row.sourceId,
    row.text,
    columnsOf(row.namespaceId, row.key, false),
    references.map(({ key, loose }) => [key, columnsOf(source.namespaceId, key, loose)]).sort(byKey),
    ...(source.foreign === undefined ? [] : [source.foreign, source.namespaceId, source.target, source.manifest]),
  ])
}

function byKey([left]: readonly unknown[], [right]: readonly unknown[]): number {
  return String(left) < String(right) ? -1 : 1
}

async function deriveOne(
  pool: LineagePool,
  { row, source, consulted }: Reading,
  relations: Relations,
): Promise<DerivedText> {
  const names = namesOf(source, consulted, (...where) => relations.find(...where))
  const result = await pool.derive({ ...toInput(source), tables: names.tables })
  const target = source.target === undefined ? [] : [nameKey(source.target)]
  const references = referencesOf(source, new Set([...names.looked.keys(), ...target]), relations)
  const isLate = result.statements.some(({ gaps }) => gaps.some(({ reason }) => reason === 'timeout'))
  return {
    sourceId: row.sourceId,
    assetId: row.assetId,
    contentHash: row.contentHash,
    // A text that took too long may do better next time it is looked at.
    textHash: isLate ? hashText(randomUUID()) : hashOf(row, source, references, relations),
    references,
    ...translate(result, names, ownerOf(row, source, relations)),
    origin: source.foreign ?? 'definition',
  }
}

function ownerOf(row: DefinitionRow, source: TextSource, relations: Relations): TextOwner {
  const { namespaceId, group, key, path, display } = row
  const found = relations.find(namespaceId, key, false)
  const columns = (found?.columns ?? []).filter((_, index) => keyPath(found?.columnKeys[index] ?? '')?.length === 1)
  const end = { namespaceId, group, key, path, display }
  const { target } = source
  if (target === undefined) return { end, columns, found }
  const filled = relations.find(source.namespaceId, nameKey(target), isLoose(source))
  return { end, columns, found, fills: { end: relationEnd(source.namespaceId, filled?.path ?? target), found: filled } }
}

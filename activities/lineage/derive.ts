import { randomUUID } from 'node:crypto'
import type { SqlTexts } from '../../connectors/kit/index.ts'
import { adoptVersion, findStaleTexts, readLineageState, type StaleText, settleLineage } from '../../db/lineage/due.ts'
import { endOrphanTexts } from '../../db/lineage/end.ts'
import { type DefinitionRow, type ReferredRow, readDefinitions, type WantedRelation } from '../../db/lineage/read.ts'
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
import { joinTold, readTold, type ToldLineage, translateTold, wantedByTold } from './told.ts'
import { type TextOwner, type Translated, translate } from './translate.ts'

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
 * belongs to; and that which records tell of their fields. The state of the store alone says which: a step that died is made
 * good by the next one.
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

/** A definition, or what a record tells, on its way, with the names it looks up. */
interface Reading {
  readonly row: DefinitionRow
  /** At least one of the two is there. */
  readonly source: TextSource | undefined
  readonly told: ToldLineage | undefined
  consulted: readonly TableName[]
}

async function derivePage({ deps, run, pool }: Derivation, assetIds: readonly number[]): Promise<DerivedText[]> {
  const { sql } = deps.store
  const rows = await readDefinitions(sql, assetIds)
  const [sources, tellings] = await Promise.all([readSources(deps, rows), readTold(deps, rows)])
  const relations = new Relations(sql)
  await relations.load([
    ...rows.flatMap((row) => ownAndReferred(row, sources.get(row.assetId))),
    ...[...tellings.values()].flatMap(wantedByTold),
  ])
  const same: SameText[] = []
  const readings: Reading[] = []
  for (const row of rows) {
    const reading = { row, source: sources.get(row.assetId), told: tellings.get(row.assetId), consulted: [] }
    if (reading.source === undefined && reading.told === undefined) continue
    const references = referencesOf(row.referred ?? [], relations)
    const isSame = !row.forced && row.textHash === hashOf(reading, references, relations)
    if (!isSame) readings.push(reading)
    else same.push({ ownerId: row.assetId, contentHash: row.contentHash, references })
  }
  await storeSame(sql, run.id, same)
  await Promise.all(
    readings.map(async (reading) => {
      if (reading.source !== undefined) reading.consulted = (await pool.consult(toInput(reading.source))).names
    }),
  )
  await relations.load(
    readings.flatMap(({ source, consulted }) => (source === undefined ? [] : wantedOf(source, consulted))),
  )
  const derived = await Promise.all(readings.map((reading) => deriveOne(pool, reading, relations)))
  if (derived.length > 0) await storeDefinitions(sql, run.id, derived)
  return derived
}

/** The asset's own columns, and those of what was referred to when it was derived last. */
function ownAndReferred(row: DefinitionRow, source: TextSource | undefined): WantedRelation[] {
  const wanted = (reference: ReferredRow): WantedRelation => ({
    ...reference,
    name: keyPath(reference.key)?.at(-1) ?? '',
  })
  const { namespaceId, key } = row
  return [
    ...(source === undefined ? [] : [wanted({ namespaceId, group: 'relation', key, loose: false })]),
    ...(source?.target === undefined ? [] : [wanted(targetOf(source, source.target))]),
    ...(row.referred ?? []).map(wanted),
  ]
}

function targetOf(source: TextSource, target: TableName): ReferredRow {
  return { namespaceId: source.namespaceId, group: 'relation', key: nameKey(target), loose: isLoose(source) }
}

function referencesOf(referred: readonly ReferredRow[], relations: Relations): DerivedReference[] {
  return referred.map(({ namespaceId, group, key, loose }) => {
    const found = relations.find(namespaceId, key, loose, group)
    return { namespaceId, group, key, loose, assetId: found?.assetId, contentHash: found?.contentHash }
  })
}

/** Equal while deriving would give the same: the engine, the text, where its names lead, and the columns found there. */
function hashOf(
  { row, source, told }: Omit<Reading, 'consulted'>,
  references: readonly DerivedReference[],
  relations: Relations,
): string {
  const columnsOf = ({ namespaceId, group, key, loose }: ReferredRow) => {
    const found = relations.find(namespaceId, key, loose, group)
    return found === undefined ? null : [found.assetId, found.key, found.columns]
  }
  const { namespaceId, key } = row
  return canonicalHash([
    ENGINE_VERSION,
    row.sourceId,
    references.map((reference) => [referredBy(reference), reference.loose, columnsOf(reference)]).sort(byKey),
    ...(source === undefined
      ? []
      : [
          source.sql.dialect,
          source.defaults,
          source.text,
          columnsOf({ namespaceId, group: 'relation', key, loose: false }),
          ...(source.foreign === undefined ? [] : [source.foreign, source.namespaceId, source.target, source.manifest]),
        ]),
    ...(told === undefined ? [] : [told.origin, row.told]),
  ])
}

function referredBy({ namespaceId, group, key }: Omit<ReferredRow, 'loose'>): string {
  return `${namespaceId} ${group} ${key}`
}

function byKey([left]: readonly unknown[], [right]: readonly unknown[]): number {
  return String(left) < String(right) ? -1 : 1
}

async function deriveOne(pool: LineagePool, reading: Reading, relations: Relations): Promise<DerivedText> {
  const { row, source, told } = reading
  const text = source === undefined ? undefined : await readText(pool, { ...reading, source }, relations)
  const tells = told === undefined ? undefined : translateTold(told, relations)
  const referred = new Map<string, ReferredRow>()
  for (const { namespaceId, group, key } of told?.upstreams ?? [])
    referred.set(referredBy({ namespaceId, group, key }), { namespaceId, group, key, loose: false })
  for (const reference of text?.referred ?? []) referred.set(referredBy(reference), reference)
  const references = referencesOf([...referred.values()], relations)
  const said = text === undefined ? tells : tells === undefined ? text.said : joinTold(text.said, tells)
  return {
    sourceId: row.sourceId,
    assetId: row.assetId,
    contentHash: row.contentHash,
    // A text that took too long may do better next time it is looked at.
    textHash: text?.isLate === true ? hashText(randomUUID()) : hashOf(reading, references, relations),
    references,
    // A reading has a text or tells something.
    ...(said as Translated),
    origin: source === undefined ? (told?.origin ?? 'definition') : (source.foreign ?? 'definition'),
  }
}

interface ReadText {
  readonly said: Translated
  readonly referred: readonly ReferredRow[]
  readonly isLate: boolean
}

async function readText(
  pool: LineagePool,
  { row, source, consulted }: Reading & { readonly source: TextSource },
  relations: Relations,
): Promise<ReadText> {
  const names = namesOf(source, consulted, (...where) => relations.find(...where))
  const result = await pool.derive({ ...toInput(source), tables: names.tables })
  const { namespaceId, target } = source
  const loose = isLoose(source)
  return {
    said: translate(result, names, ownerOf(row, source, relations)),
    referred: [
      ...[...names.looked.keys()].map((key) => ({ namespaceId, group: 'relation', key, loose })),
      ...(target === undefined ? [] : [targetOf(source, target)]),
    ],
    isLate: result.statements.some(({ gaps }) => gaps.some(({ reason }) => reason === 'timeout')),
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

import { canonicalJson } from './hash.ts'
import type { AssetRecord, AssetRef, FieldRecord, FieldUpstreamRecord, UpstreamRecord } from './records.ts'

/** Whether the value flows, or only decides: what a record does not say follows from the transformation. */
export function influenceOf({ influence, transformation = 'identity' }: FieldUpstreamRecord): 'direct' | 'indirect' {
  return influence ?? (FLOWING.has(transformation) ? 'direct' : 'indirect')
}

const FLOWING: ReadonlySet<string> = new Set(['identity', 'expression', 'aggregate', 'window'])

/** Whether a record says more of lineage than its asset's upstreams. */
export function tellsLineage({ fields, influences, gaps }: AssetRecord): boolean {
  if ((influences ?? []).length > 0 || (gaps ?? []).length > 0) return true
  return (fields ?? []).some(({ upstreams }) => upstreams !== undefined && upstreams.length > 0)
}

/** Since when it is no longer told, as PostgreSQL writes times. */
interface Since {
  readonly since: string
}

/** What a source told of an asset's lineage and has left out since, though nothing else of the asset changed. */
export interface OmittedLineage {
  readonly upstreams: readonly (UpstreamRecord & Since)[]
  /** By the name path of the field that is made from it. */
  readonly fields: readonly { readonly path: readonly string[]; readonly upstream: FieldUpstreamRecord & Since }[]
  readonly influences: readonly (FieldUpstreamRecord & Since)[]
}

export interface Retelling {
  /** The record as last told, and what had been left out of it until then. */
  readonly before: AssetRecord
  readonly omitted: OmittedLineage | undefined
  readonly after: AssetRecord
  readonly now: string
}

/**
 * What is to be kept as stale when an asset is described again: of origin `bi`, all that was told before and is missing now,
 * provided that the record is otherwise the same and tells nothing new. A BI tool's index leaves upstreams out by its own
 * faults; a person who rewires something changes more than that, or puts another upstream in its place.
 */
export function findOmitted({ before, omitted, after, now }: Retelling): OmittedLineage | undefined {
  const known = new Map<string, Told>([...toldBy(before, now), ...toldAgain(omitted)])
  const told = toldBy(after, now)
  for (const identity of told.keys()) if (!known.has(identity)) return undefined
  const missing = [...known].filter(([identity]) => !told.has(identity)).map(([, entry]) => entry)
  if (missing.length === 0 || withoutLineage(before) !== withoutLineage(after)) return undefined
  return {
    upstreams: missing.flatMap((entry) => (entry.kind === 'asset' ? [entry.upstream] : [])),
    fields: missing.flatMap((entry) =>
      entry.kind === 'field' ? [{ path: entry.path, upstream: entry.upstream }] : [],
    ),
    influences: missing.flatMap((entry) => (entry.kind === 'rows' ? [entry.upstream] : [])),
  }
}

type Told =
  | { readonly kind: 'asset'; readonly upstream: UpstreamRecord & Since }
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly upstream: FieldUpstreamRecord & Since }
  | { readonly kind: 'rows'; readonly upstream: FieldUpstreamRecord & Since }

/** Edges of a record, by what makes each one. Those of other origins than `bi` end when they are no longer told. */
function toldBy(record: AssetRecord, since: string): Map<string, Told> {
  const told = new Map<string, Told>()
  const put = (entry: Told) => told.set(identityOf(entry), entry)
  const others = new Set<string>()
  for (const upstream of record.upstreams ?? []) {
    if (upstream.origin === 'bi') put({ kind: 'asset', upstream: { ...upstream, since } })
    else others.add(nameOf(upstream))
  }
  for (const field of record.fields ?? []) {
    for (const upstream of field.upstreams ?? []) {
      if (!others.has(nameOf(upstream))) put({ kind: 'field', path: pathOf(field), upstream: { ...upstream, since } })
    }
  }
  for (const upstream of record.influences ?? [])
    if (!others.has(nameOf(upstream))) put({ kind: 'rows', upstream: { ...upstream, since } })
  return told
}

function toldAgain(omitted: OmittedLineage | undefined): Map<string, Told> {
  const entries: Told[] = [
    ...(omitted?.upstreams ?? []).map((upstream): Told => ({ kind: 'asset', upstream })),
    ...(omitted?.fields ?? []).map((field): Told => ({ kind: 'field', ...field })),
    ...(omitted?.influences ?? []).map((upstream): Told => ({ kind: 'rows', upstream })),
  ]
  return new Map(entries.map((entry) => [identityOf(entry), entry]))
}

function identityOf(entry: Told): string {
  if (entry.kind === 'asset') return `asset ${nameOf(entry.upstream)}`
  const { upstream } = entry
  const path = entry.kind === 'field' ? entry.path : null
  return `field ${JSON.stringify([path, nameOf(upstream), upstream.field, influenceOf(upstream)])}`
}

function nameOf({ namespace, group, path }: AssetRef): string {
  return JSON.stringify([namespace, group, path])
}

function pathOf({ path, name }: Pick<FieldRecord, 'path' | 'name'>): readonly string[] {
  return path ?? [name]
}

function withoutLineage(record: AssetRecord): string {
  const { upstreams: _, influences: _influences, gaps: _gaps, fields, ...rest } = record
  return canonicalJson({ ...rest, fields: fields?.map(({ upstreams: _upstreams, ...field }) => field) })
}

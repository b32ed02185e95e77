import type { AssetKind, AssetRecord, AssetRef, InventoryItem } from '../connectors/kit/index.ts'
import { nameKey } from '../model/names.ts'
import { assetRecord } from '../model/records.ts'

/** A connector may come from anywhere: what it hands over is checked before anything of it is written. */

const MAX_KEY_BYTES = 1024

/** What is wrong with a listed item, if anything; a listing with such an item is not to be trusted. */
export function findItemFault({ key, fingerprint }: InventoryItem): string | undefined {
  if (typeof key !== 'string' || key === '') return 'the source listed an item without a key'
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `the key ${key.slice(0, 60)}… is longer than 1 kB`
  return typeof fingerprint === 'string' ? undefined : `the item ${key} has no fingerprint`
}

/** What is wrong with the records of one item, if anything: that item is then a gap, and no other. */
export function findRecordFault(
  records: readonly AssetRecord[],
  kinds: ReadonlyMap<string, AssetKind>,
): string | undefined {
  const identities = new Set<string>()
  for (const [index, record] of records.entries()) {
    const parsed = assetRecord.safeParse(record)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return `record ${index + 1} is not valid: ${issue?.path.join('.') || 'record'}: ${issue?.message}`
    }
    const kind = kinds.get(record.kind)
    const name = JSON.stringify(record.path)
    if (kind === undefined)
      return `record ${name} is of the kind ${JSON.stringify(record.kind)}, which the manifest does not declare`
    const identity = `${kind.group} ${nameKey(record.path)}`
    if (identities.has(identity)) return `record ${name} comes twice`
    identities.add(identity)
    const repeated = findRepeatedPart(record)
    if (repeated !== undefined) return `record ${name} has ${repeated} twice`
    const unlisted = findUnlistedUpstream(record, kind.group)
    if (unlisted !== undefined)
      return `record ${name} has fields made from ${unlisted}, which its upstreams do not list`
  }
  return undefined
}

/** Fields are made from fields of their own asset, or of one of its upstreams. */
function findUnlistedUpstream(record: AssetRecord, group: string): string | undefined {
  const { fields, influences, upstreams, path } = record
  const told = [...(fields ?? []).flatMap((field) => field.upstreams ?? []), ...(influences ?? [])]
  if (told.length === 0) return undefined
  const identityOf = (asset: AssetRef) => `${asset.namespace ?? ''} ${asset.group} ${nameKey(asset.path)}`
  const listed = new Set((upstreams ?? []).map(identityOf))
  listed.add(` ${group} ${nameKey(path)}`)
  const stranger = told.find((asset) => !listed.has(identityOf(asset)))
  return stranger === undefined ? undefined : `the ${stranger.group} ${JSON.stringify(stranger.path)}`
}

function findRepeatedPart({ fields, constraints, indexes, facets }: AssetRecord): string | undefined {
  return (
    firstRepeated(fields, ({ name, path }) => `the field ${nameKey(path ?? [name])}`) ??
    firstRepeated(constraints, ({ kind, name }) => `the ${kind} ${name}`) ??
    firstRepeated(indexes, ({ name }) => `the index ${name}`) ??
    firstRepeated(facets, ({ kind, name }) => `the ${kind} ${name}`)
  )
}

function firstRepeated<T>(parts: readonly T[] | undefined, nameOf: (part: T) => string): string | undefined {
  if (parts === undefined || parts.length < 2) return undefined
  const seen = new Set<string>()
  for (const part of parts) {
    const name = nameOf(part)
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}

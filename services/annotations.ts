import {
  addOwners,
  addTags,
  findColumn,
  listOwners,
  listTags,
  type OwnerRow,
  removeOwners,
  removeTags,
  type TagRow,
} from '../db/annotations.ts'
import type { FoundAsset } from '../db/queries-assets.ts'
import { insertAudit } from '../db/sources.ts'
import type { Transaction } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'
import { isAssetName, requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'
import { writeAs } from './lookup.ts'

export type { OwnerRow, TagRow } from '../db/annotations.ts'

type Writing = Pick<ServiceContext, 'store' | 'organization' | 'actor'>

/** What a name such as `shop.sales.customer#email` means. */
interface Target extends FoundAsset {
  readonly column: string | null
  readonly fieldKey: string
}

export interface Tagged extends FoundAsset {
  readonly column: string | null
  /** What this call put there or took away. */
  readonly changed: readonly string[]
  /** All tags of the asset and its columns, afterwards. */
  readonly tags: readonly TagRow[]
}

export interface Owned extends FoundAsset {
  readonly changed: readonly string[]
  /** All owners of the asset, afterwards. */
  readonly owners: readonly OwnerRow[]
}

/** Puts tags on an asset, or on a column written behind a `#`. They stay through syncs and renames. */
export async function tagAsset(context: Writing, name: string, tags: readonly string[]): Promise<Tagged> {
  const wanted = checkNames('tag', tags)
  return await changeTags(context, name, 'asset.tag', async (tx, target, actorId) => {
    return await addTags(tx, { ...target, organization: context.organization, tags: wanted, actorId })
  })
}

/** Takes tags away. @throws IngestError `invalid_config` when none of them is there. */
export async function untagAsset(context: Writing, name: string, tags: readonly string[]): Promise<Tagged> {
  const unwanted = checkNames('tag', tags)
  return await changeTags(context, name, 'asset.untag', async (tx, target) => {
    const removed = await removeTags(tx, { ...target, organization: context.organization, tags: unwanted })
    if (removed.length > 0) return removed
    const held = (await listTags(tx, target.assetId)).filter(({ column }) => column === target.column)
    throw missing(
      placeName(target),
      'tag',
      unwanted,
      held.map(({ tag }) => tag),
    )
  })
}

/** Names owners of an asset, besides those that its source tells. They stay through syncs and renames. */
export async function ownAsset(context: Writing, name: string, owners: readonly string[]): Promise<Owned> {
  const wanted = checkNames('owner', owners)
  return await changeOwners(context, name, 'asset.own', async (tx, { assetId }, actorId) => {
    return await addOwners(tx, { assetId, owners: wanted, actorId })
  })
}

/** Takes owners away that were set by hand. @throws IngestError `invalid_config` when none of them was. */
export async function disownAsset(context: Writing, name: string, owners: readonly string[]): Promise<Owned> {
  const unwanted = checkNames('owner', owners)
  return await changeOwners(context, name, 'asset.disown', async (tx, { assetId, asset }) => {
    const removed = await removeOwners(tx, { assetId, owners: unwanted })
    if (removed.length > 0) return removed
    const held = (await listOwners(tx, assetId)).filter(({ origin }) => origin === 'manual')
    throw missing(
      asset,
      'owner',
      unwanted,
      held.map(({ owner }) => owner),
    )
  })
}

async function changeTags(
  context: Writing,
  name: string,
  action: string,
  change: (tx: Transaction, target: Target, actorId: number) => Promise<readonly string[]>,
): Promise<Tagged> {
  const target = await readTarget(context, name)
  return await writeAs(context, async (tx, actorId) => {
    const changed = await change(tx, target, actorId)
    await audit(tx, { context, action, subject: placeName(target), actorId, detail: { tags: changed } })
    const { assetId, asset, kind, column } = target
    return { assetId, asset, kind, column, changed, tags: await listTags(tx, assetId) }
  })
}

async function changeOwners(
  context: Writing,
  name: string,
  action: string,
  change: (tx: Transaction, asset: FoundAsset, actorId: number) => Promise<readonly string[]>,
): Promise<Owned> {
  const found = await requireAsset(context, name)
  return await writeAs(context, async (tx, actorId) => {
    const changed = await change(tx, found, actorId)
    await audit(tx, { context, action, subject: found.asset, actorId, detail: { owners: changed } })
    return { ...found, changed, owners: await listOwners(tx, found.assetId) }
  })
}

interface Audit {
  readonly context: Writing
  readonly action: string
  readonly subject: string
  readonly actorId: number
  readonly detail: Readonly<Record<string, readonly string[]>>
}

/** What was so already is no deed. */
async function audit(tx: Transaction, { context, action, subject, actorId, detail }: Audit): Promise<void> {
  if (Object.values(detail).every((names) => names.length === 0)) return
  await insertAudit(tx, { organization: context.organization, actorId, action, subject, detail })
}

/** A name may hold a `#` itself: it is an asset's as it stands, or an asset's and a column's. */
async function readTarget(context: Writing, name: string): Promise<Target> {
  const at = name.lastIndexOf('#')
  if (at < 1 || (await isAssetName(context, name))) {
    return { ...(await requireAsset(context, name)), column: null, fieldKey: '' }
  }
  const found = await requireAsset(context, name.slice(0, at))
  const wanted = name.slice(at + 1)
  const column = await findColumn(context.store.sql, found.assetId, wanted)
  if (column !== undefined) return { ...found, column: column.path, fieldKey: column.key }
  throw new IngestError('invalid_config', `${found.asset} has no column ${JSON.stringify(wanted)}`, {
    hint: `See its columns: tidemark show ${found.asset}`,
  })
}

const placeName = ({ asset, column }: Target) => (column === null ? asset : `${asset}#${column}`)

function missing(place: string, noun: string, unwanted: readonly string[], held: readonly string[]): IngestError {
  const list = held.length === 0 ? `It has no ${noun} set by hand.` : `It has ${held.join(', ')}.`
  return new IngestError('invalid_config', `${place} has no ${noun} ${unwanted.join(', ')}`, { hint: list })
}

const LONGEST = 200

function checkNames(noun: string, names: readonly string[]): readonly string[] {
  const clean = [...new Set(names.map((name) => name.trim()))]
  for (const name of clean) {
    if (name !== '' && name.length <= LONGEST && !/\p{Cc}/u.test(name)) continue
    throw new IngestError('invalid_config', `${JSON.stringify(name)} cannot be the name of a ${noun}`, {
      hint: `Use up to ${LONGEST} characters, of which at least one can be seen.`,
    })
  }
  return clean
}

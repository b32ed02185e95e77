import { isDeepStrictEqual } from 'node:util'
import { createTwoFilesPatch } from 'diff'
import type { FoundAsset } from '../db/queries-assets.ts'
import { readRecordAt } from '../db/queries-assets.ts'
import { requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'

type Body = Readonly<Record<string, unknown>>

/** A column, a constraint or the like that differs. */
export interface PartDifference {
  readonly part: 'column' | 'constraint' | 'index' | 'facet'
  /** A column's dotted path; of a facet, kind and name. */
  readonly name: string
  readonly operation: 'added' | 'changed' | 'removed'
  /** As it was and as it is; of what changed, the parts that differ. */
  readonly before: Body | null
  readonly after: Body | null
}

export interface AssetDifference {
  readonly asset: FoundAsset
  readonly from: Date
  readonly to: Date
  /** Whether the catalog knew it then. */
  readonly existed: { readonly from: boolean; readonly to: boolean }
  /** Everything else that differs: name, owner, comment, properties. */
  readonly attributes: readonly { readonly name: string; readonly before: unknown; readonly after: unknown }[]
  readonly parts: readonly PartDifference[]
  /** A unified diff of the texts that define it; null where they are the same. */
  readonly definition: string | null
}

/** What is different between an asset's record as of two times. */
export async function diffAsset(
  context: Pick<ServiceContext, 'store' | 'organization'>,
  wish: { readonly asset: string; readonly from: Date; readonly to: Date },
): Promise<AssetDifference> {
  const { from, to } = wish
  const asset = await requireAsset(context, wish.asset)
  const [before, after] = await Promise.all(
    [from, to].map((time) => readRecordAt(context.store.sql, asset.assetId, time)),
  )
  return {
    asset,
    from,
    to,
    existed: { from: before !== undefined, to: after !== undefined },
    attributes: diffAttributes(before ?? {}, after ?? {}),
    parts: LISTS.flatMap(({ key, part, name }) => diffList(part, name, list(before, key), list(after, key))),
    definition: diffTexts(definitionText(before), definitionText(after), { from, to }),
  }
}

const LISTS: readonly {
  readonly key: string
  readonly part: PartDifference['part']
  readonly name: (body: Body) => string
}[] = [
  { key: 'fields', part: 'column', name: (field) => ((field.path as string[] | undefined) ?? [field.name]).join('.') },
  { key: 'constraints', part: 'constraint', name: ({ name }) => String(name) },
  { key: 'indexes', part: 'index', name: ({ name }) => String(name) },
  { key: 'facets', part: 'facet', name: ({ kind, name }) => `${kind} ${name}` },
]
/** Told otherwise, or of no interest to people. */
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...LISTS.map(({ key }) => key),
  'definition',
  'parent',
  'upstreams',
])

const list = (record: Body | undefined, key: string) => (record?.[key] as readonly Body[] | undefined) ?? []

function diffAttributes(before: Body, after: Body): AssetDifference['attributes'] {
  return differingKeys(before, after)
    .filter((name) => !NOT_ATTRIBUTES.has(name))
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }))
}

function diffList(
  part: PartDifference['part'],
  name: (body: Body) => string,
  before: readonly Body[],
  after: readonly Body[],
): PartDifference[] {
  const [old, current] = [before, after].map((bodies) => new Map(bodies.map((body) => [name(body), body])))
  const names = new Set([...(old?.keys() ?? []), ...(current?.keys() ?? [])])
  return [...names].flatMap((key): PartDifference[] => {
    const [was, is] = [old?.get(key), current?.get(key)]
    if (was === undefined || is === undefined) {
      const operation = was === undefined ? 'added' : 'removed'
      return [{ part, name: key, operation, before: was ?? null, after: is ?? null }]
    }
    const differing = differingKeys(was, is)
    if (differing.length === 0) return []
    const pick = (body: Body) => Object.fromEntries(differing.map((field) => [field, body[field] ?? null]))
    return [{ part, name: key, operation: 'changed', before: pick(was), after: pick(is) }]
  })
}

const differingKeys = (before: Body, after: Body) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  )

const definitionText = (record: Body | undefined) => (record?.definition as { text: string } | undefined)?.text ?? ''

function diffTexts(
  before: string,
  after: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): string | null {
  if (before === after) return null
  const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
  return createTwoFilesPatch(
    'definition',
    'definition',
    ended(before),
    ended(after),
    from.toISOString(),
    to.toISOString(),
    {
      context: 3,
    },
  )
}

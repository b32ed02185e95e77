import { type AssetRecord, type AssetRef, compareNames, nameKey } from '../../kit/index.ts'

type Upstream = NonNullable<AssetRecord['upstreams']>[number]
type Gap = NonNullable<AssetRecord['gaps']>[number]
type Field = NonNullable<AssetRecord['fields']>[number]
export type FieldUpstream = NonNullable<Field['upstreams']>[number]

/** An asset that something is made from, and by which rule it was recognised where that is not its own name. */
export interface Target {
  readonly ref: AssetRef
  readonly matchedBy?: string
}

/** What one record is made from, gathered while its fields are read; lists come out in a stable order, each entry once. */
export interface Edges {
  /** An upstream asset; `exact` where the fields' upstreams tell everything between the two. */
  asset(target: Target, exact: boolean): void
  gap(reason: string, message: string, column?: string): void
  upstreams(): { upstreams?: Upstream[] }
  gaps(): { gaps?: Gap[] }
}

/** More gaps than this of one record say no more. */
const MAX_GAPS = 100

export function createEdges(): Edges {
  const assets = new Map<string, { readonly target: Target; exact: boolean }>()
  const gaps = new Map<string, { readonly reason: string; readonly message: string; readonly columns: Set<string> }>()
  return {
    asset(target, exact) {
      const key = keyOf(target.ref)
      const known = assets.get(key)
      if (known === undefined) assets.set(key, { target, exact })
      else known.exact &&= exact
    },
    gap(reason, message, column) {
      const key = `${reason} ${message}`
      const known = gaps.get(key) ?? { reason, message, columns: new Set() }
      gaps.set(key, known)
      if (column !== undefined) known.columns.add(column)
    },
    upstreams() {
      if (assets.size === 0) return {}
      const list = [...assets].sort(([left], [right]) => compareNames(left, right))
      return {
        upstreams: list.map(([, { target, exact }]) => ({
          ...target.ref,
          origin: 'bi' as const,
          ...(target.matchedBy === undefined ? {} : { matchedBy: target.matchedBy }),
          ...(exact ? { columnsKnown: true } : {}),
        })),
      }
    },
    gaps() {
      if (gaps.size === 0) return {}
      const list = [...gaps].sort(([left], [right]) => compareNames(left, right)).slice(0, MAX_GAPS)
      return {
        gaps: list.map(([, { reason, message, columns }]) => ({
          reason,
          message,
          ...(columns.size === 0 ? {} : { columns: [...columns].sort(compareNames) }),
        })),
      }
    },
  }
}

/** What a field only decides. */
const DECIDING: ReadonlySet<string> = new Set(['join', 'group_by', 'filter', 'sort', 'conditional'])

/** A field's upstreams in a stable order, each field once for its value and once where it decides. */
export function sortUpstreams(upstreams: readonly FieldUpstream[]): { upstreams?: FieldUpstream[] } {
  const unique = new Map<string, FieldUpstream>()
  for (const upstream of upstreams) {
    const decides = DECIDING.has(upstream.transformation ?? 'identity')
    const key = `${keyOf(upstream)} ${nameKey(upstream.field)} ${decides}`
    // What is said first is said best: the formula before the bare link.
    if (!unique.has(key)) unique.set(key, upstream)
  }
  if (unique.size === 0) return {}
  return { upstreams: [...unique].sort(([left], [right]) => compareNames(left, right)).map(([, upstream]) => upstream) }
}

function keyOf({ namespace, group, path }: AssetRef): string {
  return `${namespace ?? ''} ${group} ${nameKey(path)}`
}

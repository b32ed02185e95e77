import { STRUCTS } from '../dialects.ts'
import { foldName } from '../names.ts'
import type { Expression, Name, SelectItem, StarRef } from '../syntax/ast.ts'
import { findBinding, findOwner } from './columns.ts'
import { addGap, type Binding, type Context, type Scope, spell } from './context.ts'
import { transformed } from './deps.ts'
import type { OpenPart, OutColumn, Value } from './relation.ts'

export interface StarColumns {
  readonly columns: readonly OutColumn[]
  /** Unknown columns the star brings as well. */
  readonly open: readonly OpenPart[]
  /** How many of the columns stand before the first unknown one. */
  readonly placed: number
}

/** Far beyond what any table may have: stars over stars that are joined with themselves double at each level. */
const MAX_COLUMNS = 50_000

type Star = Extract<Expression, { kind: 'star' | 'pattern' }>

/** The columns of `*`, `t.*` and COLUMNS('…'), with whatever EXCEPT, REPLACE and RENAME make of them. */
export function starColumns(
  ctx: Context,
  scope: Scope,
  star: Star,
  toValue: (expression: Expression) => Value,
): StarColumns {
  const all = star.kind === 'star' && star.qualifier.length > 0 ? qualified(ctx, scope, star) : unqualified(ctx, scope)
  if (all.columns.length > MAX_COLUMNS) throw new RangeError(`a star over ${all.columns.length} columns`)
  if (star.kind === 'pattern') return matching(ctx, all, star.pattern, star)
  const like = star.like === undefined ? all : matching(ctx, all, likeToRegex(star.like), star)
  return changed(ctx, like, star, toValue)
}

/** Dialects that leave what USING made one where the first source has it, instead of before all others. */
const USING_IN_PLACE = new Set<string>(['sqlite', 'duckdb', 'clickhouse'])

/** Sources in order; what USING made one comes once, first in most dialects. */
function unqualified(ctx: Context, scope: Scope): StarColumns {
  if (USING_IN_PLACE.has(ctx.traits.dialect) && scope.merged.size > 0) return inPlace(scope)
  const columns: OutColumn[] = [...scope.merged.values()]
  const open: OpenPart[] = []
  let placed: number | undefined
  for (const { relation, hidden } of scope.bindings) {
    if (hidden) continue
    const starred = relation.open.filter((part) => part.starred)
    const kept =
      scope.merged.size === 0
        ? relation.columns
        : relation.columns.filter((column) => !scope.merged.has(column.name.toLowerCase()))
    if (starred.length > 0) placed ??= columns.length + Math.min(relation.placed, kept.length)
    columns.push(...kept)
    open.push(...starred.map((part) => without(part, scope.merged.keys())))
  }
  return { columns, open, placed: placed ?? columns.length }
}

function inPlace(scope: Scope): StarColumns {
  const left = new Map(scope.merged)
  const columns: OutColumn[] = []
  const open: OpenPart[] = []
  let placed: number | undefined
  for (const { relation, hidden } of scope.bindings) {
    if (hidden) continue
    const starred = relation.open.filter((part) => part.starred)
    if (starred.length > 0) placed ??= columns.length
    for (const column of relation.columns) {
      const key = column.name.toLowerCase()
      const merged = left.get(key)
      left.delete(key)
      if (merged !== undefined) columns.push(merged)
      else if (!scope.merged.has(key)) columns.push(column)
    }
    open.push(...starred.map((part) => without(part, scope.merged.keys())))
  }
  // Of a source whose columns nobody listed: somewhere among them.
  return { columns: [...columns, ...left.values()], open, placed: placed ?? columns.length }
}

function without(part: OpenPart, names: Iterable<string>): OpenPart {
  const except = new Set([...part.except, ...names])
  return except.size === part.except.size ? part : { ...part, except }
}

function qualified(ctx: Context, scope: Scope, star: StarRef): StarColumns {
  const binding = bindingOf(ctx, scope, star.qualifier)
  if (binding !== undefined) {
    const { columns, open, placed } = binding.relation
    return { columns, open: open.filter((part) => part.starred), placed }
  }
  const struct = structFields(ctx, scope, star.qualifier)
  if (struct !== undefined) return struct
  addGap(ctx, 'unknown_table', `${spell(star.qualifier)}.* names no source of the query`, star)
  return { columns: [], open: [], placed: 0 }
}

function bindingOf(ctx: Context, scope: Scope, qualifier: readonly Name[]): Binding | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = findBinding(ctx, level, qualifier, qualifier.length)
    if (found !== undefined) return found
  }
  return undefined
}

/** `column.*`: the fields of a struct, as the catalogue lists them by dotted names, or whatever they are called. */
function structFields(ctx: Context, scope: Scope, qualifier: readonly Name[]): StarColumns | undefined {
  const [first] = qualifier
  if (first === undefined || !STRUCTS.has(ctx.traits.dialect)) return undefined
  const column = findOwner(ctx, scope, qualifier)
  if (column === undefined) return undefined
  return { columns: [], open: [{ deps: transformed(column.deps), except: new Set(), starred: true }], placed: 0 }
}

function matching(ctx: Context, all: StarColumns, pattern: string | undefined, star: Star): StarColumns {
  if (pattern === undefined || all.open.length > 0) {
    addGap(ctx, 'unsupported_clause', 'which columns the pattern takes is not known', star)
    return { columns: [], open: all.open, placed: 0 }
  }
  const regex = toRegex(pattern)
  const columns = all.columns.filter((column) => regex?.test(column.name) ?? false)
  return { columns, open: [], placed: columns.length }
}

/** Patterns come from outside: only plain ones run here, so that none can take forever. */
function toRegex(pattern: string): RegExp | undefined {
  if (pattern.length > 200 || /\([^)]*[*+][^)]*\)[*+{]/.test(pattern)) return undefined
  try {
    return new RegExp(pattern, 'i')
  } catch {
    return undefined
  }
}

function likeToRegex(like: string): string {
  const escaped = like.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return `^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`
}

function changed(
  ctx: Context,
  all: StarColumns,
  star: StarRef,
  toValue: (expression: Expression) => Value,
): StarColumns {
  const { except, replace, rename, aliases } = star
  if (except.length + replace.length + rename.length === 0 && aliases === undefined) return all
  const lower = (name: Name): string => foldName(name, ctx.traits).toLowerCase()
  const removed = new Set(except.map(lower))
  const replaced = new Map(replace.map((item) => [item.alias === undefined ? '' : lower(item.alias), item]))
  const renamed = new Map(rename.map(({ from, to }) => [lower(from), foldName(to, ctx.traits)]))
  const columns: OutColumn[] = []
  let { placed } = all
  all.columns.forEach((column, index) => {
    const key = column.name.toLowerCase()
    if (removed.has(key)) {
      if (index < all.placed) placed -= 1
      return
    }
    const item = replaced.get(key)
    replaced.delete(key)
    columns.push({
      ...(item === undefined ? column : replacement(item, column.name, toValue)),
      name: renamed.get(key) ?? column.name,
    })
  })
  // Columns nobody listed that are replaced or renamed are listed from here on, but nobody knows where they stand.
  const behind: OutColumn[] = []
  if (all.open.length > 0)
    for (const [name, item] of replaced)
      behind.push(replacement(item, item.alias === undefined ? name : foldName(item.alias, ctx.traits), toValue))
  const gone = [...removed, ...replaced.keys(), ...renamed.keys()]
  const named =
    aliases === undefined
      ? columns
      : columns.map((column, index) => ({
          ...column,
          name: aliases[index] === undefined ? column.name : foldName(aliases[index], ctx.traits),
        }))
  return { columns: [...named, ...behind], open: all.open.map((part) => without(part, gone)), placed }
}

function replacement(item: SelectItem, name: string, toValue: (expression: Expression) => Value): OutColumn {
  return { name, ...toValue(item.value), span: item.value }
}

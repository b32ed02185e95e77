import { comparable, foldName } from '../names.ts'
import type { Cte, Expression, Query, SelectItem, SetOperation } from '../syntax/ast.ts'
import { addGap, type Context, type CteEnv, newScope, type Scope } from './context.ts'
import { addDeps, asInfluence, type Dep, FILTER, mergeDeps, NO_DEPS, SORT, type TableRef } from './deps.ts'
import type { OutColumn, Relation } from './relation.ts'
import { renameColumns } from './rows.ts'
import { byPosition, findByName, resolveSelect } from './select.ts'
import { relationOf, valuesRelation } from './sources.ts'
import { resolveValue } from './values.ts'

/** How often a recursive query is gone round: its columns' sources stand still long before. */
const MAX_ROUNDS = 12

export function resolveQuery(
  ctx: Context,
  query: Query,
  parent: Scope | undefined,
  outer: CteEnv | undefined,
): Relation {
  const ctes = resolveWith(ctx, query.with, query.recursive, parent, outer)
  const named = query.with.filter((cte) => cte.scalar !== undefined)
  const { body } = query
  switch (body.kind) {
    case 'select':
      return resolveSelect(ctx, body, query.order, parent, ctes, named.flatMap(toItem))
    case 'nested':
      return ordered(ctx, resolveQuery(ctx, body, parent, ctes), query.order)
    case 'set':
      return ordered(ctx, resolveSet(ctx, body, parent, ctes), query.order)
    case 'values':
      return valuesRelation(ctx, parent ?? newScope(undefined, ctes), body.rows)
    case 'table-query': {
      const source = { kind: 'table' as const, path: body.table, columns: [], start: body.start, end: body.end }
      return relationOf(ctx, newScope(parent, ctes), source).relation
    }
    default:
      return ctx.resolve.statement(ctx, body, ctes)
  }
}

/** ORDER BY of a whole: names and positions of the result. */
function ordered(ctx: Context, relation: Relation, order: readonly Expression[]): Relation {
  if (order.length === 0) return relation
  const scope: Scope = {
    ...newScope(undefined, undefined),
    bindings: [{ alias: undefined, path: [], relation, hidden: false }],
  }
  const influences = new Map<string, Dep>(relation.influences)
  for (const expression of order)
    addDeps(
      influences,
      asInfluence(byPosition(expression, relation.columns) ?? resolveValue(ctx, scope, expression).deps, SORT),
    )
  return { ...relation, influences }
}

/** ClickHouse's `WITH expr AS name`: an alias more in the query it stands before. */
function toItem(cte: Cte): SelectItem[] {
  return cte.scalar === undefined
    ? []
    : [{ value: cte.scalar, alias: cte.name, start: cte.scalar.start, end: cte.scalar.end }]
}

export function resolveWith(
  ctx: Context,
  list: readonly Cte[],
  recursive: boolean,
  parent: Scope | undefined,
  outer: CteEnv | undefined,
): CteEnv | undefined {
  let ctes = outer
  for (const cte of list) {
    if (cte.query !== undefined) ctes = define(ctx, cte, resolveCte(ctx, cte, cte.query, recursive, parent, ctes), ctes)
  }
  return ctes
}

function define(
  ctx: Context,
  cte: Cte,
  relation: Relation,
  outer: CteEnv | undefined,
  usage = { read: false },
): CteEnv {
  return { name: comparable(foldName(cte.name, ctx.traits), ctx.traits), relation, usage, outer }
}

function resolveCte(
  ctx: Context,
  cte: Cte,
  query: Query,
  recursive: boolean,
  parent: Scope | undefined,
  outer: CteEnv | undefined,
): Relation {
  const rename = (relation: Relation): Relation => renameColumns(ctx, relation, cte.columns, query)
  const body = setOf(query)
  if (body === undefined || !(recursive || ctx.traits.recursiveWithoutKeyword)) {
    return addExtra(ctx, rename(resolveQuery(ctx, query, parent, outer)), cte)
  }
  const inner = query.with.length === 0 ? outer : resolveWith(ctx, query.with, query.recursive, parent, outer)
  const anchor = rename(resolveQuery(ctx, body.first, parent, inner))
  let relation = anchor
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const usage = { read: false }
    const env = define(ctx, cte, addExtra(ctx, relation, cte), inner, usage)
    const rest = body.rest.map((branch) => ({ ...branch, relation: resolveQuery(ctx, branch.query, parent, env) }))
    const next = combineSet(ctx, anchor, rest, body)
    const settled = !usage.read || total(next) === total(relation)
    relation = next
    if (settled) break
  }
  return addExtra(ctx, relation, cte)
}

function setOf(query: Query): SetOperation | undefined {
  let body = query.body
  while (body.kind === 'nested' && body.with.length === 0) body = body.body
  return body.kind === 'set' ? body : undefined
}

function total(relation: Relation): number {
  return relation.columns.reduce((sum, column) => sum + column.deps.size, relation.influences.size)
}

function addExtra(ctx: Context, relation: Relation, cte: Cte): Relation {
  if (cte.extra.length === 0) return relation
  const extra = cte.extra.map(
    (name): OutColumn => ({ name: foldName(name, ctx.traits), deps: NO_DEPS, transformation: 'constant' }),
  )
  return {
    ...relation,
    columns: [...relation.columns, ...extra],
    placed: relation.open.length === 0 ? relation.columns.length + extra.length : relation.placed,
  }
}

type Branch = Omit<SetOperation['rest'][number], 'query'> & { readonly relation: Relation }

function resolveSet(ctx: Context, set: SetOperation, parent: Scope | undefined, ctes: CteEnv | undefined): Relation {
  const first = resolveQuery(ctx, set.first, parent, ctes)
  const rest = set.rest.map((branch) => ({ ...branch, relation: resolveQuery(ctx, branch.query, parent, ctes) }))
  return combineSet(ctx, first, rest, set)
}

/** Columns meet by position, or by name where the query says so; the first branch names them. */
function combineSet(ctx: Context, first: Relation, rest: readonly Branch[], set: SetOperation): Relation {
  const influences = new Map<string, Dep>(first.influences)
  const sums = first.columns.map((column) => new Map(column.deps))
  const added: OutColumn[] = []
  let placed = first.placed
  const open = [...first.open]
  const gone = new Set<string>()
  for (const branch of rest) {
    const { operator, relation } = branch
    addDeps(influences, relation.influences)
    if (operator === 'except') {
      addDeps(influences, asInfluence(mergeDeps(relation.columns.map((column) => column.deps)), FILTER))
    } else if (branch.columns !== 'position') joinByName(ctx, first, branch, sums, added, gone)
    else {
      const known = relation.open.length === 0 ? relation.columns.length : relation.placed
      if (first.open.length === 0) checkCount(ctx, first, relation, known, set)
      else {
        placed = Math.min(placed, known)
        const same = alike(first, relation)
        const [part] = open
        if (same !== undefined && part !== undefined && open.length === 1)
          open[0] = { ...part, also: [...(part.also ?? []), ...same] }
        else open.push(...relation.open)
      }
      const end = Math.min(known, first.open.length === 0 ? first.columns.length : placed)
      for (let index = 0; index < end; index++)
        addDeps(sums[index] as Map<string, Dep>, relation.columns[index]?.deps ?? NO_DEPS)
    }
  }
  const columns = first.columns.map((column, index): OutColumn => {
    const deps = sums[index] ?? column.deps
    return {
      ...column,
      deps,
      transformation: column.transformation === 'constant' && deps.size > 0 ? 'expression' : column.transformation,
    }
  })
  const all = [...columns, ...added].filter((column) => !gone.has(column.name.toLowerCase()))
  return { columns: all, open, placed: open.length === 0 ? all.length : placed, influences }
}

/** The tables of a branch that is a star over one unknown table, as the first one is: their columns meet by position. */
function alike(first: Relation, relation: Relation): readonly TableRef[] | undefined {
  const [part] = relation.open
  const [own] = first.open
  if (part?.table === undefined || own?.table === undefined) return undefined
  const stars = [first, relation].every(({ columns, open }) => columns.length === 0 && open.length === 1)
  return stars && part.except.size === own.except.size ? [part.table, ...(part.also ?? [])] : undefined
}

function checkCount(ctx: Context, first: Relation, relation: Relation, known: number, set: SetOperation): void {
  if (relation.open.length > 0) {
    const names = first.columns.slice(known).map((column) => column.name)
    if (names.length > 0)
      addGap(ctx, 'unknown_table', 'a branch of the set operation has columns that are not known', set, names)
  } else if (relation.columns.length !== first.columns.length) {
    addGap(ctx, 'column_count', 'the branches of the set operation have different numbers of columns', set)
  }
}

function joinByName(
  ctx: Context,
  first: Relation,
  branch: Branch,
  sums: Map<string, Dep>[],
  added: OutColumn[],
  gone: Set<string>,
): void {
  const { relation, columns, only = [] } = branch
  first.columns.forEach((column, index) => {
    const other = findByName(relation, column.name, ctx)
    if (other !== undefined) addDeps(sums[index] as Map<string, Dep>, other.deps)
    else if (columns === 'common') gone.add(column.name.toLowerCase())
  })
  const kept = new Set(only.map((name) => name.text.toLowerCase()))
  for (const { name } of [...first.columns, ...relation.columns])
    if (kept.size > 0 && !kept.has(name.toLowerCase())) gone.add(name.toLowerCase())
  if (columns !== 'all') return
  for (const column of relation.columns) {
    const known =
      findByName(first, column.name, ctx) ??
      added.find((other) => other.name.toLowerCase() === column.name.toLowerCase())
    if (known === undefined) added.push(column)
  }
}

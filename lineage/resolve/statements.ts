import { foldName } from '../names.ts'
import type {
  Assignment,
  CreateStatement,
  DeleteStatement,
  Expression,
  FromItem,
  InsertStatement,
  InsertTarget,
  Name,
  Path,
  Query,
  Returning,
  Select,
  Statement,
  Target,
  UpdateStatement,
} from '../syntax/ast.ts'
import { assigned, toBinding } from './assignments.ts'
import { findBinding } from './columns.ts'
import { type Binding, type Context, type CteEnv, newScope, type Scope } from './context.ts'
import { addDeps, asInfluence, type Dep, FILTER, mergeDeps } from './deps.ts'
import { resolveMerge } from './merge.ts'
import { resolveClone, resolveCopy, resolveDrop, resolveRename } from './moves.ts'
import { resolveQuery, resolveWith } from './query.ts'
import { closed, EMPTY_RELATION, findColumn, type OutColumn, type Relation } from './relation.ts'
import { renameColumns } from './rows.ts'
import { resolveSelect } from './select.ts'
import { bindItems } from './sources.ts'
import {
  declared,
  make,
  namedColumns,
  placeColumns,
  type ResolvedTarget,
  resolveTarget,
  settleInput,
  targetColumn,
  tellOpen,
  throughCte,
  write,
} from './targets.ts'
import { resolveAll, resolveValue } from './values.ts'

/** Resolves what a statement writes into `ctx.writes`, and gives what it returns as a relation. */
export function resolveStatement(ctx: Context, statement: Statement, ctes: CteEnv | undefined): Relation {
  switch (statement.kind) {
    case 'query':
      return resolveSelectStatement(ctx, statement.query, ctes)
    case 'create':
      return resolveCreate(ctx, statement, ctes)
    case 'insert':
      return resolveInsert(ctx, statement, ctes)
    case 'update':
      return resolveUpdate(ctx, statement, ctes)
    case 'delete':
      return resolveDelete(ctx, statement, ctes)
    case 'merge': {
      const own = resolveWith(ctx, statement.with, statement.recursive, undefined, ctes)
      return resolveReturning(ctx, statement, resolveMerge(ctx, statement, own), own)
    }
    case 'copy':
      return resolveCopy(ctx, statement, ctes)
    case 'clone':
      return resolveClone(ctx, statement)
    case 'rename':
      return resolveRename(ctx, statement)
    case 'drop':
      return resolveDrop(ctx, statement)
    case 'cursor':
      ctx.session.rows.set(statement.name.text.toLowerCase(), resolveQuery(ctx, statement.query, undefined, ctes))
      return EMPTY_RELATION
    default:
      return EMPTY_RELATION
  }
}

/** A query that answers, or makes a table by INTO. */
function resolveSelectStatement(ctx: Context, query: Query, ctes: CteEnv | undefined): Relation {
  const relation = resolveQuery(ctx, query, undefined, ctes)
  const into = findInto(query)
  if (into === undefined) {
    tellOpen(ctx, relation, [])
    ctx.writes.push({ table: undefined, columns: relation.columns, influences: relation.influences })
    return relation
  }
  const target = resolveTarget(ctx, into)
  make(ctx, into, target, namedColumns(ctx, target, relation), relation)
  return EMPTY_RELATION
}

/** SELECT … INTO stands in the first branch of a set operation. */
function findInto(query: Query): Target | undefined {
  const { body } = query
  if (body.kind === 'select') return body.into
  if (body.kind === 'set') return findInto(body.first)
  return body.kind === 'nested' ? findInto(body) : undefined
}

function resolveCreate(ctx: Context, statement: CreateStatement, ctes: CteEnv | undefined): Relation {
  const { target, to, query, columns } = statement
  if (query === undefined) {
    const resolved = resolveTarget(ctx, target)
    make(ctx, target, resolved, declared(ctx, columns), closed(declared(ctx, columns)))
    return EMPTY_RELATION
  }
  const given = resolveQuery(ctx, query, undefined, ctes)
  const written = to ?? target
  const resolved = resolveTarget(ctx, written)
  const relation = declaresByName(ctx, statement) ? given : renameColumns(ctx, given, columns, query)
  if (to === undefined) make(ctx, target, resolved, namedColumns(ctx, resolved, relation), relation)
  else write(ctx, written, resolved, namedColumns(ctx, resolved, relation), relation)
  return EMPTY_RELATION
}

/** Columns that ClickHouse and MySQL's tables declare are matched by name; elsewhere they rename by position. */
function declaresByName(ctx: Context, { object }: CreateStatement): boolean {
  const { dialect } = ctx.traits
  return dialect === 'clickhouse' || (object === 'table' && (dialect === 'mysql' || dialect === 'mariadb'))
}

function resolveInsert(ctx: Context, statement: InsertStatement, outer: CteEnv | undefined): Relation {
  const ctes = resolveWith(ctx, statement.with, statement.recursive, undefined, outer)
  const source = statement.source === undefined ? EMPTY_RELATION : resolveQuery(ctx, statement.source, undefined, ctes)
  const body = statement.source?.body
  const from = body?.kind === 'select' ? body.from : []
  for (const target of statement.targets) insertInto(ctx, target, source, ctes, from)
  const [first] = statement.targets
  return first === undefined
    ? EMPTY_RELATION
    : resolveReturning(ctx, statement, [toBinding(ctx, first.target, resolveTarget(ctx, first.target))], ctes)
}

function insertInto(
  ctx: Context,
  insert: InsertTarget,
  source: Relation,
  ctes: CteEnv | undefined,
  from: readonly FromItem[],
): void {
  const target = resolveTarget(ctx, insert.target)
  const relation = insert.values === undefined ? source : rowOver(ctx, source, insert.values, ctes)
  const influences = new Map<string, Dep>(relation.influences)
  const scope: Scope = {
    ...newScope(undefined, ctes),
    bindings: [{ alias: undefined, path: [], relation: source, hidden: false }],
  }
  addDeps(influences, asInfluence(resolveAll(ctx, scope, insert.condition), FILTER))
  const placed = placeColumns(
    ctx,
    forPartitions(ctx, target, insert),
    listOf(ctx, insert, target),
    relation,
    insert.byName,
  )
  const columns = [...placed, ...resolveUpdates(ctx, insert, target, placed, source, newScope(undefined, ctes), from)]
  write(ctx, insert.target, target, columns, { ...relation, influences })
  if (insert.updates.length > 0) settleOwn(ctx, target, columns, relation)
}

/** ON CONFLICT may read the row that is there: that makes the table an input. */
function settleOwn(ctx: Context, target: ResolvedTarget, columns: readonly OutColumn[], source: Relation): void {
  const before = [...source.columns].some((column) =>
    [...column.deps.values()].some((dep) => dep.table.key === target.ref.key),
  )
  if (
    !before &&
    !ctx.inputs.has(target.ref.key) &&
    columns.some((column) => [...column.deps.values()].some((dep) => dep.table.key === target.ref.key))
  )
    ctx.inputs.set(target.ref.key, target.ref)
}

/** The column list, with the partition columns the query fills at its end. */
function listOf(_ctx: Context, insert: InsertTarget, _target: ResolvedTarget): readonly Name[] {
  if (insert.columns.length === 0) return []
  const named = new Set(insert.columns.map((name) => name.text.toLowerCase()))
  const dynamic = insert.partition
    .filter(({ column, fixed }) => !fixed && !named.has(column.text.toLowerCase()))
    .map(({ column }) => column)
  return [...insert.columns, ...dynamic]
}

/** Without a column list a query fills the columns that are no static partition; dynamic ones are the last. */
function forPartitions(ctx: Context, target: ResolvedTarget, insert: InsertTarget): ResolvedTarget {
  if (target.columns === undefined || insert.partition.length === 0) return target
  const names = new Set(insert.partition.map(({ column }) => foldName(column, ctx.traits).toLowerCase()))
  const plain = target.columns.filter((name) => !names.has(name.toLowerCase()))
  const dynamic = insert.partition.filter(({ fixed }) => !fixed).map(({ column }) => targetColumn(ctx, target, column))
  return { ...target, columns: [...plain, ...dynamic] }
}

function rowOver(ctx: Context, source: Relation, values: readonly Expression[], ctes: CteEnv | undefined): Relation {
  const scope: Scope = {
    ...newScope(undefined, ctes),
    bindings: [{ alias: undefined, path: [], relation: source, hidden: false }],
  }
  const columns = values.map((expression): OutColumn => {
    const name = expression.kind === 'column' ? foldName(expression.path.at(-1) as Name, ctx.traits) : ''
    return { name, ...resolveValue(ctx, scope, expression), span: expression }
  })
  return closed(columns, source.influences)
}

/** ON CONFLICT … SET b = EXCLUDED.b, ON DUPLICATE KEY UPDATE b = VALUES(b): the row that was to come in, and the one that is there. */
function resolveUpdates(
  ctx: Context,
  insert: InsertTarget,
  target: ResolvedTarget,
  placed: readonly OutColumn[],
  source: Relation,
  scope: Scope,
  from: readonly FromItem[],
): OutColumn[] {
  if (insert.updates.length === 0) return []
  const incoming = closed(placed)
  const rows = new Map(ctx.rows)
  for (const name of ['excluded', 'values', insert.rowAlias?.text.toLowerCase()])
    if (name !== undefined) ctx.rows.set(name, incoming)
  scope.bindings.push(toBinding(ctx, insert.target, target), {
    alias: undefined,
    path: [],
    relation: source,
    hidden: true,
  })
  // MySQL lets the new values name the tables of the SELECT.
  if (/^(?:mysql|mariadb)$/.test(ctx.traits.dialect)) {
    bindItems(ctx, scope, from)
    scope.bindings.forEach((binding, index) => {
      if (index > 0) scope.bindings[index] = { ...binding, hidden: true }
    })
  }
  const columns = insert.updates.flatMap((assignment) =>
    assigned(ctx, scope, withValues(assignment), (path) => targetColumn(ctx, target, path.at(-1) as Name)),
  )
  ctx.rows.clear()
  for (const [name, relation] of rows) ctx.rows.set(name, relation)
  return columns
}

/** MySQL's VALUES(b) is the incoming row's b. */
function withValues(assignment: Assignment): Assignment {
  const visit = (expression: Expression): Expression => {
    if (expression.kind === 'call' && expression.key === 'VALUES') {
      const argument = expression.args[0]?.value
      if (argument?.kind !== 'column') return expression
      const last = argument.path.at(-1) as Name
      return { ...argument, path: [{ ...last, text: 'values', quoted: false }, last] }
    }
    if (expression.kind === 'operation') return { ...expression, operands: expression.operands.map(visit) }
    if (expression.kind === 'call')
      return { ...expression, args: expression.args.map((argument) => ({ ...argument, value: visit(argument.value) })) }
    if (expression.kind === 'case')
      return { ...expression, conditions: expression.conditions.map(visit), results: expression.results.map(visit) }
    return expression
  }
  return { ...assignment, value: visit(assignment.value) }
}

function resolveUpdate(ctx: Context, statement: UpdateStatement, outer: CteEnv | undefined): Relation {
  const ctes = resolveWith(ctx, statement.with, statement.recursive, undefined, outer)
  const scope = newScope(undefined, ctes)
  const tables = new Map<Relation, { readonly target: Target; readonly resolved: ResolvedTarget }>()
  bindTargets(ctx, scope, statement, tables)
  const byTarget = new Map<string, { target: Target; resolved: ResolvedTarget; columns: OutColumn[] }>()
  const [first] = tables.values()
  for (const assignment of statement.assignments) {
    const owner = ownerOf(ctx, scope, assignment, tables) ?? first
    if (owner === undefined) continue
    const entry = byTarget.get(owner.resolved.ref.key) ?? { ...owner, columns: [] }
    byTarget.set(owner.resolved.ref.key, entry)
    entry.columns.push(
      ...assigned(ctx, scope, assignment, (path) =>
        targetColumn(ctx, owner.resolved, assignedName(ctx, scope, path, owner.resolved)),
      ),
    )
  }
  addDeps(scope.influences, asInfluence(resolveAll(ctx, scope, statement.where), FILTER))
  for (const { target, resolved, columns } of byTarget.values()) {
    settleInput(ctx, resolved, columns)
    write(ctx, target, resolved, columns, { ...EMPTY_RELATION, influences: scope.influences })
  }
  return resolveReturning(ctx, statement, scope.bindings, ctes)
}

type Targets = Map<Relation, { readonly target: Target; readonly resolved: ResolvedTarget }>

/** Brings FROM and the tables before SET into scope; T-SQL names its target by an alias of FROM. */
function bindTargets(ctx: Context, scope: Scope, statement: UpdateStatement, tables: Targets): void {
  const [only] = statement.sources
  if (
    statement.from.length > 0 &&
    statement.sources.length === 1 &&
    only?.source.kind === 'table' &&
    only.source.alias === undefined
  ) {
    const { path } = only.source
    const named = tableItems(statement.from).find(
      ({ source }) =>
        names(ctx, source.alias ?? source.path.at(-1), path.at(-1)) &&
        (path.length === 1 || source.alias === undefined),
    )
    if (named !== undefined) {
      bindItems(ctx, scope, statement.from)
      const binding = findBinding(ctx, scope, path, 1) ?? findBinding(ctx, scope, path, path.length)
      if (binding !== undefined) tables.set(binding.relation, asTarget(ctx, named.source.path, scope.ctes))
      return
    }
  }
  const inputs = new Set(ctx.inputs.keys())
  bindItems(ctx, scope, statement.sources)
  for (const { source } of tableItems(statement.sources)) {
    const target = asTarget(ctx, source.path, scope.ctes)
    tables.set(target.resolved.relation, target)
    if (statement.sources.length === 1 && !inputs.has(target.resolved.ref.key))
      ctx.inputs.delete(target.resolved.ref.key)
  }
  bindItems(ctx, scope, statement.from)
}

type TableItem = FromItem & { readonly source: Extract<FromItem['source'], { kind: 'table' }> }

function tableItems(items: readonly FromItem[]): TableItem[] {
  return items.flatMap((item) => {
    if (item.source.kind === 'joined') return tableItems(item.source.items)
    return item.source.kind === 'table' ? [item as TableItem] : []
  })
}

function names(ctx: Context, a: Name | undefined, b: Name | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    foldName(a, ctx.traits).toLowerCase() === foldName(b, ctx.traits).toLowerCase()
  )
}

function asTarget(
  ctx: Context,
  path: Path,
  ctes: CteEnv | undefined,
): { readonly target: Target; readonly resolved: ResolvedTarget } {
  const through = throughCte(ctx, path, ctes)
  if (through !== undefined) return through
  const target: Target = { path, temporary: false, start: path[0]?.start ?? 0, end: path.at(-1)?.end ?? 0 }
  return { target, resolved: resolveTarget(ctx, target) }
}

/** In a join that is updated: the table a qualifier names, or the only one that has the column. */
function ownerOf(
  ctx: Context,
  scope: Scope,
  assignment: Assignment,
  tables: Targets,
): ReturnType<typeof asTarget> | undefined {
  const [path] = assignment.columns
  if (path === undefined || tables.size < 2) return undefined
  if (path.length > 1) {
    const binding = findBinding(ctx, scope, path, path.length - 1)
    return binding === undefined ? undefined : tables.get(binding.relation)
  }
  const owners = [...tables].filter(([relation]) => findColumn(relation, path[0] as Name, ctx.traits, true))
  return owners.length === 1 ? owners[0]?.[1] : undefined
}

/** `t.a` names a column of t; `a.b` where a is no source is a field of a. */
function assignedName(ctx: Context, scope: Scope, path: Path, target: ResolvedTarget): Name {
  const [first] = path
  const last = path.at(-1) as Name
  if (first === undefined || path.length === 1) return last
  for (let length = path.length - 1; length >= 1; length--) {
    if (findBinding(ctx, scope, path, length) !== undefined) return path[length] ?? last
  }
  return target.columns?.some((column) => column.toLowerCase() === first.text.toLowerCase()) === true ? first : last
}

function resolveDelete(ctx: Context, statement: DeleteStatement, outer: CteEnv | undefined): Relation {
  const ctes = resolveWith(ctx, statement.with, statement.recursive, undefined, outer)
  const scope = newScope(undefined, ctes)
  bindItems(ctx, scope, statement.from)
  const targets = statement.targets.map((target) => {
    const named = tableItems(statement.from).find(
      ({ source }) => target.path.length === 1 && names(ctx, source.alias ?? source.path.at(-1), target.path[0]),
    )
    const actual = named === undefined ? target : { ...target, path: named.source.path }
    const { resolved } = throughCte(ctx, actual.path, ctes) ?? { resolved: resolveTarget(ctx, actual) }
    if (named === undefined) scope.bindings.push(toBinding(ctx, target, resolved))
    return { actual, resolved }
  })
  const own = new Set(targets.map(({ resolved }) => resolved.ref.key))
  if (statement.from.length > 0) for (const key of own) ctx.inputs.delete(key)
  addDeps(scope.influences, asInfluence(resolveAll(ctx, scope, statement.where), FILTER))
  for (const { resolved } of targets)
    ctx.writes.push({ table: resolved.ref, columns: [], influences: scope.influences })
  return resolveReturning(ctx, statement, scope.bindings, ctes)
}

/** What a writing statement gives back: columns of the rows as they are now. */
function resolveReturning(
  ctx: Context,
  statement: Returning,
  bindings: readonly Binding[],
  ctes: CteEnv | undefined,
): Relation {
  if (statement.returning.length === 0) return EMPTY_RELATION
  const own = bindings[0]?.relation ?? EMPTY_RELATION
  const rows: Binding[] = ['inserted', 'deleted', 'new', 'old'].map((alias) => ({
    alias,
    path: [],
    relation: own,
    hidden: true,
  }))
  const select: Select = {
    kind: 'select',
    distinctOn: [],
    items: statement.returning,
    from: [],
    where: [],
    group: [],
    having: [],
    windows: [],
    sort: [],
    start: 0,
    end: 0,
  }
  const parent: Scope = { ...newScope(undefined, ctes), bindings: [...bindings, ...rows] }
  const relation = resolveReturned(ctx, select, parent)
  if (statement.into !== undefined) {
    const target = resolveTarget(ctx, statement.into.target)
    write(
      ctx,
      statement.into.target,
      target,
      placeColumns(ctx, target, statement.into.columns, relation, false),
      relation,
    )
    const [binding] = bindings
    if (binding !== undefined) noteOwn(ctx, relation)
  }
  return relation
}

function noteOwn(ctx: Context, relation: Relation): void {
  for (const dep of mergeDeps(relation.columns.map((column) => column.deps)).values())
    ctx.inputs.set(dep.table.key, dep.table)
}

/** A star of RETURNING is of the statement's own rows: those sources are the select's, not a query's around it. */
function resolveReturned(ctx: Context, select: Select, parent: Scope): Relation {
  const star = select.items.some((item) => item.value.kind === 'star')
  if (!star) return resolveSelect(ctx, select, [], parent, parent.ctes, [])
  const [own] = parent.bindings
  return own?.relation ?? EMPTY_RELATION
}

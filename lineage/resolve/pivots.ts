import { foldName } from '../names.ts'
import type { Expression, MatchSource, PivotSource, SelectItem, UnpivotSource } from '../syntax/ast.ts'
import { addGap, type Binding, type Context, type Scope } from './context.ts'
import { addDeps, asInfluence, type Dep, type Deps, GROUP, mergeDeps, NO_DEPS, SORT, transformed } from './deps.ts'
import { closed, findColumn, type OutColumn, type Relation } from './relation.ts'
import { resolveAll, resolveValue } from './values.ts'

/** Rows into columns: what is neither counted nor spread groups the rows and stays. */
export function resolvePivot(ctx: Context, scope: Scope, source: Relation, pivot: PivotSource): Relation {
  const values = pivot.aggregates.map((item) => resolveValue(ctx, scope, item.value))
  const influences = new Map<string, Dep>(source.influences)
  addDeps(influences, asInfluence(resolveAll(ctx, scope, pivot.on), GROUP))
  const used = usedNames(ctx, [...pivot.on, ...pivot.aggregates.map((item) => item.value)])
  const kept =
    pivot.group === undefined
      ? source.columns.filter((column) => !used.has(column.name.toLowerCase()))
      : groupColumns(ctx, source, pivot.group)
  for (const column of kept) addDeps(influences, asInfluence(column.deps, GROUP))
  const spread: OutColumn[] = []
  for (const value of pivot.values ?? []) {
    pivot.aggregates.forEach((item, index) => {
      const made = values[index]
      if (made !== undefined)
        spread.push({ ...made, name: pivotName(ctx, value, item, pivot.aggregates.length), span: item })
    })
  }
  if (pivot.values === undefined) {
    if (pivot.columns.length === 0) addGap(ctx, 'unsupported_clause', 'the columns of PIVOT depend on the data', pivot)
    const deps = mergeDeps(values.map((value) => value.deps))
    return { columns: kept, open: [{ deps, except: new Set(), starred: true }], placed: kept.length, influences }
  }
  const open =
    pivot.group === undefined
      ? source.open.map((part) => ({ ...part, except: new Set([...part.except, ...used]) }))
      : []
  if (open.length === 0) return closed([...kept, ...spread], influences)
  return { columns: [...kept, ...spread], open, placed: Math.min(source.placed, kept.length), influences }
}

function groupColumns(ctx: Context, source: Relation, group: readonly Expression[]): OutColumn[] {
  return group.flatMap((expression) => {
    const name = expression.kind === 'column' ? expression.path.at(-1) : undefined
    const column = name === undefined ? undefined : findColumn(source, name, ctx.traits, true)
    return column === undefined || column === null ? [] : [column]
  })
}

function usedNames(ctx: Context, expressions: readonly Expression[]): Set<string> {
  const names = new Set<string>()
  const visit = (expression: Expression): void => {
    if (expression.kind === 'column')
      names.add(
        foldName(expression.path.at(-1) ?? { text: '', quoted: true, start: 0, end: 0 }, ctx.traits).toLowerCase(),
      )
    else if (expression.kind === 'operation') expression.operands.forEach(visit)
    else if (expression.kind === 'call') expression.args.forEach((argument) => void visit(argument.value))
    else if (expression.kind === 'case') [...expression.conditions, ...expression.results].forEach(visit)
  }
  expressions.forEach(visit)
  return names
}

/** How dialects name the columns that a pivot makes. */
function pivotName(ctx: Context, value: SelectItem, aggregate: SelectItem, count: number): string {
  const spelled = pivotValue(ctx, value)
  const suffix =
    aggregate.alias === undefined ? ownSuffix(ctx, aggregate, count) : foldName(aggregate.alias, ctx.traits)
  if (ctx.traits.dialect === 'bigquery') return suffix === undefined ? spelled : `${suffix}_${spelled}`
  if (suffix === undefined || (count === 1 && !ALWAYS_SUFFIXED.has(ctx.traits.dialect))) return spelled
  return `${spelled}_${suffix}`
}

/** Dialects that add the alias of the only aggregate as well. */
const ALWAYS_SUFFIXED = new Set<string>(['oracle', 'duckdb'])
/** Dialects that name several aggregates without aliases by their text. */
const TEXT_SUFFIXED = new Set<string>(['duckdb', 'spark', 'databricks'])

function ownSuffix(ctx: Context, { value }: SelectItem, count: number): string | undefined {
  if (count === 1 || !TEXT_SUFFIXED.has(ctx.traits.dialect)) return undefined
  return ctx.text.slice(value.start, value.end).toLowerCase()
}

function pivotValue(ctx: Context, { value, alias }: SelectItem): string {
  if (alias !== undefined) return foldName(alias, ctx.traits)
  if (value.kind === 'column') return value.path.at(-1)?.text ?? ''
  const text = ctx.text.slice(value.start, value.end)
  if (ctx.traits.dialect === 'snowflake' || ctx.traits.dialect === 'oracle') return text
  return value.kind === 'literal' ? (value.value ?? text) : text
}

/** Columns into rows: the value reads all of them. */
export function resolveUnpivot(ctx: Context, scope: Scope, source: Relation, unpivot: UnpivotSource): Relation {
  const used = usedNames(ctx, unpivot.groups.flat())
  const kept = source.columns.filter((column) => !used.has(column.name.toLowerCase()))
  const name: OutColumn = { name: foldName(unpivot.name, ctx.traits), deps: NO_DEPS, transformation: 'constant' }
  const values = unpivot.value.map((value, index): OutColumn => {
    const reads: Deps[] = unpivot.groups.map((group) =>
      group[index] === undefined ? NO_DEPS : resolveValue(ctx, scope, group[index]).deps,
    )
    return { name: foldName(value, ctx.traits), deps: transformed(mergeDeps(reads)), transformation: 'expression' }
  })
  const columns = [...kept, name, ...values]
  const open = source.open.map((part) => ({ ...part, except: new Set([...part.except, ...used]) }))
  return { columns, open, placed: open.length === 0 ? columns.length : source.placed, influences: source.influences }
}

/** MATCH_RECOGNIZE: pattern variables are names of the source's rows. */
export function resolveMatch(ctx: Context, scope: Scope, source: Relation, match: MatchSource): Relation {
  const [bound] = scope.bindings
  const variables = match.variables.map(
    (name): Binding => ({ alias: foldName(name, ctx.traits), path: [], relation: source, hidden: true }),
  )
  const within: Scope = { ...scope, bindings: [...(bound === undefined ? [] : [bound]), ...variables] }
  const measures = match.measures.map(
    (item): OutColumn => ({
      ...resolveValue(ctx, within, item.value),
      name: item.alias === undefined ? '' : foldName(item.alias, ctx.traits),
      span: item.value,
    }),
  )
  const influences = new Map<string, Dep>(source.influences)
  addDeps(influences, asInfluence(resolveAll(ctx, within, match.define), GROUP))
  addDeps(influences, asInfluence(resolveAll(ctx, within, match.order), SORT))
  const partition = match.partition.map((expression): OutColumn => {
    const name = expression.kind === 'column' ? expression.path.at(-1) : undefined
    return { ...resolveValue(ctx, within, expression), name: name === undefined ? '' : foldName(name, ctx.traits) }
  })
  for (const column of partition) addDeps(influences, asInfluence(column.deps, GROUP))
  if (!match.allRows) return closed([...partition, ...measures], influences)
  return { columns: [...source.columns, ...measures], open: source.open, placed: source.placed, influences }
}

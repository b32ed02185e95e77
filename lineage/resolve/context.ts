import type { Traits } from '../dialects.ts'
import { comparable, foldName } from '../names.ts'
import type { Name, Path, Query, Span, Statement, WindowSpec } from '../syntax/ast.ts'
import type { Defaults, GapReason, SchemaLookup, TableName } from '../types.ts'
import type { Dep, Deps, TableRef } from './deps.ts'
import type { OutColumn, Relation } from './relation.ts'
import type { Session } from './session.ts'

export interface FoundGap {
  readonly reason: GapReason
  readonly message: string
  readonly span: Span | undefined
  readonly columns: Set<string>
}

/** A common table expression in view, and those before it. */
export interface CteEnv {
  readonly name: string
  readonly relation: Relation
  /** Set when something read it. */
  readonly usage: { read: boolean }
  readonly outer: CteEnv | undefined
}

export interface Binding {
  /** Folded; `undefined`: no alias and no name. */
  readonly alias: string | undefined
  /** Folded parts of a table's name as written, for `schema.table.column`. */
  readonly path: readonly string[]
  readonly relation: Relation
  /** Lends no columns to the result: the right side of a semi join. */
  readonly hidden: boolean
}

export interface Scope {
  readonly parent: Scope | undefined
  readonly bindings: Binding[]
  readonly ctes: CteEnv | undefined
  /** Columns that USING and NATURAL made one, by name in lower case. */
  readonly merged: Map<string, OutColumn>
  /** Select items that later ones may name, by alias in lower case; a function where they are resolved on demand. */
  aliases: ReadonlyMap<string, OutColumn> | ((name: string) => OutColumn | undefined) | undefined
  /** Names that are no columns: parameters of lambdas. */
  readonly locals: ReadonlySet<string>
  /** Of the WINDOW clause, by name in lower case. */
  readonly windows: ReadonlyMap<string, WindowSpec>
  /** What subqueries in this query's expressions let choose rows. */
  readonly influences: Map<string, Dep>
}

/** Columns that a statement puts into a table; without one, those it answers with. */
export interface Write {
  readonly table: TableRef | undefined
  readonly columns: readonly OutColumn[]
  readonly influences: Deps
}

/** What one statement's resolution shares. */
export interface Context {
  readonly text: string
  readonly traits: Traits
  readonly defaults: Defaults
  readonly lookup: SchemaLookup
  readonly session: Session
  readonly gaps: FoundGap[]
  /** Tables read, by key. */
  readonly inputs: Map<string, TableRef>
  /** Rows that triggers and T-SQL's OUTPUT see under fixed names, in lower case. */
  readonly rows: Map<string, Relation>
  readonly writes: Write[]
  readonly renames: { readonly from: TableName; readonly to: TableName; readonly swap: boolean }[]
  readonly drops: TableName[]
  /** Files, folders and stages, as the text names them. */
  readonly files: { readonly read: Set<string>; readonly written: Set<string> }
  /** Ties the files of the resolver together without a cycle. */
  readonly resolve: {
    readonly query: (ctx: Context, query: Query, parent: Scope | undefined, ctes: CteEnv | undefined) => Relation
    readonly statement: (ctx: Context, statement: Statement, ctes: CteEnv | undefined) => Relation
  }
}

export function addGap(
  ctx: Context,
  reason: GapReason,
  message: string,
  span: Span | undefined,
  columns: readonly string[] = [],
): void {
  const same = ctx.gaps.find(
    (gap) => gap.reason === reason && gap.span?.start === span?.start && gap.message === message,
  )
  if (same === undefined) ctx.gaps.push({ reason, message, span, columns: new Set(columns) })
  else for (const column of columns) same.columns.add(column)
}

const NO_LOCALS: ReadonlySet<string> = new Set()
const NO_WINDOWS: ReadonlyMap<string, WindowSpec> = new Map()

export function newScope(parent: Scope | undefined, ctes: CteEnv | undefined): Scope {
  return {
    parent,
    bindings: [],
    ctes,
    merged: new Map(),
    aliases: undefined,
    locals: NO_LOCALS,
    windows: NO_WINDOWS,
    influences: new Map(),
  }
}

/** The rows of a CTE in view. */
export function findCte(ctx: Context, ctes: CteEnv | undefined, name: Name): Relation | undefined {
  const wanted = comparable(foldName(name, ctx.traits), ctx.traits)
  for (let env = ctes; env !== undefined; env = env.outer) {
    if (env.name === wanted) {
      env.usage.read = true
      return env.relation
    }
  }
  return undefined
}

export function spell(path: Path): string {
  return path.map((name) => name.text).join('.')
}

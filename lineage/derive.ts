import { hashText } from '../model/hash.ts'
import { type Traits, traitsOf } from './dialects.ts'
import { foldName } from './names.ts'
import { createPositions } from './positions.ts'
import type { Context, FoundGap } from './resolve/context.ts'
import { addGap } from './resolve/context.ts'
import { NO_DEPS } from './resolve/deps.ts'
import { resolveQuery } from './resolve/query.ts'
import { functionRelation, tableRelation } from './resolve/relation.ts'
import { createSession, type Result, resolveTable, type Session } from './resolve/session.ts'
import { resolveStatement } from './resolve/statements.ts'
import { toLineage } from './result.ts'
import type {
  CopyStatement,
  Name,
  OtherStatement,
  ParsedStatement,
  Path,
  RoutineStatement,
  Span,
  Statement,
} from './syntax/ast.ts'
import { parseScript } from './syntax/parse.ts'
import { renderTemplate } from './template.ts'
import type { Defaults, DeriveInput, DeriveResult, Position, StatementLineage, TableName } from './types.ts'

/** How deep texts may hold texts: a procedure's body with dynamic SQL in it. */
const MAX_TEXTS = 4

/** What all statements of one text share. */
interface Run {
  readonly input: DeriveInput
  readonly traits: Traits
  readonly session: Session
  readonly position: (offset: number) => Position
  readonly out: StatementLineage[]
}

/** A text inside the text: where its first character stands, and what it belongs to. */
interface Frame {
  readonly text: string
  readonly origin: (offset: number) => number
  readonly routine: TableName | undefined
  /** Rows under fixed names: NEW and OLD of a trigger's table. */
  readonly rowsOf: RoutineStatement['on']
  readonly level: number
}

/**
 * Derives the lineage of every statement of a text. Never throws for what the text holds: each statement ends resolved, partial or failed.
 * Statements see the temporary tables, views and variables of those before them.
 */
export function deriveLineage(input: DeriveInput): DeriveResult {
  const traits = traitsOf(input.dialect)
  const rendered = renderTemplate(input.text, input.manifest)
  const run: Run = {
    input,
    traits,
    session: createSession(input.defaults ?? {}),
    position: createPositions(input.text),
    out: [],
  }
  const frame: Frame = { text: rendered.text, origin: rendered.origin, routine: undefined, rowsOf: undefined, level: 0 }
  deriveScript(run, parseScript(rendered.text, traits), frame)
  const first = run.out[0]
  if (rendered.gaps.length > 0 && first !== undefined) {
    const gaps = rendered.gaps.map((gap, index) => ({
      ...gap,
      position: run.position(rendered.gapOffsets[index] ?? 0),
    }))
    run.out[0] = {
      ...first,
      outcome: first.outcome === 'failed' ? 'failed' : 'partial',
      gaps: [...gaps, ...first.gaps],
    }
  }
  return { statements: run.out, consulted: [...run.session.consulted.values()] }
}

function deriveScript(run: Run, script: readonly ParsedStatement[], frame: Frame): void {
  let results: readonly Result[] = []
  for (const parsed of markTransient(script)) {
    const { statement } = parsed
    if (!parsed.piped) results = []
    run.session.results = results
    let answer: Result | undefined
    if (statement?.kind === 'routine') deriveRoutine(run, parsed, statement, frame)
    else if (statement?.kind === 'dynamic') deriveDynamic(run, parsed, statement.text, frame)
    else if (statement?.kind === 'copy' && statement.text !== undefined) deriveUnload(run, parsed, statement, frame)
    else answer = deriveStatement(run, parsed, frame)
    results = [...results, answer ?? UNKNOWN_ANSWER]
    if (statement?.kind === 'other') {
      for (const name of statement.declares ?? []) run.session.variables.add(name.text.toLowerCase())
      if (statement.use !== undefined) use(run, statement.use)
    }
  }
}

/** What USE and SET search_path change; another database has other schemas, which nobody named. */
function use(run: Run, { database, schemas }: NonNullable<OtherStatement['use']>): void {
  const { defaults } = run.session
  const fold = (name: Name): string => foldName(name, run.traits)
  run.session.defaults = {
    ...(database === undefined
      ? defaults.database === undefined
        ? {}
        : { database: defaults.database }
      : { database: fold(database) }),
    ...(schemas === undefined ? schemasOf(run, defaults) : { schemas: schemas.map(fold) }),
  }
}

/** In another database Snowflake goes to PUBLIC; where no schema was told before, none is supposed now. */
function schemasOf(run: Run, defaults: Defaults): Defaults {
  if (defaults.schemas === undefined) return {}
  return { schemas: run.traits.dialect === 'snowflake' ? ['PUBLIC'] : defaults.schemas }
}

/** A table that the script makes and later drops lives no longer than the session: it is as temporary as those that say so. */
function markTransient(script: readonly ParsedStatement[]): readonly ParsedStatement[] {
  const dropped = new Set<string>()
  const key = (path: Path): string => path.map((name) => name.text.toLowerCase()).join('.')
  return script
    .toReversed()
    .map((parsed) => {
      const { statement } = parsed
      if (statement?.kind === 'drop') for (const path of statement.targets) dropped.add(key(path))
      if (statement?.kind !== 'create' || !dropped.delete(key(statement.target.path))) return parsed
      return { ...parsed, statement: { ...statement, target: { ...statement.target, temporary: true } } }
    })
    .toReversed()
}

/** Of SHOW, CALL and the counts of rows written: nothing that comes out of a table. */
const UNKNOWN_ANSWER: Result = { relation: functionRelation([], NO_DEPS, true), inputs: new Map() }

function deriveStatement(run: Run, parsed: ParsedStatement, frame: Frame): Result | undefined {
  const ctx = createContext(run, frame)
  if (parsed.failure !== undefined) {
    const { message, position } = parsed.failure
    addGap(ctx, message.startsWith('nested') ? 'too_deep' : 'parse_error', message, { start: position, end: position })
  }
  for (const span of parsed.skipped)
    addGap(ctx, 'unsupported_clause', `the clause ${shorten(frame.text.slice(span.start, span.end))} is not read`, span)
  const answer = parsed.statement === undefined ? undefined : resolveGuarded(ctx, parsed.statement, parsed)
  report(run, ctx, parsed, frame)
  return answer
}

/** What the statement answers, where it is rows of tables. */
function resolveGuarded(ctx: Context, statement: Statement, parsed: ParsedStatement): Result | undefined {
  try {
    const relation = resolveStatement(ctx, statement, undefined)
    return statement.kind === 'query' ? { relation, inputs: new Map(ctx.inputs) } : undefined
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    ctx.writes.length = 0
    addGap(ctx, 'too_deep', 'nested too deep to resolve', parsed)
    return undefined
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 60)}…` : line
}

function report(run: Run, ctx: Context, parsed: ParsedStatement, frame: Frame): void {
  const toPosition = (gap: FoundGap): Position | undefined =>
    gap.span === undefined ? undefined : run.position(frame.origin(gap.span.start))
  const lineOf = (offset: number): number => run.position(frame.origin(offset)).line
  const toLines = (span: Span) => {
    const first = lineOf(span.start)
    return { first, last: Math.max(first, lineOf(Math.max(span.start, span.end - 1))) }
  }
  const start = frame.origin(parsed.start)
  const end = Math.max(start, frame.origin(parsed.end))
  const hash = hashText(frame.text.slice(parsed.start, parsed.end))
  run.out.push(toLineage(ctx, parsed, { start, end, hash, routine: frame.routine, toPosition, toLines }))
}

function createContext(run: Run, frame: Frame): Context {
  const ctx: Context = {
    text: frame.text,
    traits: run.traits,
    defaults: run.session.defaults,
    lookup: run.input.lookup,
    session: run.session,
    gaps: [],
    inputs: new Map(),
    rows: new Map(),
    writes: [],
    renames: [],
    drops: [],
    files: { read: new Set(), written: new Set() },
    resolve: { query: resolveQuery, statement: resolveStatement },
  }
  if (frame.rowsOf !== undefined) {
    const { ref, columns } = resolveTable(ctx, frame.rowsOf)
    const rows = tableRelation(ref, columns)
    for (const name of ['new', 'old', 'inserted', 'deleted']) ctx.rows.set(name, rows)
  }
  return ctx
}

const SQL_LANGUAGES = new Set(['SQL', 'PLPGSQL', 'PLSQL', 'TSQL', 'SQLSCRIPT', 'PLPGSQLU'])

function deriveRoutine(run: Run, parsed: ParsedStatement, routine: RoutineStatement, frame: Frame): void {
  const name = routine.name?.map((part) => part.text)
  const level = frame.level + 1
  for (const parameter of routine.parameters) run.session.variables.add(parameter.text.toLowerCase())
  const inner = { routine: name ?? frame.routine, rowsOf: routine.on ?? frame.rowsOf, level }
  if (routine.text === undefined) {
    deriveScript(run, routine.body ?? [], { ...frame, ...inner })
    return
  }
  if (routine.language !== undefined && !SQL_LANGUAGES.has(routine.language)) {
    const ctx = createContext(run, frame)
    addGap(ctx, 'unsupported_language', `a body in ${routine.language} is not read`, parsed)
    report(run, ctx, parsed, frame)
    return
  }
  const { value, offset, exact } = routine.text
  const origin = (at: number): number => frame.origin(exact ? offset + at : offset)
  if (level > MAX_TEXTS) return
  deriveScript(run, parseScript(value, run.traits, { inRoutine: true }), { ...frame, ...inner, text: value, origin })
}

/** UNLOAD ('SELECT …') TO '…': the query stands in a string. */
function deriveUnload(run: Run, parsed: ParsedStatement, statement: CopyStatement, frame: Frame): void {
  const before = run.out.length
  deriveDynamic(run, parsed, statement.text, frame)
  const last = run.out.at(-1)
  if (run.out.length === before || last === undefined || statement.to === undefined) return
  run.out[run.out.length - 1] = { ...last, kind: 'copy', filesWritten: [...last.filesWritten, statement.to] }
}

/** SQL in a string: read where the string is plain, told where it is put together. */
function deriveDynamic(run: Run, parsed: ParsedStatement, text: string | undefined, frame: Frame): void {
  if (text === undefined || frame.level >= MAX_TEXTS) {
    const ctx = createContext(run, frame)
    addGap(ctx, 'dynamic_sql', 'the statement is put together when it runs', parsed)
    report(run, ctx, parsed, frame)
    return
  }
  deriveScript(run, parseScript(text, run.traits), {
    ...frame,
    text,
    origin: () => frame.origin(parsed.start),
    level: frame.level + 1,
  })
}

import type { FoundRelation } from '../../db/lineage/read.ts'
import type { DerivedEdge, DerivedFieldEdge, DerivedText, EdgeEnd, StoredGap } from '../../db/lineage/stage.ts'
import { renamesAfter } from '../../lineage/renames.ts'
import type { ColumnRead, DeriveResult, EdgeSubtype, Lines, StatementLineage, TableName } from '../../lineage/types.ts'
import { nameKey } from '../../model/names.ts'
import type { Names } from './names.ts'

/** Columns placed with less than this are told as not known: a missing edge rather than a wrong one. */
const CERTAIN_ENOUGH = 0.7
/** A text may have more; people read the first. */
const MAX_GAPS = 100

const DIRECT: ReadonlySet<EdgeSubtype> = new Set(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION'])

/** The asset that a text belongs to. */
export interface TextOwner {
  readonly end: EdgeEnd
  /** Columns of its own, in order: what a bare query's columns are. */
  readonly columns: readonly string[]
  readonly found: FoundRelation | undefined
  /** What a bare query fills, where that is another asset. */
  readonly fills?: { readonly end: EdgeEnd; readonly found: FoundRelation | undefined }
}

/** What a text says, without what identifies it. */
export type Translated = Pick<
  DerivedText,
  | 'outcome'
  | 'statements'
  | 'resolved'
  | 'partial'
  | 'failed'
  | 'unresolvedReferences'
  | 'gaps'
  | 'edges'
  | 'fieldEdges'
>

/**
 * Turns what the engine derived into edges between assets and fields. The statement that makes the owner, or a bare
 * query, leads from what it reads to the owner; others lead through the owner, which reads and writes: a routine. Without
 * an owner (a log) they lead from what is read to what is written.
 */
export function translate(result: DeriveResult, names: Names, owner: TextOwner | undefined): Translated {
  const sink = new Sink(names, owner)
  const makers = result.statements.filter(({ kind }) => kind === 'create_view' || kind === 'create_table')
  result.statements.forEach((statement, index) => {
    if (saysSomething(statement))
      sink.add(statement, { rename: renamesAfter(result.statements, index), only: makers.length === 1 })
  })
  return sink.result()
}

/** BEGIN, SET, GRANT and their like are no lineage, and nothing is missing for it. */
function saysSomething({ kind, gaps, inputs, outputs }: StatementLineage): boolean {
  return kind !== 'other' || gaps.length > 0 || inputs.length > 0 || outputs.length > 0
}

interface Place {
  /** What a written table is called once the text has ended. */
  readonly rename: (name: TableName) => TableName
  /** Whether the text makes one relation alone. */
  readonly only: boolean
}

/** Where a statement's columns go. */
interface Target {
  readonly end: EdgeEnd
  readonly isOwner: boolean
  /** The key of the field that a column fills; undefined where it cannot be told. */
  readonly fields: (column: string, position: number, count: number) => string | undefined
}

/** How a statement tells of an edge. */
interface Said {
  /** Whether it tells of all columns between the two. */
  readonly known: boolean
  readonly lines: Lines
}

class Sink {
  readonly #names: Names
  readonly #owner: TextOwner | undefined
  readonly #edges = new Map<string, DerivedEdge>()
  readonly #fields = new Map<string, DerivedFieldEdge>()
  readonly #gaps: StoredGap[] = []
  readonly #unresolved = new Set<string>()
  readonly #counts = { resolved: 0, partial: 0, failed: 0 }

  constructor(names: Names, owner: TextOwner | undefined) {
    this.#names = names
    this.#owner = owner
  }

  add(statement: StatementLineage, place: Place): void {
    const gaps = [...statement.gaps.map((gap) => toGap(statement, gap))]
    const tell = (reason: string, message: string, columns: readonly string[] = []) => {
      gaps.push({ reason, message, statement: statement.hash, line: null, column: null, columns })
    }
    const inputs = this.#ends(statement.inputs, tell)
    const targets = this.#targets(statement, place, tell)
    this.#readColumns(statement, targets, tell)
    const outcome = statement.outcome === 'failed' ? 'failed' : gaps.length > 0 ? 'partial' : 'resolved'
    this.#link(inputs, [...targets.values()], { known: outcome === 'resolved', lines: statement.lines })
    this.#counts[outcome] += 1
    this.#gaps.push(...gaps)
  }

  result(): Translated {
    const { resolved, partial, failed } = this.#counts
    const statements = resolved + partial + failed
    return {
      outcome: statements > 0 && failed === statements ? 'failed' : resolved === statements ? 'resolved' : 'partial',
      statements,
      ...this.#counts,
      unresolvedReferences: this.#unresolved.size,
      gaps: this.#gaps.slice(0, MAX_GAPS),
      edges: [...this.#edges.values()],
      fieldEdges: [...this.#fields.values()],
    }
  }

  #ends(uses: StatementLineage['inputs'], tell: (reason: string, message: string) => void): EdgeEnd[] {
    return uses.flatMap(({ name, temporary }) => {
      if (temporary) return []
      const end = this.#end(name)
      if (end === undefined) tell('unknown_table', `${name.join('.')} names no relation that could be found`)
      return end === undefined || end === 'system' ? [] : [end]
    })
  }

  #end(name: TableName): EdgeEnd | 'system' | undefined {
    const resolved = this.#names.resolve(name)
    if (resolved === 'system') return resolved
    if (resolved?.found === undefined) this.#unresolved.add(name.join('\u0000'))
    return resolved?.end
  }

  /** By the name the statement writes to; `''` for the answer of a query. */
  #targets(
    statement: StatementLineage,
    { rename, only }: Place,
    tell: (reason: string, message: string) => void,
  ): Map<string, Target> {
    const owner = this.#owner
    const targets = new Map<string, Target>()
    const makesOwner = only && owner?.end.group === 'relation' && /^create_/.test(statement.kind)
    for (const { name, temporary } of statement.outputs) {
      if (temporary) continue
      const target = rename(name)
      const resolved = this.#names.resolve(target)
      if (owner !== undefined && (makesOwner || (resolved !== 'system' && resolved?.end.key === owner.end.key))) {
        if (owner.end.group === 'relation') {
          targets.set(name.join('\u0000'), ownerTarget(owner))
          continue
        }
      }
      if (resolved === undefined) tell('unknown_table', `${target.join('.')} names no relation that could be found`)
      if (resolved === undefined || resolved === 'system') continue
      if (resolved.found === undefined) this.#unresolved.add(target.join('\u0000'))
      const { found } = resolved
      targets.set(name.join('\u0000'), {
        end: resolved.end,
        isOwner: false,
        fields: (column) => fieldKey(found, column),
      })
    }
    if (statement.outputs.length === 0 && statement.kind === 'select' && owner?.end.group === 'relation')
      targets.set('', ownerTarget(owner))
    else if (statement.outputs.length === 0 && statement.kind === 'select' && owner?.fills !== undefined) {
      const { end, found } = owner.fills
      if (found === undefined) this.#unresolved.add(end.path.join('\u0000'))
      targets.set('', { end, isOwner: false, fields: (column) => fieldKey(found, column) })
    }
    return targets
  }

  #link(inputs: readonly EdgeEnd[], targets: readonly Target[], said: Said): void {
    const owner = this.#owner?.end
    const direct = targets.filter(({ isOwner }) => isOwner || owner === undefined)
    for (const { end } of direct) for (const input of inputs) this.#edge(input, end, said)
    if (owner === undefined) return
    const through = { ...said, known: false }
    if (direct.length === 0) for (const input of inputs) this.#edge(input, owner, through)
    for (const { end, isOwner } of targets) if (!isOwner) this.#edge(owner, end, through)
  }

  /** An asset is not made from itself, though its columns may be from each other. */
  #edge(upstream: EdgeEnd, downstream: EdgeEnd, { known, lines }: Said): void {
    if (identityOf(upstream) === identityOf(downstream)) return
    const key = `${identityOf(upstream)}\u0000${identityOf(downstream)}`
    const before = this.#edges.get(key)
    const columnsKnown = known && before?.columnsKnown !== false
    this.#edges.set(key, { upstream, downstream, columnsKnown, lines: before?.lines ?? lines })
  }

  #readColumns(
    statement: StatementLineage,
    targets: ReadonlyMap<string, Target>,
    tell: (reason: string, message: string, columns: readonly string[]) => void,
  ): void {
    const targetOf = (table: TableName | undefined) => targets.get(table?.join('\u0000') ?? '')
    const counts = new Map<Target, number>()
    for (const { table } of statement.columns) {
      const target = targetOf(table)
      if (target !== undefined) counts.set(target, (counts.get(target) ?? 0) + 1)
    }
    const seen = new Map<Target, number>()
    const doubtful: string[] = []
    const unplaced: string[] = []
    for (const { table, column, transformation, expression, lines, reads } of statement.columns) {
      const target = targetOf(table)
      if (target === undefined) continue
      const position = seen.get(target) ?? 0
      seen.set(target, position + 1)
      const field = target.fields(column, position, counts.get(target) ?? 0)
      if (reads.some(({ confidence }) => confidence < CERTAIN_ENOUGH)) doubtful.push(column)
      if (field === undefined) unplaced.push(column)
      else for (const read of reads) this.#read(statement, read, { target, field, transformation, expression, lines })
    }
    for (const { table, reads } of statement.influences) {
      const target = targetOf(table)
      if (target === undefined) continue
      if (reads.some(({ confidence }) => confidence < CERTAIN_ENOUGH)) doubtful.push('*')
      for (const read of reads) this.#read(statement, read, { target, field: '', lines: statement.lines })
    }
    if (unplaced.length > 0) tell('column_count', 'the query has other columns than what it defines', unplaced)
    if (doubtful.length > 0)
      tell(
        'ambiguous_column',
        'several tables whose columns are not known may have a column that is read',
        doubtful.filter((column) => column !== '*'),
      )
  }

  #read(
    statement: StatementLineage,
    { table, column, subtypes, confidence }: ColumnRead,
    to: { target: Target; field: string; transformation?: string; expression?: string | undefined; lines: Lines },
  ): void {
    if (confidence < CERTAIN_ENOUGH) return
    const resolved = this.#names.resolve(table)
    if (resolved === undefined || resolved === 'system') return
    const direct = to.field !== '' && subtypes.some((subtype) => DIRECT.has(subtype))
    const influence = direct ? 'direct' : 'indirect'
    const upstreamField = fieldKey(resolved.found, column)
    const key = [identityOf(to.target.end), to.field, identityOf(resolved.end), upstreamField, influence].join('\u0000')
    const before = this.#fields.get(key)
    const merged = [...new Set([...(before?.subtypes ?? []), ...subtypes])].sort()
    this.#fields.set(key, {
      upstream: resolved.end,
      upstreamField,
      downstream: to.target.end,
      downstreamField: to.field,
      influence,
      transformation: direct ? (before?.transformation ?? to.transformation ?? '') : merged.join(', ').toLowerCase(),
      subtypes: merged,
      expression: before === undefined ? to.expression : before.expression,
      confidence: Math.max(before?.confidence ?? 0, confidence),
      lines: before?.lines ?? to.lines,
      statementHash: before?.statementHash ?? statement.hash,
    })
  }
}

function identityOf({ namespaceId, group, key }: EdgeEnd): string {
  return `${namespaceId} ${group} ${key}`
}

/** A bare query's columns are its asset's by position, where there are as many, else by name. */
function ownerTarget({ end, columns, found }: TextOwner): Target {
  const names = new Set(columns.map((name) => name.toLowerCase()))
  return {
    end,
    isOwner: true,
    fields: (column, position, count) => {
      if (count === columns.length) return fieldKey(found, columns[position] ?? column)
      return columns.length === 0 || names.has(column.toLowerCase()) ? fieldKey(found, column) : undefined
    },
  }
}

const keysOf = new WeakMap<FoundRelation, ReadonlyMap<string, string>>()

/** The field's own key, or the one a field of that name, or name path, would have. Names in another case come second. */
export function fieldKey(found: FoundRelation | undefined, column: string | readonly string[]): string {
  const path = typeof column === 'string' ? [column] : column
  if (found === undefined) return nameKey(path)
  let keys = keysOf.get(found)
  if (keys === undefined) {
    const pairs = found.columns.map((name, index) => [name, found.columnKeys[index] ?? ''] as const)
    const loose = pairs.toReversed().map(([name, key]) => [`\u0000${name.toLowerCase()}`, key] as const)
    keys = new Map([...loose, ...pairs])
    keysOf.set(found, keys)
  }
  const name = path.join('.')
  return keys.get(name) ?? keys.get(`\u0000${name.toLowerCase()}`) ?? nameKey(path)
}

function toGap(
  { hash }: StatementLineage,
  { reason, message, position, columns }: StatementLineage['gaps'][number],
): StoredGap {
  return { reason, message, statement: hash, line: position?.line ?? null, column: position?.column ?? null, columns }
}

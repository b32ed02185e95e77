import { type AssetRecord, nameKey, whyLeftOut } from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { FactsOf } from './facts/reading.ts'
import type { FactName } from './facts/sets.ts'
import { type Place, toRelation } from './relations.ts'
import { toEvent, toLibrary, toRoutines } from './routines.ts'

/** Objects that are listed and read together. */
export interface Family {
  /** The set whose objects they are. */
  readonly list: FactName
  /** The column of it that tells their kind, where it matters to {@link Family.kinds}. */
  readonly type?: string
  /** What is read with a page of them. */
  readonly facts: readonly FactName[]
  /** What is read with their whole database, as it may tell of objects that are not there. */
  readonly whole: readonly FactName[]
  /** Whether the filter `tables` names them. */
  readonly filtered: boolean
  kind(type: string): string
  records(name: string, facts: FactsOf, place: Place): readonly AssetRecord[]
}

export const FAMILIES: readonly Family[] = [
  {
    list: 'relation',
    type: 't.TABLE_TYPE',
    facts: [
      'relation',
      'column',
      'index',
      'foreignKey',
      'foreignKeyRule',
      'check',
      'view',
      'viewTable',
      'viewRoutine',
      'trigger',
      'partition',
      'sequence',
    ],
    whole: ['tableGrant', 'columnGrant'],
    filtered: true,
    kind: (type) => (type === 'VIEW' || type === 'SEQUENCE' ? type.toLowerCase() : 'table'),
    // It may have gone since it was listed.
    records: (name, facts, place) => (facts('relation').length === 0 ? [] : [toRelation(name, facts, place)]),
  },
  {
    list: 'routine',
    type: 't.ROUTINE_TYPE',
    facts: ['routine', 'parameter'],
    whole: [],
    filtered: false,
    kind: (type) => type.toLowerCase(),
    records: (name, facts, { database }) => toRoutines(name, facts, database),
  },
  {
    list: 'event',
    facts: ['event'],
    whole: [],
    filtered: false,
    kind: () => 'event',
    records: (name, facts, { database }) => (facts('event').length === 0 ? [] : [toEvent(name, facts, database)]),
  },
  {
    list: 'library',
    facts: ['library'],
    whole: [],
    filtered: false,
    kind: () => 'library',
    records: (name, facts, { database }) => (facts('library').length === 0 ? [] : [toLibrary(name, facts, database)]),
  },
]

const FILTERED: ReadonlySet<FactName> = new Set(
  FAMILIES.filter(({ filtered }) => filtered).flatMap(({ facts, whole }) => [...facts, ...whole]),
)

/** Which facts are of what the filters keep. */
export function keeps({ tables }: Settings): (name: FactName, object: string) => boolean {
  return (name, object) => !FILTERED.has(name) || whyLeftOut(tables, object) === undefined
}

/** Kinds whose names differ from those of tables and views are told apart in keys. */
export function keyOf(kind: string, database: string, name: string): string {
  const plain = kind === 'table' || kind === 'partitioned table' || kind === 'view'
  return nameKey([database, name, ...(plain ? [] : [kind])])
}

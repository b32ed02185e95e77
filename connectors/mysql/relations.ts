import { type AssetRecord, compareNames, type Json, type UpstreamRecord } from '../kit/index.ts'
import { toFields } from './columns.ts'
import {
  columnGrantFacets,
  grantFacets,
  partitionFacets,
  told,
  triggerFacets,
  withFacets,
  withProperties,
} from './facets.ts'
import type { FactsOf } from './facts/reading.ts'
import { toConstraints, toIndexes } from './keys.ts'
import type { Server } from './server.ts'
import type { Row } from './session.ts'
import { isSystemDatabase } from './text.ts'

/** Where a relation is, and the server that tells of it. */
export interface Place {
  readonly database: string
  readonly server: Server
}

/** The record of a table, view or sequence. */
export function toRelation(name: string, facts: FactsOf, place: Place): AssetRecord {
  const [row = {}] = facts('relation')
  const common = {
    path: [place.database, name],
    parent: { group: 'container' as const, path: [place.database] },
    ...withFacets(facetsOf(facts)),
  }
  if (row.tableType === 'VIEW') return { kind: 'view', ...common, ...viewParts(facts, place) }
  const comment = told('comment', row.tableComment)
  if (row.tableType === 'SEQUENCE') return { kind: 'sequence', ...common, ...comment, ...sequenceParts(facts) }
  return {
    kind: isPartitioned(facts) ? 'partitioned table' : 'table',
    ...common,
    ...comment,
    ...tableParts(row, facts, place),
  }
}

function facetsOf(facts: FactsOf) {
  return [
    ...grantFacets(facts('tableGrant')),
    ...columnGrantFacets(facts('columnGrant')),
    ...triggerFacets(facts('trigger')),
    ...partitionFacets(facts('partition')),
  ]
}

const isPartitioned = (facts: FactsOf) => facts('partition').length > 0

function tableParts(row: Row, facts: FactsOf, { server }: Place): Partial<AssetRecord> {
  const columns = facts('column')
  const fields = toFields(columns, facts('check'), server.mariadb)
  return {
    ...withProperties({
      ...told('engine', row.engine),
      ...told('rowFormat', row.rowFormat),
      ...told('collation', row.tableCollation),
      ...told('options', row.createOptions),
      ...(row.tableType === 'SYSTEM VERSIONED' ? { systemVersioned: true } : {}),
      ...partitionedBy(facts('partition')),
    }),
    fields,
    constraints: toConstraints({
      index: facts('index'),
      foreignKey: facts('foreignKey'),
      foreignKeyRule: facts('foreignKeyRule'),
      check: facts('check'),
      columns: new Set(fields.map(({ name }) => name)),
    }),
    indexes: toIndexes(facts('index')),
  }
}

function partitionedBy([first]: readonly Row[]): { partitionedBy?: Json } {
  if (first === undefined) return {}
  const { subpartitionMethod, subpartitionExpression } = first
  return {
    partitionedBy: {
      ...told('strategy', String(first.partitionMethod).toLowerCase()),
      ...told('key', first.partitionExpression),
      ...told('subpartitionStrategy', subpartitionMethod === null ? null : String(subpartitionMethod).toLowerCase()),
      ...told('subpartitionKey', subpartitionExpression),
    },
  }
}

function viewParts(facts: FactsOf, { database, server }: Place): Partial<AssetRecord> {
  const [row = {}] = facts('view')
  const text = String(row.viewDefinition ?? '')
  return {
    ...told('owner', row.definer),
    ...withProperties({
      ...(row.checkOption === 'NONE' || !row.checkOption ? {} : { checkOption: String(row.checkOption).toLowerCase() }),
      updatable: row.isUpdatable === 'YES',
      ...told('security', row.securityType === undefined ? null : String(row.securityType).toLowerCase()),
      ...(row.algorithm === 'UNDEFINED' || !row.algorithm ? {} : { algorithm: String(row.algorithm).toLowerCase() }),
      ...(text === '' ? { definitionHidden: true } : {}),
    }),
    fields: toFields(facts('column'), [], server.mariadb),
    ...(text === '' ? {} : { definition: { language: 'sql', text } }),
    ...upstreamsOf(facts, database),
  }
}

/** What the catalogue says that a view reads; MariaDB's does not. */
function upstreamsOf(facts: FactsOf, database: string): { upstreams?: UpstreamRecord[] } {
  const relations = facts('viewTable').map(
    (row): UpstreamRecord => ({
      group: 'relation',
      path: [String(row.tableSchema), String(row.tableName)],
      origin: 'catalogue',
    }),
  )
  const routines = facts('viewRoutine').map(
    (row): UpstreamRecord => ({
      group: 'routine',
      path: [String(row.specificSchema), String(row.specificName)],
      origin: 'catalogue',
    }),
  )
  const upstreams = [...relations, ...routines].filter(({ path: [first = database] }) => !isSystemDatabase(first))
  if (upstreams.length === 0) return {}
  return { upstreams: upstreams.sort(compareUpstreams) }
}

function compareUpstreams(left: UpstreamRecord, right: UpstreamRecord): number {
  return (
    compareNames(left.group, right.group) ||
    compareNames(left.path[0] ?? '', right.path[0] ?? '') ||
    compareNames(left.path[1] ?? '', right.path[1] ?? '')
  )
}

function sequenceParts(facts: FactsOf): Partial<AssetRecord> {
  const [row] = facts('sequence')
  if (row === undefined) return {}
  return withProperties({
    ...told('type', row.dataType),
    ...told('start', row.startValue),
    ...told('min', row.minimumValue),
    ...told('max', row.maximumValue),
    ...told('increment', row.increment),
    cycle: String(row.cycleOption) === 'YES' || String(row.cycleOption) === '1',
  })
}

import {
  displayName,
  type FacetRecord,
  type GrantRow,
  grantFacets,
  type Json,
  toldOf,
  withFacets,
} from '../kit/index.ts'
import { type ColumnGrantRow, columnGrantFacets, ENABLED } from './facets.ts'

interface TriggerRow {
  readonly name: string
  readonly definition: string
  readonly enabled: string
  /** Bits, see pg_trigger.h. */
  readonly type: number
  readonly function: readonly [schema: string, name: string]
  readonly constraint: boolean
  readonly inherited: boolean
  readonly comment: string | null
}

interface PolicyRow {
  readonly name: string
  readonly permissive: boolean
  readonly command: string
  /** Null for everyone. */
  readonly roles: readonly string[] | null
  readonly using: string | null
  readonly check: string | null
  readonly comment: string | null
}

interface RuleRow {
  readonly name: string
  readonly definition: string
  readonly event: string
  readonly instead: boolean
  readonly enabled: string
  readonly comment: string | null
}

interface StatisticsRow {
  readonly schema: string
  readonly name: string
  readonly definition: string
  readonly target: string | null
  readonly owner: string
  readonly comment: string | null
}

/** The part of a relation's row that becomes facets. */
export interface RelationFacetRows {
  readonly grants: readonly GrantRow[] | null
  readonly triggers: readonly TriggerRow[] | null
  readonly policies: readonly PolicyRow[] | null
  readonly rules: readonly RuleRow[] | null
  readonly statistics: readonly StatisticsRow[] | null
}

const TRIGGER_EVENTS = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
] as const
const POLICY_COMMANDS: Readonly<Record<string, string>> = {
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
  '*': 'all',
}
const RULE_EVENTS: Readonly<Record<string, string>> = { '2': 'update', '3': 'insert', '4': 'delete' }

export function relationFacets(
  row: RelationFacetRows,
  columnGrants: readonly ColumnGrantRow[] | null,
  place: { readonly database: string },
) {
  return withFacets([
    ...grantFacets(row.grants),
    ...columnGrantFacets(columnGrants),
    ...(row.triggers ?? []).map((trigger) => toTrigger(trigger, place.database)),
    ...(row.policies ?? []).map(toPolicy),
    ...(row.rules ?? []).map(toRule),
    ...(row.statistics ?? []).map(toStatistics),
  ])
}

function toTrigger(row: TriggerRow, database: string): FacetRecord {
  return facet('trigger', row.name, {
    definition: row.definition,
    timing: row.type & 64 ? 'instead of' : row.type & 2 ? 'before' : 'after',
    level: row.type & 1 ? 'row' : 'statement',
    events: TRIGGER_EVENTS.filter(([bit]) => row.type & bit).map(([, event]) => event),
    function: [database, ...row.function],
    enabled: ENABLED[row.enabled],
    constraint: row.constraint ? true : null,
    inherited: row.inherited ? true : null,
    comment: row.comment,
  })
}

function toPolicy(row: PolicyRow): FacetRecord {
  return facet('policy', row.name, {
    permissive: row.permissive,
    command: POLICY_COMMANDS[row.command],
    roles: row.roles === null ? null : [...row.roles].sort(),
    using: row.using,
    check: row.check,
    comment: row.comment,
  })
}

function toRule(row: RuleRow): FacetRecord {
  return facet('rule', row.name, {
    definition: row.definition,
    event: RULE_EVENTS[row.event],
    instead: row.instead,
    enabled: ENABLED[row.enabled],
    comment: row.comment,
  })
}

/** They live in a schema of their own, which need not be the table's. */
function toStatistics(row: StatisticsRow): FacetRecord {
  return facet('statistics', displayName([row.schema, row.name]), {
    schema: row.schema,
    name: row.name,
    definition: row.definition,
    target: row.target === null ? null : Number(row.target),
    owner: row.owner,
    comment: row.comment,
  })
}

function facet(kind: string, name: string, body: Readonly<Record<string, Json | null | undefined>>): FacetRecord {
  return { kind, name, body: toldOf(body) }
}

import {
  type AssetRecord,
  type ConstraintRecord,
  type IndexRecord,
  optional,
  type UpstreamRecord,
  withFacets,
  withProperties,
} from '../kit/index.ts'
import { type Entry, isYes, text } from './entries.ts'
import { columnFacts, factFacets } from './facts.ts'
import type { Row } from './session.ts'
import { fieldRecords, readStructures } from './types.ts'

/** What is known of one relation. */
export interface Relation {
  readonly database: string
  /** The row of TABLES. */
  readonly table: Entry
  /** All entries of its name: columns, structures, texts. */
  readonly entries: readonly Entry[]
  readonly facts: readonly Entry[]
  readonly keys: readonly ConstraintRecord[]
  /** The row of SHOW VIEWS, SHOW DYNAMIC TABLES and the like, where there is one. */
  readonly shown: Row | undefined
  readonly indexes: readonly IndexRecord[]
}

/** The kind of a row of TABLES. */
export function relationKind({ type, body }: Entry): string {
  if (isYes(body.dynamic)) return 'dynamic table'
  if (isYes(body.hybrid)) return 'hybrid table'
  if (isYes(body.iceberg)) return 'iceberg table'
  return (
    {
      VIEW: 'view',
      'MATERIALIZED VIEW': 'materialized view',
      'EXTERNAL TABLE': 'external table',
      'EVENT TABLE': 'event table',
    }[type] ?? 'table'
  )
}

export function relationRecord(relation: Relation): AssetRecord {
  const { database, table, entries, facts, keys } = relation
  const { schema, name, body } = table
  const definition = definitionOf(relation)
  const { indexes } = relation
  const upstreams = upstreamsOf(relation)
  return {
    kind: relationKind(table),
    path: [database, schema, name],
    parent: { group: 'container', path: [database, schema] },
    ...optional('nativeId', text(body, 'id')),
    ...optional('owner', text(body, 'owner')),
    ...optional('comment', text(body, 'comment')),
    ...properties(relation),
    fields: fieldRecords(
      entries.filter(({ kind }) => kind === 'column'),
      readStructures(entries),
      columnFacts(facts),
    ),
    constraints: [...keys],
    ...(indexes.length === 0 ? {} : { indexes: [...indexes] }),
    ...(definition === undefined ? {} : { definition: { language: 'sql', text: definition } }),
    ...(upstreams.length === 0 ? {} : { upstreams }),
    ...withFacets(factFacets(facts)),
  }
}

/** Of a view that another role owns INFORMATION_SCHEMA has no text. */
function definitionOf({ entries, shown }: Relation): string | undefined {
  const view = entries.find(({ kind }) => kind === 'view')
  return (view === undefined ? undefined : text(view.body, 'definition')) ?? (shown?.text || undefined)
}

function properties({ table, entries, facts, shown }: Relation) {
  const { body } = table
  const view = entries.find(({ kind }) => kind === 'view')
  const external = entries.find(({ kind }) => kind === 'external')?.body ?? {}
  const clone = facts.find(({ kind }) => kind === 'clone')?.body
  const kind = relationKind(table)
  return withProperties({
    transient: isYes(body.transient) ? true : null,
    clusteringKey: text(body, 'clustering'),
    retentionDays: kind.includes('view') ? null : (body.retention ?? null),
    secure: isYes(view?.body.secure) || isYes(shown?.is_secure) ? true : null,
    ...(clone === undefined ? {} : { cloneOf: [clone.database ?? null, clone.schema ?? null, clone.name ?? null] }),
    location: text(external, 'location'),
    fileFormat: text(external, 'format') ?? text(external, 'formatType'),
    ...(kind === 'dynamic table'
      ? { targetLag: shown?.target_lag, warehouse: shown?.warehouse, refreshMode: shown?.refresh_mode }
      : {}),
    ...(kind === 'iceberg table'
      ? {
          externalVolume: shown?.external_volume_name,
          catalog: shown?.catalog_name,
          icebergTableType: shown?.iceberg_table_type,
          baseLocation: shown?.base_location,
        }
      : {}),
  })
}

/** An external table reads its stage. */
function upstreamsOf({ entries }: Relation): UpstreamRecord[] {
  const external = entries.find(({ kind }) => kind === 'external')
  const stage = /^@([^./"]+)\.([^./"]+)\.([^./"]+)(?:\/|$)/.exec(text(external?.body ?? {}, 'location') ?? '')
  return stage === null ? [] : [{ origin: 'catalogue', group: 'storage', path: stage.slice(1, 4) }]
}

/** https://docs.snowflake.com/en/sql-reference/sql/show-indexes */
export function toIndex(row: Row): IndexRecord {
  const list = (value: string | null | undefined) =>
    (value ?? '')
      .replace(/^\[|\]$/g, '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
  const include = list(row.included_columns)
  return {
    name: row.name ?? '',
    columns: list(row.columns),
    unique: isYes(row.is_unique),
    primary: /^SYS_INDEX_.*_PRIMARY$/.test(row.name ?? ''),
    ...withProperties(include.length === 0 ? {} : { include }),
  }
}

import { parseDisplayName } from '../../model/names.ts'
import type { KindGroup } from '../../model/records.ts'
import { type AssetRecord, optional, toldOf, withFacets, withProperties } from '../kit/index.ts'
import { type Entry, isYes, text } from './entries.ts'
import { factFacets, splitOutside, typesOf } from './facts.ts'

/** A description of what is neither a relation nor a database. */
export interface ObjectInput {
  readonly database: string
  readonly entry: Entry
  readonly facts: readonly Entry[]
  /** All entries of its name. */
  readonly entries: readonly Entry[]
}

type Body = Entry['body']
type Made = Partial<Omit<AssetRecord, 'kind' | 'path'>>

interface Family {
  readonly group: KindGroup
  /** The last part of the path, where it is not the name alone. */
  readonly name?: (entry: Entry) => string
  readonly record: (body: Body, input: ObjectInput) => Made
}

/** Every kind of object in a schema besides relations, and how its record is made. */
const FAMILIES: Readonly<Record<string, Family>> = {
  schema: {
    group: 'container',
    record: (body) =>
      withProperties({
        transient: isYes(body.transient) ? true : null,
        managedAccess: isYes(body.managed) ? true : null,
        retentionDays: body.retention ?? null,
      }),
  },
  sequence: {
    group: 'sequence',
    record: (body) =>
      withProperties(
        toldOf({ type: body.type, start: body.start, min: body.min, max: body.max, increment: body.increment }),
      ),
  },
  // A stage's URL may carry a query, which may carry a signature.
  stage: {
    group: 'storage',
    record: (body) =>
      withProperties({
        url: text(body, 'url')?.replace(/\?.*$/, ''),
        region: text(body, 'region'),
        type: text(body, 'type'),
      }),
  },
  'file format': {
    group: 'type',
    record: ({ owner: _, comment: __, ...body }) => withProperties(body),
  },
  pipe: { group: 'other', record: pipeRecord },
  stream: { group: 'relation', record: streamRecord },
  task: { group: 'job', record: taskRecord },
  'semantic view': { group: 'dataset', record: semanticRecord },
  function: { group: 'routine', name: routineName, record: routineRecord },
  procedure: { group: 'routine', name: routineName, record: routineRecord },
}

export function groupOf(kind: string): KindGroup | undefined {
  return FAMILIES[kind]?.group
}

export function objectPath(database: string, entry: Entry): string[] {
  if (entry.kind === 'schema') return [database, entry.schema]
  return [database, entry.schema, FAMILIES[entry.kind]?.name?.(entry) ?? entry.name]
}

export function objectRecord(input: ObjectInput): AssetRecord {
  const { database, entry, facts } = input
  const path = objectPath(database, entry)
  const { body } = entry
  return {
    kind: entry.kind,
    path,
    parent: { group: 'container', path: path.slice(0, -1) },
    ...optional('nativeId', text(body, 'id')),
    ...optional('owner', text(body, 'owner')),
    ...optional('comment', text(body, 'comment')),
    ...withFacets(factFacets(facts)),
    ...FAMILIES[entry.kind]?.record(body, input),
  }
}

function routineName({ name, body }: Entry): string {
  return `${name}${typesOf(text(body, 'arguments') ?? '()')}`
}

function routineRecord(body: Body, { entry }: ObjectInput): Made {
  const language = (text(body, 'language') ?? 'sql').toLowerCase()
  const definition = text(body, 'definition')
  return {
    ...withProperties({
      name: entry.name,
      arguments: argumentsOf(text(body, 'arguments') ?? '()'),
      returns: text(body, 'returns'),
      language,
      volatility: text(body, 'volatility')?.toLowerCase(),
      secure: isYes(body.secure) ? true : null,
      external: isYes(body.external) ? true : null,
      aggregate: isYes(body.aggregate) ? true : null,
      runtime: text(body, 'runtime'),
      packages: text(body, 'packages'),
      handler: text(body, 'handler'),
      imports: text(body, 'imports'),
    }),
    ...(definition === undefined ? {} : { definition: { language, text: definition } }),
  }
}

function argumentsOf(signature: string) {
  const inner = signature.trim().replace(/^\(|\)$/g, '')
  if (inner === '') return []
  return splitOutside(inner).map((part) => {
    const [, name = '', type = ''] = /^\s*("(?:[^"]|"")*"|\S+)\s+([\s\S]*?)\s*$/.exec(part) ?? []
    return { name, type }
  })
}

/** https://docs.snowflake.com/en/sql-reference/info-schema/pipes */
function pipeRecord(body: Body): Made {
  const definition = text(body, 'definition')
  return {
    ...withProperties({
      autoIngest: isYes(body.autoIngest) ? true : null,
      notificationChannel: text(body, 'channel'),
      pattern: text(body, 'pattern'),
    }),
    ...(definition === undefined ? {} : { definition: { language: 'sql', text: definition } }),
  }
}

/** https://docs.snowflake.com/en/sql-reference/sql/show-streams; when it goes stale is data. */
function streamRecord(body: Body): Made {
  const source = text(body, 'table_name')
  const path = source === undefined ? [] : parseDisplayName(source)
  const group = /stage/i.test(text(body, 'source_type') ?? '') ? 'storage' : 'relation'
  return {
    ...withProperties({
      sourceType: text(body, 'source_type'),
      source,
      type: text(body, 'type'),
      mode: text(body, 'mode'),
    }),
    ...(path.length === 3 ? { upstreams: [{ origin: 'catalogue', group, path }] } : {}),
  }
}

/** https://docs.snowflake.com/en/sql-reference/sql/show-tasks */
function taskRecord(body: Body): Made {
  const definition = text(body, 'definition')
  const predecessors = predecessorsOf(text(body, 'predecessors'))
  return {
    ...withProperties({
      warehouse: text(body, 'warehouse'),
      schedule: text(body, 'schedule'),
      state: text(body, 'state'),
      condition: text(body, 'condition'),
      overlapping: isYes(body.allow_overlapping_execution) ? true : null,
    }),
    ...(definition === undefined ? {} : { definition: { language: 'sql', text: definition } }),
    ...(predecessors.length === 0
      ? {}
      : { upstreams: predecessors.map((path) => ({ origin: 'catalogue', group: 'job', path })) }),
  }
}

/** A JSON list of qualified names; one name alone in older answers. */
function predecessorsOf(value: string | undefined): string[][] {
  if (value === undefined || value === '[]') return []
  try {
    return (JSON.parse(value) as unknown[]).map((name) => parseDisplayName(String(name)))
  } catch {
    return [parseDisplayName(value)]
  }
}

/** Its dimensions, facts and metrics are entries beside it. */
function semanticRecord(_body: Body, { entries }: ObjectInput): Made {
  const parts = entries.filter(({ kind }) => kind.startsWith('semantic ') && kind !== 'semantic view')
  return {
    fields: parts.map(({ kind, body }, index) => {
      const table = text(body, 'table_name')
      const name = text(body, 'name') ?? ''
      return {
        name,
        ...(table === undefined ? {} : { path: [table, name] }),
        position: index + 1,
        nativeType: text(body, 'data_type') ?? 'unknown',
        type: 'unknown' as const,
        nullable: true,
        ...optional('comment', text(body, 'comment')),
        ...withProperties({ role: kind.slice('semantic '.length), synonyms: text(body, 'synonyms') }),
      }
    }),
  }
}

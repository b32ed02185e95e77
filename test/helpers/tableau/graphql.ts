import {
  buildSchema,
  defaultTypeResolver,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql'
import { CONNECTIONS, SCHEMA } from './schema.ts'
import type { TableauWorld } from './world.ts'

/** How the Metadata API behaves; the limits are those documented. */
export interface MetadataLimits {
  /** Nodes that one query may return. */
  nodes: number
  /** Whether what is past it comes as a null where none may be, without a code. */
  nullInstead: boolean
  /** A page is cut here without a word. */
  page: number
  /** Queries that are answered by RATE_EXCEEDED, one after another. */
  exceeded: number
  /** Errors that come along with a good answer. */
  warnings: readonly object[]
}

export function documentedLimits(): MetadataLimits {
  return { nodes: 20_000, nullInstead: false, page: 1_000, exceeded: 0, warnings: [] }
}

let schema: GraphQLSchema | undefined

interface Arguments {
  readonly filter?: {
    readonly idWithin?: readonly string[]
    readonly luidWithin?: readonly string[]
    readonly hasActiveWarning?: boolean
  }
  readonly first?: number
  readonly after?: string | null
  readonly orderBy?: unknown
}

interface Node {
  readonly id: string
  readonly luid?: string
  readonly dataQualityWarnings?: readonly { readonly isActive: boolean }[]
}

/** Answers a query by running it: one that asks for what the schema does not have fails, as it would at Tableau. */
export async function answerMetadata(
  world: TableauWorld,
  limits: MetadataLimits,
  asked: { readonly query: string; readonly variables?: Record<string, unknown> },
): Promise<unknown> {
  if (limits.exceeded > 0) {
    limits.exceeded -= 1
    return { errors: [{ message: 'Rate exceeded', extensions: { severity: 'ERROR', code: 'RATE_EXCEEDED' } }] }
  }
  schema ??= buildSchema(SCHEMA)
  const document = parse(asked.query)
  const invalid = validate(schema, document)
  if (invalid.length > 0) return { errors: invalid.map(({ message }) => ({ message })) }
  let nodes = 0
  const fieldResolver: GraphQLFieldResolver<Record<string, unknown>, unknown> = (source, args, _context, info) => {
    const { fieldName } = info
    if (fieldName.endsWith('Connection') && fieldName !== 'virtualConnection') {
      const list = info.parentType.name === 'Query' ? listOf(world, fieldName) : (source.fields as Node[])
      const connection = page(list, args as Arguments, limits)
      nodes += connection.nodes.length
      return connection
    }
    const value = fieldName === 'downstreamWorkbooks' ? downstream(world, source) : source[fieldName]
    if (Array.isArray(value)) nodes += value.length
    return value
  }
  const result = await execute({
    schema,
    document,
    variableValues: asked.variables ?? {},
    rootValue: {},
    fieldResolver,
    typeResolver: (value, context, info, type) =>
      (value as { __typename?: string }).__typename ?? defaultTypeResolver(value, context, info, type),
  })
  if (nodes > limits.nodes) return tooManyNodes(limits)
  return limits.warnings.length === 0 ? result : { ...result, errors: limits.warnings }
}

function tooManyNodes({ nodes, nullInstead }: MetadataLimits): unknown {
  if (nullInstead)
    return {
      data: null,
      errors: [
        {
          message:
            'The field at path was declared as a non null type, but the code involved in retrieving it returned null',
          extensions: { classification: 'NullValueInNonNullableField' },
        },
      ],
    }
  return {
    data: null,
    errors: [
      {
        message: `Showing partial results. The request exceeded the ${nodes} node limit.`,
        extensions: { severity: 'WARNING', code: 'NODE_LIMIT_EXCEEDED', properties: { nodeLimit: nodes } },
      },
    ],
  }
}

function listOf(world: TableauWorld, connection: string): readonly Node[] {
  const of: Readonly<Record<string, () => readonly object[]>> = {
    Workbook: () => world.workbooks,
    Sheet: () => world.workbooks.flatMap(({ sheets }) => sheets),
    Dashboard: () => world.workbooks.flatMap(({ dashboards }) => dashboards),
    EmbeddedDatasource: () => world.workbooks.flatMap(({ embeddedDatasources }) => embeddedDatasources),
    PublishedDatasource: () => world.published,
    DatabaseTable: () => world.tables,
    CustomSQLTable: () => world.customSql,
    VirtualConnectionTable: () => world.connections.flatMap(({ tables }) => tables),
    VirtualConnection: () => world.connections,
    Flow: () => world.flows,
  }
  return (of[CONNECTIONS[connection] ?? '']?.() ?? []) as readonly Node[]
}

function downstream(world: TableauWorld, source: object): unknown[] {
  return world.workbooks.filter(({ embeddedDatasources }) =>
    embeddedDatasources.some(({ upstreamDatasources }) => upstreamDatasources.includes(source as never)),
  )
}

function page(list: readonly Node[], { filter, first = 100, after, orderBy }: Arguments, limits: MetadataLimits) {
  const ids = filter?.idWithin === undefined ? undefined : new Set(filter.idWithin)
  const luids = filter?.luidWithin === undefined ? undefined : new Set(filter.luidWithin)
  const wanted = list.filter(
    (node) =>
      (ids === undefined || ids.has(node.id)) &&
      (luids === undefined || luids.has(node.luid ?? '')) &&
      (filter?.hasActiveWarning !== true || (node.dataQualityWarnings ?? []).some(({ isActive }) => isActive)),
  )
  const sorted = orderBy === undefined ? wanted : [...wanted].sort((left, right) => (left.id < right.id ? -1 : 1))
  const start = after === null || after === undefined ? 0 : sorted.findIndex(({ id }) => id > cursorId(after))
  const rest = start === -1 ? [] : sorted.slice(start)
  const nodes = rest.slice(0, Math.min(first, limits.page))
  const last = nodes.at(-1)
  return {
    nodes,
    // Past what it serves at once, the API says nothing of what it left out.
    pageInfo: {
      hasNextPage: first <= limits.page && rest.length > nodes.length,
      endCursor: last === undefined ? null : Buffer.from(last.id).toString('base64'),
    },
    totalCount: sorted.length,
  }
}

function cursorId(cursor: string): string {
  return Buffer.from(cursor, 'base64').toString()
}

import { z } from 'zod'
import {
  type AssetRecord,
  type Connector,
  type ConnectorHandle,
  type Described,
  defineConnector,
  IngestError,
  nameKey,
} from '../../../connectors/kit/index.ts'

/** A workbook: one item that yields itself, its sheets and the data sets it uses, which other workbooks may use too. */
export interface Workbook {
  id: string
  title: string
  /** Sheet id to name. */
  sheets: Record<string, string>
  datasets: string[]
}

/** A system as connectors of BI tools find it: projects of workbooks, with a theme per project that each record shows. */
export interface WorkbookWorld {
  projects: Map<string, { theme: string; workbooks: Map<string, Workbook> }>
  /** Data set to the tables it reads, in another system's namespace. */
  datasets: Map<string, { columns: string[]; tables: string[][] }>
  /** What goes wrong on purpose. */
  trouble: {
    partial?: Set<string>
    failListing?: Set<string>
    failItems?: Set<string>
    leftOut?: Map<string, 'filtered' | 'permission'>
    incompleteScopes?: boolean
    visibility?: string
    filteredItems?: (key: string) => boolean
    /** A weak fingerprint misses changes of sheets: the oracle must notice. */
    weak?: boolean
  }
  /** Data set to its numbers, for a connector that offers statistics; an error instead is what asking for them meets. */
  numbers: Map<string, { rowCount?: number; bytes?: number; reads?: number; lastReadAt?: Date }> | IngestError
  /** Keys described, in order, since the last look. */
  described: string[]
  /** Called before each page of records is handed out. */
  beforeDescribe?: (keys: readonly string[]) => Promise<void> | void
}

export function createWorkbookWorld(): WorkbookWorld {
  return { projects: new Map(), datasets: new Map(), trouble: {}, numbers: new Map(), described: [] }
}

const UPSTREAM_NAMESPACE = 'postgres://warehouse:5432'

/** The connector over worlds held in memory, which a source names in its config. */
export function workbookConnector(
  worlds: ReadonlyMap<string, WorkbookWorld>,
  { statistics = false }: { readonly statistics?: boolean } = {},
): Connector {
  return defineConnector<{ world: string; color?: string | undefined }>({
    manifest: {
      type: 'workbooks',
      title: 'Synthetic workbooks',
      category: 'bi',
      version: '1.0.0',
      protocol: 1,
      recordVersion: 1,
      config: z.strictObject({ world: z.string(), color: z.string().optional() }),
      example: { world: 'main' },
      kinds: [
        { kind: 'workbook', group: 'report', levels: ['project', 'workbook'] },
        { kind: 'sheet', group: 'report', levels: ['project', 'workbook', 'sheet'] },
        { kind: 'data set', group: 'dataset', levels: ['data set'] },
      ],
      scopeNoun: 'project',
      grants: [],
      capabilities: statistics ? ['statistics', 'usage'] : [],
      urlSchemes: ['workbooks'],
      fromUrl: (url) => ({ world: new URL(url).host }),
      namespace: ({ world }) => `workbooks://${world}`,
      suggestName: ({ world }) => world,
      shape: ({ color }) => color ?? null,
      filter: () => null,
    },
    errorRules: [{ category: 'source_unavailable', codes: ['DOWN'] }],
    open: async ({ world: name, color }, context) => {
      const world = worlds.get(name)
      if (world === undefined) throw new IngestError('not_found', `no world ${name}`)
      const { trouble } = world
      const find = (project: string) => world.projects.get(project)?.workbooks ?? new Map<string, Workbook>()
      return {
        checks: () => [{ name: 'reach', run: async () => undefined }],
        scopes: async () => ({
          complete: trouble.incompleteScopes !== true,
          scopes: [...world.projects.keys()]
            .filter((key) => !trouble.leftOut?.has(key))
            .map((key) => ({ key, name: key })),
          leftOut: [...(trouble.leftOut ?? [])].map(([key, reason]) => ({
            key,
            name: key,
            reason,
            message: `no access to ${key}`,
          })),
        }),
        async *inventory(scope) {
          context.signal.throwIfAborted()
          context.meter.request()
          if (trouble.failListing?.has(scope.key))
            throw Object.assign(new Error('the server went away'), { code: 'DOWN' })
          const workbooks = [...find(scope.key)]
          const listed = trouble.partial?.has(scope.key) ? workbooks.slice(0, workbooks.length / 2) : workbooks
          yield listed.map(([key, workbook]) => ({
            key: nameKey([scope.key, key]),
            nativeId: workbook.id,
            fingerprint: JSON.stringify([
              workbook.title,
              workbook.datasets.map((dataset) => [dataset, world.datasets.get(dataset)]),
              trouble.weak === true ? null : workbook.sheets,
            ]),
          }))
          return {
            listing: trouble.partial?.has(scope.key) ? 'partial' : 'complete',
            ...(trouble.visibility === undefined ? {} : { visibility: trouble.visibility }),
          }
        },
        async *describe(scope, items) {
          await world.beforeDescribe?.(items.map((item) => item.key))
          context.signal.throwIfAborted()
          world.described.push(...items.map((item) => item.key))
          const byKey = new Map(
            [...find(scope.key)].map(([key, workbook]) => [nameKey([scope.key, key]), [key, workbook] as const]),
          )
          yield items.flatMap(({ key }): Described[] => {
            if (trouble.failItems?.has(key))
              return [{ key, error: new IngestError('permission', `${key} is forbidden`) }]
            const found = byKey.get(key)
            return found === undefined ? [] : [{ key, records: describeWorkbook(world, scope.key, found, color) }]
          })
        },
        async dependents(scope, keys) {
          const theme = nameKey([scope.key, 'theme'])
          return keys.includes(theme) ? [...find(scope.key).keys()].map((key) => nameKey([scope.key, key])) : []
        },
        ...(statistics ? offerNumbers(world) : {}),
        filtered: (_, keys) => keys.filter((key) => trouble.filteredItems?.(key)),
        [Symbol.asyncDispose]: async () => {},
      }
    },
  })
}

function offerNumbers(world: WorkbookWorld): Pick<ConnectorHandle, 'statistics' | 'usage'> {
  const read = () => {
    if (world.numbers instanceof IngestError) throw world.numbers
    return [...world.numbers].map(([name, numbers]) => ({ group: 'dataset' as const, path: [name], ...numbers }))
  }
  return {
    async *statistics() {
      yield read().map(({ reads: _, lastReadAt: __, ...row }) => row)
    },
    async *usage() {
      yield read().map(({ rowCount: _, bytes: __, ...row }) => row)
    },
  }
}

function describeWorkbook(
  world: WorkbookWorld,
  project: string,
  [name, workbook]: readonly [string, Workbook],
  color: string | undefined,
): AssetRecord[] {
  const path = [project, name]
  const theme = world.projects.get(project)?.workbooks.get('theme')?.title
  return [
    {
      kind: 'workbook',
      path,
      nativeId: workbook.id,
      comment: workbook.title,
      properties: { ...(theme === undefined ? {} : { theme }), ...(color === undefined ? {} : { color }) },
    },
    ...Object.entries(workbook.sheets).map(
      ([id, sheet]): AssetRecord => ({
        kind: 'sheet',
        path: [...path, sheet],
        parent: { group: 'report', path },
        nativeId: `${workbook.id}/${id}`,
        upstreams: workbook.datasets.map((dataset) => ({ group: 'dataset', path: [dataset], origin: 'bi' as const })),
      }),
    ),
    ...workbook.datasets.map(
      (dataset): AssetRecord => ({
        kind: 'data set',
        path: [dataset],
        fields: (world.datasets.get(dataset)?.columns ?? []).map((column, index) => ({
          name: column,
          position: index + 1,
          nativeType: 'text',
          type: 'string',
          nullable: true,
        })),
        upstreams: (world.datasets.get(dataset)?.tables ?? []).map((table) => ({
          namespace: UPSTREAM_NAMESPACE,
          group: 'relation',
          path: table,
          origin: 'bi' as const,
        })),
      }),
    ),
  ]
}

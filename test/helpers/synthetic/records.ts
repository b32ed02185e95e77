import { z } from 'zod'
import {
  type AssetKind,
  type AssetRecord,
  type Connector,
  type ConnectorManifest,
  defineConnector,
  itemWithRecords,
  nameKey,
  type SqlTexts,
} from '../../../connectors/kit/index.ts'

/** Records by item; a test changes them between syncs. */
export type RecordWorld = Map<string, AssetRecord[]>

export interface RecordSystem {
  readonly type: string
  readonly category: ConnectorManifest<unknown>['category']
  readonly namespace: string
  readonly kinds: readonly AssetKind[]
  readonly sql?: SqlTexts
}

/** A connector of one scope that tells whatever records its world holds. */
function recordsConnector({ sql, namespace, ...system }: RecordSystem, world: RecordWorld): Connector {
  return defineConnector<{ world: string }>({
    manifest: {
      ...system,
      title: system.type,
      version: '1.0.0',
      protocol: 1,
      recordVersion: 1,
      config: z.strictObject({ world: z.string() }),
      example: { world: 'main' },
      scopeNoun: 'world',
      grants: [],
      ...(sql === undefined ? {} : { sql }),
      urlSchemes: [system.type],
      fromUrl: (url) => ({ world: new URL(url).host }),
      namespace: () => namespace,
      suggestName: ({ world: name }) => name,
      shape: () => null,
      filter: () => null,
    },
    errorRules: [],
    open: async () => ({
      checks: () => [],
      scopes: async () => ({ complete: true, leftOut: [], scopes: [{ key: 'all', name: 'all' }] }),
      async *inventory() {
        yield [...world].map(([key, records]) => itemWithRecords({ key, records }))
        return { listing: 'complete' }
      },
      [Symbol.asyncDispose]: async () => {},
    }),
  })
}

const RELATIONS: readonly AssetKind[] = ['table', 'view'].map((kind) => ({
  kind,
  group: 'relation',
  levels: ['database', 'schema', 'table'],
}))

/** A system of tables, `warehouse://main`, whose views are written in PostgreSQL's SQL. */
export function warehouseConnector(world: RecordWorld, namespace = 'warehouse://main'): Connector {
  return recordsConnector(
    {
      type: 'warehouse',
      category: 'warehouse',
      namespace,
      kinds: RELATIONS,
      sql: {
        dialect: 'postgres',
        defaults: ({ path }) => ({ database: path[0] ?? '', schemas: ['public'] }),
        assetPath: (name) => (name.length === 3 ? name : undefined),
      },
    },
    world,
  )
}

/** A BI tool, `reports://main`: data sets over the warehouse, charts over data sets, boards over charts. */
export function reportsConnector(world: RecordWorld): Connector {
  return recordsConnector(
    {
      type: 'reports',
      category: 'bi',
      namespace: 'reports://main',
      kinds: [
        { kind: 'data set', group: 'dataset', levels: ['data set'] },
        { kind: 'query', group: 'relation', levels: ['data set', 'query'] },
        { kind: 'chart', group: 'report', levels: ['board', 'chart'] },
        { kind: 'board', group: 'report', levels: ['board'] },
      ],
      sql: {
        dialect: 'generic',
        defaults: () => ({}),
        assetPath: () => undefined,
        foreign: () => ({
          origin: 'bi',
          dialect: 'postgres',
          namespace: 'warehouse://main',
          defaults: { database: 'shop', schemas: ['public'] },
          toSql: (text) => text.replace('<[Parameters].[P]>', '1'),
        }),
      },
    },
    world,
  )
}

/** Plain columns of a record, by name. */
export function columnsOf(...names: readonly string[]): NonNullable<AssetRecord['fields']> {
  return names.map((name, index) => ({
    name,
    position: index + 1,
    nativeType: 'text',
    type: 'string',
    nullable: true,
  }))
}

export function tableRecord(name: string, columns: readonly string[], definition?: string): AssetRecord {
  return {
    kind: definition === undefined ? 'table' : 'view',
    path: ['shop', 'public', name],
    fields: columnsOf(...columns),
    ...(definition === undefined ? {} : { definition: { language: 'sql', text: definition } }),
  }
}

/** Puts each record into the world as an item of its own. */
export function put(world: RecordWorld, ...records: readonly AssetRecord[]): void {
  for (const record of records) world.set(nameKey([record.kind, ...record.path]), [record])
}

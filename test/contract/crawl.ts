import type {
  AssetRecord,
  Connector,
  ConnectorContext,
  ConnectorHandle,
  InventoryItem,
  Json,
  Scope,
} from '../../connectors/kit/index.ts'
import { silentLog } from '../helpers/engine.ts'

export interface Opened extends AsyncDisposable {
  readonly handle: ConnectorHandle
  /** Calls sent to the source so far. */
  readonly requests: () => number
}

export async function openConnector(
  connector: Connector,
  config: Readonly<Record<string, Json>>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Opened> {
  let requests = 0
  const context: ConnectorContext = {
    signal,
    log: silentLog,
    meter: {
      request: (count = 1) => {
        requests += count
      },
      bytes: () => {},
      throttle: () => {},
      cost: () => {},
    },
    secrets: { replace: async () => {} },
  }
  const handle = await connector.open(connector.manifest.config.parse(config), context)
  return { handle, requests: () => requests, [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose]() }
}

export interface CrawledItem {
  readonly scope: string
  readonly key: string
  readonly nativeId?: string
  readonly fingerprint: string
  readonly records: readonly AssetRecord[]
}

/** Everything a handle yields, in the order it does, straight from the protocol. */
export async function crawl(handle: ConnectorHandle): Promise<CrawledItem[]> {
  const crawled: CrawledItem[] = []
  for (const scope of (await handle.scopes()).scopes) {
    const items = await listItems(handle, scope)
    const records = await describeItems(handle, scope, items)
    crawled.push(...items.map((item) => ({ ...item, scope: scope.key, records: records.get(item.key) ?? [] })))
  }
  return crawled
}

async function listItems(handle: ConnectorHandle, scope: Scope): Promise<InventoryItem[]> {
  const items: InventoryItem[] = []
  for await (const page of handle.inventory(scope)) items.push(...page)
  return items
}

async function describeItems(
  handle: ConnectorHandle,
  scope: Scope,
  items: readonly InventoryItem[],
): Promise<ReadonlyMap<string, readonly AssetRecord[]>> {
  const records = new Map(items.flatMap((item) => (item.records === undefined ? [] : [[item.key, item.records]])))
  const waiting = items.filter((item) => item.records === undefined)
  if (waiting.length === 0) return records
  if (handle.describe === undefined) throw new Error('items come without records, and there is no describe')
  const listed = new Map(waiting.map((item) => [item.key, item.fingerprint]))
  for await (const page of handle.describe(scope, waiting)) {
    for (const answer of page) {
      if ('error' in answer) throw answer.error
      if (answer.fingerprint !== undefined && answer.fingerprint !== listed.get(answer.key))
        throw new Error(`${answer.key} stands still, yet is described with another fingerprint than it was listed with`)
      records.set(answer.key, answer.records)
    }
  }
  return records
}

/** A connector that notes the keys it was asked to describe. */
export function spyOn(connector: Connector): { readonly connector: Connector; readonly described: string[] } {
  const described: string[] = []
  return {
    described,
    connector: {
      ...connector,
      async open(config, context) {
        const handle = await connector.open(config, context)
        const { describe } = handle
        if (describe === undefined) return handle
        return new Proxy(handle, {
          get: (target, name) => {
            if (name !== 'describe') return Reflect.get(target, name, target)
            return (scope: Scope, items: readonly { key: string }[]) => {
              described.push(...items.map((item) => item.key))
              return describe.call(target, scope, items)
            }
          },
        })
      },
    },
  }
}

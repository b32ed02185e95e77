import type { ConnectorContext, Json } from '../connectors/kit/index.ts'
import tableau from '../connectors/tableau/index.ts'
import { watchHeld } from './held.ts'

/** What reading a whole site took, without a store. */
export interface ReadFigures {
  readonly seconds: number
  readonly items: number
  readonly records: number
  readonly fields: number
  readonly heldMegabytes: number | undefined
}

/** As many items as a sync describes together; all their records are at hand until they are merged. */
const BATCH = 500

/** A process of its own: reads the site of the config once, as a sync does, and tells what it took. */
async function read(config: Record<string, Json>): Promise<ReadFigures> {
  using held = watchHeld()
  const started = performance.now()
  const context: ConnectorContext = {
    signal: new AbortController().signal,
    log: { debug() {}, info() {}, warn() {} },
    meter: { request() {}, bytes() {}, throttle() {}, cost() {} },
    secrets: { replace: async () => {} },
  }
  await using handle = await tableau.open(tableau.manifest.config.parse(config), context)
  const [scope] = (await handle.scopes()).scopes
  if (scope === undefined || handle.describe === undefined) throw new Error('there is no site')
  const items = []
  for await (const page of handle.inventory(scope)) items.push(...page)
  let records = 0
  let fields = 0
  for (let start = 0; start < items.length; start += BATCH) {
    const batch = []
    for await (const page of handle.describe(scope, items.slice(start, start + BATCH))) batch.push(...page)
    for (const described of batch) {
      if ('error' in described) throw described.error
      records += described.records.length
      for (const record of described.records) fields += record.fields?.length ?? 0
    }
  }
  const seconds = (performance.now() - started) / 1_000
  return { seconds, items: items.length, records, fields, heldMegabytes: held.megabytes() }
}

const [config = '{}'] = process.argv.slice(2)
process.send?.(await read(JSON.parse(config) as Record<string, Json>))
process.disconnect?.()

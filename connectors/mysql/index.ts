import {
  type ConnectorContext,
  type ConnectorHandle,
  createTunnel,
  defineConnector,
  IngestError,
  keyPath,
  whyLeftOut,
} from '../kit/index.ts'
import { createChecks } from './checks.ts'
import { type MysqlConfig, readSettings, type Settings } from './config.ts'
import { createConnections } from './connection.ts'
import { errorRules } from './errors.ts'
import { describeItems, explainFilters, listItems } from './inventory.ts'
import { manifest } from './manifest.ts'
import { readPreview } from './preview.ts'
import { readQueryLog } from './query-log.ts'
import { listScopes } from './scopes.ts'
import type { Driver } from './session.ts'
import { readStatistics, readUsage } from './statistics.ts'

async function loadDriver(): Promise<Driver> {
  try {
    return await import('mysql2/promise')
  } catch (error) {
    throw new IngestError('unsupported', 'The package "mysql2" is not installed', {
      hint: 'npm install mysql2@3',
      cause: error,
    })
  }
}

async function open(config: MysqlConfig, context: ConnectorContext): Promise<ConnectorHandle> {
  const tunnel =
    config.ssh === undefined ? undefined : createTunnel(config.ssh, { timeoutMs: config.connectTimeout * 1000 })
  const settings = readSettings(config, tunnel)
  const connections = createConnections(await loadDriver(), settings, context)
  /** What each scope was when this handle listed it. */
  const listed = new Map<string, string>()
  return {
    checks: () => createChecks(connections, settings, context),
    scopes: () => listScopes(connections, settings),
    inventory: (scope) =>
      connections.stream((reader) => listItems(reader, settings, scope, (found) => listed.set(scope.key, found))),
    // Not as it is now, but as it was read: a change made and taken back meanwhile shows in nothing else.
    fingerprint: async (scope) => listed.get(scope.key),
    describe: (scope, items) => connections.stream((reader) => describeItems(reader, scope, items)),
    explain: (scope) => connections.stream((reader) => explainFilters(reader, settings, scope)),
    filtered: (_scope, keys) => keys.filter((key) => isFiltered(settings, key)),
    statistics: (scope) => connections.stream((reader) => readStatistics(reader, settings, scope)),
    usage: (scope) => connections.stream((reader) => readUsage(reader, settings, scope)),
    queryLog: (scope, watermark) => connections.stream((reader) => readQueryLog(reader, scope, watermark)),
    preview: (asset, limit) => readPreview(connections, settings, asset, limit),
    async [Symbol.asyncDispose]() {
      await connections[Symbol.asyncDispose]()
      await tunnel?.[Symbol.asyncDispose]()
    },
  }
}

/** The filter `tables` names what MySQL has among its tables. */
function isFiltered({ tables }: Settings, key: string): boolean {
  const [, name, kind] = keyPath(key) ?? []
  return name !== undefined && (kind === undefined || kind === 'sequence') && whyLeftOut(tables, name) !== undefined
}

export default defineConnector<MysqlConfig>({ manifest, errorRules, open })

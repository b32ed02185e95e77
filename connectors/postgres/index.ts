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
import { type PostgresConfig, readSettings, type Settings } from './config.ts'
import { type Connections, createConnections } from './connection.ts'
import { describeItems } from './describe.ts'
import { errorRules } from './errors.ts'
import { explainFilters } from './filter.ts'
import { listItems } from './inventory.ts'
import { manifest } from './manifest.ts'
import { readPreview } from './preview.ts'
import { readQueryLog } from './query-log.ts'
import { listScopes, readGate } from './scopes.ts'
import type { Driver, Session } from './session.ts'
import { readStatistics, readUsage } from './statistics.ts'

async function loadDriver(): Promise<Driver> {
  try {
    return (await import('postgres')).default
  } catch (error) {
    throw new IngestError('unsupported', 'The package "postgres" is not installed', {
      hint: 'npm install postgres@3',
      cause: error,
    })
  }
}

async function open(config: PostgresConfig, context: ConnectorContext): Promise<ConnectorHandle> {
  const tunnel =
    config.ssh === undefined ? undefined : createTunnel(config.ssh, { timeoutMs: config.connectTimeout * 1000 })
  const settings = readSettings(config, tunnel)
  const connections = createConnections(await loadDriver(), settings, context)
  const once = <T, R>(database: string, read: (session: Session) => AsyncGenerator<T, R, void>) =>
    readOnce(connections, database, read)
  return {
    checks: () => createChecks(connections, settings, context),
    scopes: () => listScopes(connections, settings),
    inventory: (scope) => connections.stream(scope.name, (session) => listItems(session, settings)),
    fingerprint: (scope) => readGate(connections, scope.name),
    describe: (scope, items) => connections.stream(scope.name, (session) => describeItems(session, items)),
    explain: (scope) => connections.stream(scope.name, (session) => explainFilters(session, settings)),
    filtered: (_scope, keys) => keys.filter((key) => isFiltered(settings, key)),
    statistics: (scope) => once(scope.name, (session) => readStatistics(session, settings)),
    usage: (scope) => once(scope.name, (session) => readUsage(session, settings)),
    queryLog: (scope, watermark) => once(scope.name, (session) => readQueryLog(session, watermark)),
    preview: (asset, limit) => readPreview(connections, settings, asset, limit),
    async [Symbol.asyncDispose]() {
      await connections[Symbol.asyncDispose]()
      await tunnel?.[Symbol.asyncDispose]()
    },
  }
}

/** All databases are gone through one after another: none keeps its connection meanwhile. */
async function* readOnce<T, R>(
  connections: Connections,
  database: string,
  read: (session: Session) => AsyncGenerator<T, R, void>,
): AsyncGenerator<T, R, void> {
  const result = yield* connections.stream(database, read)
  await connections.release(database)
  return result
}

/** A long signature may end in a hash, which never reaches the schema. What is in no schema has an empty one. */
function isFiltered(settings: Settings, key: string): boolean {
  const [, schema, name, group] = keyPath(key.replace(/\\#[0-9a-f]{64}$/, '')) ?? []
  if (schema === undefined || schema === '') return false
  if (whyLeftOut(settings.schemas, schema) !== undefined) return true
  return name !== undefined && group === undefined && whyLeftOut(settings.tables, name) !== undefined
}

export default defineConnector<PostgresConfig>({ manifest, errorRules, open })

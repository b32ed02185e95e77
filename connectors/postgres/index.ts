import {
  type ConnectorContext,
  type ConnectorHandle,
  defineConnector,
  IngestError,
  type NamePath,
  whyLeftOut,
} from '../kit/index.ts'
import { createChecks } from './checks.ts'
import { type PostgresConfig, readSettings, type Settings } from './config.ts'
import { createConnections } from './connection.ts'
import { describeItems } from './describe.ts'
import { errorRules } from './errors.ts'
import { listItems } from './inventory.ts'
import { manifest } from './manifest.ts'
import { listScopes, readGate } from './scopes.ts'
import type { Driver } from './session.ts'

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
  const settings = readSettings(config)
  const connections = createConnections(await loadDriver(), settings, context)
  return {
    checks: () => createChecks(connections, settings, context),
    scopes: () => listScopes(connections, settings),
    inventory: (scope) => connections.stream(scope.name, (session) => listItems(session, settings)),
    fingerprint: (scope) => readGate(connections, scope.name),
    describe: (scope, items) => connections.stream(scope.name, (session) => describeItems(session, items)),
    filtered: (_scope, keys) => keys.filter((key) => isFiltered(settings, partsOf(key))),
    [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose](),
  }
}

/** The inverse of `nameKey`. PostgreSQL cuts names to 63 bytes, so no key of ours is long enough to be hashed. */
function partsOf(key: string): NamePath {
  const parts = key.match(/(?:\\.|[^.\\])+/gsu) ?? []
  return parts.map((part) => part.replaceAll(/\\(.)/gsu, '$1'))
}

function isFiltered(settings: Settings, [, schema]: NamePath): boolean {
  return schema !== undefined && whyLeftOut(settings.schemas, schema) !== undefined
}

export default defineConnector<PostgresConfig>({ manifest, errorRules, open })

import { type ConnectorContext, type ConnectorHandle, defineConnector, type Scope } from '../kit/index.ts'
import { createChecks } from './checks.ts'
import type { SnowflakeConfig } from './config.ts'
import { describeItems } from './describe.ts'
import { loadDriver } from './driver.ts'
import { errorRules } from './errors.ts'
import { explainFilters, isFiltered } from './filter.ts'
import { readQueryLog, readUsage } from './history.ts'
import { listItems } from './inventory.ts'
import { readLineage } from './lineage.ts'
import { manifest } from './manifest.ts'
import { readPreview } from './preview.ts'
import { Reader } from './reader.ts'
import { listScopes } from './scopes.ts'
import { Session } from './session.ts'
import { readStatistics } from './statistics.ts'

async function open(config: SnowflakeConfig, context: ConnectorContext): Promise<ConnectorHandle> {
  const session = new Session(await loadDriver(), config, context)
  const readers = new Map<string, Reader>()
  /** What commands have shown is kept between the listing and the descriptions of one scope. */
  const readerOf = (database: string): Reader => {
    const reader = readers.get(database) ?? new Reader(session, config, database)
    readers.set(database, reader)
    return reader
  }
  /** Each listing looks anew. */
  const freshReader = ({ name }: Scope): Reader => {
    readers.delete(name)
    return readerOf(name)
  }
  return {
    checks: () => createChecks(session, config),
    scopes: () => listScopes(session, config),
    inventory: (scope) => listItems(freshReader(scope)),
    describe: (scope, items) => describeItems(readerOf(scope.name), items),
    explain: (scope) => explainFilters(new Reader(session, { ...config, schemas: {}, tables: {} }, scope.name), config),
    filtered: (_scope, keys) => keys.filter((key) => isFiltered(config, key)),
    statistics: (scope) => readStatistics(new Reader(session, config, scope.name)),
    usage: (scope) => readUsage(session, config, scope.name),
    queryLog: (scope, watermark) => readQueryLog(session, config, scope.name, watermark),
    lineage: (scope, watermark) => readLineage(session, config, scope.name, watermark),
    preview: (asset, limit) =>
      readPreview(session, config, (database) => new Reader(session, config, database), asset, limit),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

export default defineConnector<SnowflakeConfig>({ manifest, errorRules, open })

import { type ConnectorContext, type ConnectorHandle, defineConnector } from '../kit/index.ts'
import { createChecks } from './checks.ts'
import { createClient } from './client.ts'
import type { BigqueryConfig } from './config.ts'
import { errorRules } from './errors.ts'
import { explainFilters, isFiltered } from './filter.ts'
import { describeItems, listDataset } from './inventory.ts'
import { readLineage } from './lineage.ts'
import { manifest } from './manifest.ts'
import { createPolicyTags } from './policy-tags.ts'
import { readPreview } from './preview.ts'
import { listProject } from './project.ts'
import { readQueryLog } from './query-log.ts'
import { datasetOf, listScopes, projectOf } from './scopes.ts'
import { openAccount } from './sign-in.ts'
import { readStatistics } from './statistics.ts'
import { type Counts, countReads, usageOf } from './usage.ts'

async function open(config: BigqueryConfig, context: ConnectorContext): Promise<ConnectorHandle> {
  const account = await openAccount(config)
  const client = createClient(account, config, context)
  const reading = { client, config, tags: createPolicyTags(client, context) }
  // The jobs of all projects are counted once, whichever scope asks first.
  let counts: Promise<Counts> | undefined
  const countOnce = () => {
    counts ??= countReads(reading)
    return counts
  }
  return {
    checks: () => createChecks(client, config, context),
    scopes: () => listScopes(client, config),
    inventory(scope) {
      const ref = datasetOf(scope)
      return ref === undefined ? listProject(client, config, projectOf(scope)) : listDataset(reading, ref)
    },
    describe: (scope, items) => describeItems(reading, datasetOf(scope), items),
    explain: (scope) => explainFilters(client, config, scope),
    filtered: (_scope, keys) => keys.filter((key) => isFiltered(config, key)),
    statistics: (scope) => readStatistics(reading, scope),
    usage: (scope) => usageOf(reading, countOnce, scope),
    queryLog: (scope, watermark) => readQueryLog(reading, scope, watermark),
    lineage: (scope, watermark) => readLineage(reading, scope, watermark),
    preview: (asset, limit) => readPreview(reading, asset, limit),
    [Symbol.asyncDispose]: () => account[Symbol.asyncDispose](),
  }
}

export default defineConnector<BigqueryConfig>({ manifest, errorRules, open })

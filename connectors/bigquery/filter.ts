import { judgeName, keyPath, type ObjectVerdict, type Scope, whyLeftOut } from '../kit/index.ts'
import type { Client } from './client.ts'
import { type BigqueryConfig, whyProjectLeftOut } from './config.ts'
import { listTables } from './listing.ts'
import { itemKey, tableGroup } from './resources.ts'
import { datasetOf } from './scopes.ts'
import { createFamilies } from './shards.ts'

/** Whether the source's filters leave out a table by the name it is catalogued under. */
export function whyTableLeftOut({ tables }: BigqueryConfig, name: string): string | undefined {
  return whyLeftOut(tables, name)
}

/** Of these keys, those that the filters leave out now. Labels are the server's to judge. */
export function isFiltered(config: BigqueryConfig, key: string): boolean {
  const [project, dataset, group, name] = keyPath(key) ?? []
  if (project !== undefined && whyProjectLeftOut(config, project) !== undefined) return true
  if (dataset !== undefined && whyLeftOut(config.datasets, dataset) !== undefined) return true
  return group === tableGroup && name !== undefined && whyTableLeftOut(config, name) !== undefined
}

/** What the filters say of each table of a dataset. */
export async function* explainFilters(
  client: Client,
  config: BigqueryConfig,
  scope: Scope,
): AsyncGenerator<readonly ObjectVerdict[], void, void> {
  const ref = datasetOf(scope)
  if (ref === undefined) return
  const families = createFamilies()
  const judge = (name: string, kind: string): ObjectVerdict => {
    const { kept, rule } = judgeName(config.tables, name)
    return {
      key: itemKey(ref, tableGroup, name),
      kind,
      kept,
      ...(rule === undefined ? {} : { rule: `tables: ${rule}` }),
    }
  }
  for await (const page of listTables(client, ref)) {
    const tables = page.filter(({ name, type }) => !families.add(name, type))
    if (tables.length > 0) yield tables.map(({ name, type }) => judge(name, type.toLowerCase().replaceAll('_', ' ')))
  }
  if (families.all().length > 0) yield families.all().map(({ name }) => judge(name, 'sharded table'))
}

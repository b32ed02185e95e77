import { type AssetStatistics, IngestError, pagesOf, type Scope } from '../kit/index.ts'
import { whyTableLeftOut } from './filter.ts'
import { listTables } from './listing.ts'
import type { Reading } from './reading.ts'
import { datasetPath, type Table } from './resources.ts'
import { datasetOf } from './scopes.ts'
import { shardOf } from './shards.ts'

const PAGE = 100
/** Those that store rows of their own. */
const STORED: ReadonlySet<string> = new Set(['TABLE', 'SNAPSHOT', 'CLONE', 'MATERIALIZED_VIEW'])

/** Rows and logical bytes of a dataset's tables. A sharded table has none: each of its shards would have to be asked. */
export async function* readStatistics(
  { client, config }: Reading,
  scope: Scope,
): AsyncGenerator<readonly AssetStatistics[], void, void> {
  const ref = datasetOf(scope)
  if (ref === undefined) return
  const statisticsOf = async (name: string): Promise<AssetStatistics[]> => {
    const path = [...datasetPath(ref), 'tables', name]
    const query = { view: 'STORAGE_STATS', fields: 'numRows,numBytes' }
    try {
      const { numRows, numBytes } = await client.get<Table>({ path, query, what: `size of ${scope.name}.${name}` })
      return [
        {
          group: 'relation',
          path: [ref.project, ref.dataset, name],
          ...(numRows === undefined ? {} : { rowCount: Number(numRows) }),
          ...(numBytes === undefined ? {} : { bytes: Number(numBytes) }),
        },
      ]
    } catch (error) {
      if (error instanceof IngestError && ['not_found', 'permission'].includes(error.category)) return []
      throw error
    }
  }
  for await (const page of listTables(client, ref)) {
    const stored = page.filter(
      ({ name, type }) => STORED.has(type) && shardOf(name) === undefined && !whyTableLeftOut(config, name),
    )
    for (const chunk of pagesOf(stored, PAGE))
      yield (await Promise.all(chunk.map(({ name }) => statisticsOf(name)))).flat()
  }
}

import { type AssetRecord, type Described, IngestError, type ItemRef, pagesOf } from '../../kit/index.ts'
import type { Content, ContentSort } from '../content.ts'
import type { Reader } from '../reader.ts'
import { rememberUses } from '../uses.ts'
import { describeConnections } from './connections.ts'
import { createFieldReader, type FieldReader } from './fields.ts'
import { describeFlows } from './flows.ts'
import { describePublished } from './published.ts'
import { describeWorkbooks } from './workbooks.ts'

/** So many of a sort are read together. */
const TOGETHER: Readonly<Record<ContentSort, number>> = { workbook: 25, datasource: 50, flow: 100, connection: 25 }

type Describe = (
  reader: Reader,
  fields: FieldReader,
  contents: readonly Content[],
) => Promise<Map<string, AssetRecord[]>>

const DESCRIBE: Readonly<Record<ContentSort, Describe>> = {
  workbook: describeWorkbooks,
  datasource: describePublished,
  flow: (reader, _fields, contents) => describeFlows(reader, contents),
  connection: (reader, _fields, contents) => describeConnections(reader, contents),
}

/**
 * Reads what is in workbooks, data sources, flows and virtual connections, many at a time. What the index does not know yet
 * has no entry: the next listing deals with it.
 */
export async function* describeItems(
  reader: Reader,
  items: readonly ItemRef[],
): AsyncGenerator<readonly Described[], void, void> {
  const crawled = await reader.crawled()
  const fields = createFieldReader(reader.metadata)
  const wanted = items.flatMap(({ key }): [string, Content][] => {
    const content = crawled.get(key)
    return content === undefined ? [] : [[key, content]]
  })
  for (const [sort, some] of Map.groupBy(wanted, ([, content]) => content.sort)) {
    for (const page of pagesOf(some, TOGETHER[sort])) {
      const described = await describeSome(reader, fields, page)
      await rememberUses(reader, page, described)
      yield described
    }
  }
}

/** Where one of them is too much for the server, or makes no sense, the others are read without it. */
async function describeSome(
  reader: Reader,
  fields: FieldReader,
  some: readonly (readonly [string, Content])[],
): Promise<Described[]> {
  const sort = some[0]?.[1].sort
  if (sort === undefined) return []
  try {
    const contents = some.map(([, content]) => content)
    const records = await DESCRIBE[sort](reader, fields, contents)
    return some.flatMap(([key, { luid }]): Described[] => {
      const own = records.get(luid)
      return own === undefined ? [] : [{ key, records: own }]
    })
  } catch (error) {
    if (!(error instanceof IngestError) || error.category !== 'data_integrity') throw error
    if (some.length === 1) return some.map(([key]) => ({ key, error }))
    const middle = Math.ceil(some.length / 2)
    return [
      ...(await describeSome(reader, fields, some.slice(0, middle))),
      ...(await describeSome(reader, fields, some.slice(middle))),
    ]
  }
}

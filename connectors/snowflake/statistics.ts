import { type AssetStatistics, whyLeftOut } from '../kit/index.ts'
import { text } from './entries.ts'
import type { Reader } from './reader.ts'

const PAGE = 1000

/** Rows and bytes as Snowflake counts them; views have none. */
export async function* readStatistics(reader: Reader): AsyncGenerator<readonly AssetStatistics[], void, void> {
  const { database, catalog } = reader
  let page: AssetStatistics[] = []
  for await (const { schema, name, body } of reader.sizes()) {
    const [rows, bytes] = [text(body, 'rows'), text(body, 'bytes')]
    if (rows === undefined && bytes === undefined) continue
    if (whyLeftOut(catalog.config.schemas, schema) ?? whyLeftOut(catalog.config.tables, name)) continue
    page.push({
      group: 'relation',
      path: [database, schema, name],
      ...(rows === undefined ? {} : { rowCount: Number(rows) }),
      ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
    })
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

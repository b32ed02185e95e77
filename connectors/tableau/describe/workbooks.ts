import type { AssetRecord } from '../../kit/index.ts'
import type { Content } from '../content.ts'
import { DASHBOARDS, EMBEDDED, EMBEDDED_FIELDS, SHEETS, WORKBOOKS } from '../questions.ts'
import type { Reader } from '../reader.ts'
import type { DashboardNode, EmbeddedNode, NodeRef, SheetNode, WorkbookNode } from '../shapes.ts'
import { tablesOf } from './data-source.ts'
import type { FieldReader } from './fields.ts'
import { readTables } from './tables.ts'
import { workbookRecords } from './workbook.ts'

/** The records of some workbooks, by luid; those that the index does not know yet are absent. */
export async function describeWorkbooks(
  { config, metadata, directory: read }: Reader,
  fields: FieldReader,
  contents: readonly Content[],
): Promise<Map<string, AssetRecord[]>> {
  const directory = await read()
  const luids = contents.map(({ luid }) => luid)
  const nodes = await metadata.byIds<WorkbookNode>(WORKBOOKS, luids)
  const idsOf = (children: (node: WorkbookNode) => readonly NodeRef[]) =>
    nodes.flatMap((node) => children(node).map(({ id }) => id))
  const sheets = byId(
    await metadata.byIds<SheetNode>(
      SHEETS,
      idsOf((node) => node.sheets),
    ),
  )
  const dashboards = byId(
    await metadata.byIds<DashboardNode>(
      DASHBOARDS,
      idsOf((node) => node.dashboards),
    ),
  )
  const embeddedIds = idsOf((node) => node.embeddedDatasources)
  const embedded = byId(await metadata.byIds<EmbeddedNode>(EMBEDDED, embeddedIds))
  const fieldsOf = await fields.read(EMBEDDED_FIELDS, [...embedded.keys()])
  const sourcesOf = (node: WorkbookNode) =>
    present(node.embeddedDatasources, embedded).map((one) => ({ node: one, fields: fieldsOf.get(one.id) ?? [] }))
  const tables = await readTables(metadata, nodes.flatMap(sourcesOf).flatMap(tablesOf))
  return new Map(
    nodes.flatMap((node): [string, AssetRecord[]][] => {
      const content = directory.content.get(node.luid)
      if (content === undefined) return []
      const parts = {
        content,
        node,
        sheets: present(node.sheets, sheets),
        dashboards: present(node.dashboards, dashboards),
        dataSources: sourcesOf(node),
      }
      return [[node.luid, workbookRecords(parts, { config, directory, metadata, tables })]]
    }),
  )
}

function byId<T extends NodeRef>(nodes: readonly T[]): Map<string, T> {
  return new Map(nodes.map((node) => [node.id, node]))
}

/** What the account does not see of it is not there. */
function present<T>(refs: readonly NodeRef[], nodes: ReadonlyMap<string, T>): T[] {
  return refs.flatMap(({ id }) => nodes.get(id) ?? [])
}

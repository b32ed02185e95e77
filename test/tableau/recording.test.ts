import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRecordFault } from '../../activities/faults.ts'
import type { AssetRecord } from '../../connectors/kit/index.ts'
import tableau from '../../connectors/tableau/index.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { type Recorded, recordedNodes, recordedUpstreams, recordedWorld } from '../helpers/tableau/recording.ts'
import { startFakeTableau } from '../helpers/tableau/server.ts'

const FOLDER = join(
  process.env.TIDEMARK_CONFORMANCE_DIR ?? join(import.meta.dirname, '../../../shared/conformance'),
  'tableau',
)
const skipped = !existsSync(FOLDER)
if (skipped) console.log(`skipped: no recording in ${FOLDER}; TIDEMARK_CONFORMANCE_DIR names its folder`)

/** Everything of the recorded site, as the connector tells it. */
async function crawlRecording(): Promise<AssetRecord[]> {
  await using fake = await startFakeTableau(recordedWorld(FOLDER), {})
  const config = { baseUrl: fake.url, site: 'shop', pat: { name: 'tidemark', secret: 'recorded' } }
  await using opened = await openConnector(tableau, config)
  const items = await crawl(opened.handle)
  const kinds = new Map(tableau.manifest.kinds.map((kind) => [kind.kind, kind]))
  for (const { key, records } of items) expect(findRecordFault(records, kinds), key).toBeUndefined()
  return items.flatMap(({ records }) => records)
}

test.skipIf(skipped)('a recorded site comes whole, with all the lineage of fields that it tells', async () => {
  const records = await crawlRecording()
  const byId = new Map(records.map((record) => [record.nativeId, record]))
  const counts: Record<string, number> = {}
  const count = (what: string, number = 1) => {
    counts[what] = (counts[what] ?? 0) + number
  }
  const nodes = (file: string) => recordedNodes(FOLDER, `${file}Connection_all.json`)

  for (const node of nodes('workbooks')) {
    expect(byId.get(node.luid), node.name).toMatchObject({
      kind: 'workbook',
      path: [node.projectName, node.name],
      owner: node.owner.username,
      ...(node.description === '' ? {} : { comment: node.description }),
    })
    expectTags(byId.get(node.luid), node.tags ?? [])
    count('workbooks')
  }
  for (const node of nodes('publishedDatasources')) {
    const record = byId.get(node.luid)
    expect(record, node.name).toMatchObject({
      kind: 'published data source',
      path: [node.projectName, node.name],
      owner: node.owner.username,
      comment: node.description,
    })
    expectTags(record, node.tags ?? [])
    count('published data sources')
    count('fields', expectFields(record, node.fields))
  }
  for (const node of nodes('embeddedDatasources')) {
    const record = byId.get(node.id)
    expect(record, node.name).toMatchObject({
      kind: 'embedded data source',
      path: [node.workbook.projectName, node.workbook.name, node.name],
      properties: { hasExtracts: node.hasExtracts },
    })
    count('embedded data sources')
    count('fields', expectFields(record, node.fields))
  }
  for (const node of nodes('sheets')) {
    const record = byId.get(node.luid ?? node.id)
    expect(record, node.name).toMatchObject({
      kind: 'sheet',
      path: [node.workbook.projectName, node.workbook.name, node.name],
      owner: node.workbook.owner.username,
    })
    expectTags(record, node.tags)
    count('sheets')
    count('fields of sheets', expectSheetFields(record, node.datasourceFields, byId))
  }
  for (const node of nodes('dashboards')) {
    const record = byId.get(node.luid ?? node.id)
    expect(record, node.name).toMatchObject({
      kind: 'dashboard',
      path: [node.workbook.projectName, node.workbook.name, node.name],
    })
    const sheets = (record?.upstreams ?? []).map(({ path }) => path.at(-1)).sort()
    expect(sheets).toEqual(node.sheets.map(({ name }: Recorded) => name).sort())
    count('dashboards')
    count('sheets of dashboards', sheets.length)
  }
  for (const node of nodes('customSQLTables')) {
    const record = byId.get(node.id)
    expect(record, node.query).toMatchObject({ kind: 'custom sql', definition: { language: 'sql', text: node.query } })
    expect(record?.fields?.map(({ name, nativeType }) => [name, nativeType])).toEqual(
      node.columns.map((column: Recorded) => [column.name, column.remoteType]).sort(),
    )
    count('custom SQL')
  }
  for (const upstreams of recordedUpstreams(FOLDER).values())
    for (const node of upstreams) expectLineage(node, records, byId, count)
  const tables = new Map(nodes('databaseTables').map((node) => [node.id, node]))
  for (const node of [...nodes('publishedDatasources'), ...nodes('embeddedDatasources')]) {
    // What is only passed on is read by the published data source.
    const read = node.upstreamDatasources.length > 0 ? [] : node.upstreamTables
    const source = byId.get(node.luid ?? node.id)
    for (const { id, fullName } of read) {
      const table = records.find(
        ({ kind, parent, properties }) =>
          kind === 'table' && parent?.path.join('\n') === source?.path.join('\n') && properties?.fullName === fullName,
      )
      expect(table, fullName).toBeDefined()
      count('tables')
      const columns = (tables.get(id)?.columns ?? []).map((column: Recorded) => column.name)
      expect((table?.fields ?? []).map(({ name }) => name)).toEqual(columns.sort())
      count('columns', columns.length)
    }
  }
  console.log(`recorded Tableau site: ${JSON.stringify(counts)}`)
  expect(counts).toMatchObject({
    workbooks: 5,
    'published data sources': 2,
    'embedded data sources': 9,
    sheets: 24,
    dashboards: 4,
    'custom SQL': 3,
    fields: 854,
    'upstream fields': 140,
    'upstream columns': 29,
  })
})

function expectTags(record: AssetRecord | undefined, tags: readonly { name: string }[]): void {
  const told = (record?.facets ?? []).filter(({ kind }) => kind === 'tag').map(({ name }) => name)
  expect(told).toEqual(tags.map(({ name }) => name).sort())
}

function expectFields(record: AssetRecord | undefined, fields: readonly Recorded[]): number {
  const told = new Map((record?.fields ?? []).map((field) => [field.nativeId, field]))
  expect(told.size).toBe(fields.length)
  for (const field of fields) {
    expect(told.get(field.id), field.name).toMatchObject({
      // One that has no name is called by its id.
      name: field.name ?? field.id,
      ...(field.dataType === undefined || field.dataType === null ? {} : { nativeType: field.dataType }),
      properties: {
        ...(field.formula === undefined ? {} : { formula: field.formula }),
        ...(field.role === undefined || field.role === null ? {} : { role: field.role.toLowerCase() }),
      },
    })
  }
  return fields.length
}

/** A sheet's field leads to that of its data source. */
function expectSheetFields(
  record: AssetRecord | undefined,
  fields: readonly Recorded[],
  byId: ReadonlyMap<string | undefined, AssetRecord>,
): number {
  const told = new Map((record?.fields ?? []).map((field) => [field.nativeId, field]))
  expect(told.size).toBe(fields.length)
  for (const field of fields) {
    const source = byId.get(field.datasource.id)
    expect(told.get(field.id)?.upstreams, field.name).toMatchObject([
      { group: 'dataset', path: source?.path, field: [field.name ?? field.id] },
    ])
  }
  return fields.length
}

function expectLineage(
  node: Recorded,
  records: readonly AssetRecord[],
  byId: ReadonlyMap<string | undefined, AssetRecord>,
  count: (what: string) => void,
): void {
  const source = records.find(
    ({ kind, fields }) => kind.endsWith('data source') && fields?.some(({ nativeId }) => nativeId === node.id),
  )
  const upstreams = source?.fields?.find(({ nativeId }) => nativeId === node.id)?.upstreams ?? []
  const published = (id: string) =>
    recordedNodes(FOLDER, 'publishedDatasourcesConnection_all.json').find((one) => one.id === id)?.luid
  for (const { name, datasource } of node.upstreamFields ?? []) {
    const path = (byId.get(datasource.id) ?? byId.get(published(datasource.id)))?.path
    expect(path).toBeDefined()
    expect(upstreams, `${node.id} from ${name}`).toContainEqual(expect.objectContaining({ path, field: [name] }))
    count('upstream fields')
  }
  for (const { name, table } of node.upstreamColumns ?? []) {
    const told = recordedNodes(FOLDER, 'databaseTablesConnection_all.json').find(({ id }) => id === table.id)
    const matches = upstreams.filter(({ field, path }) => {
      const asset = records.find((record) => record.path.join('\n') === path.join('\n') && record.kind !== 'flow')
      return (
        field.at(-1) === name &&
        (asset?.nativeId === table.id || asset?.properties?.fullName === (told?.fullName ?? table.id))
      )
    })
    expect(matches, `${node.id} from ${name} of ${table.id}`).toHaveLength(1)
    count('upstream columns')
  }
}

import { type AssetRecord, asText, type FacetRecord, withProperties } from '../../kit/index.ts'
import { type Content, contentPath } from '../content.ts'
import type { Directory } from '../directory.ts'
import { flowRef } from '../names.ts'
import { PUBLISHED, PUBLISHED_FIELDS } from '../questions.ts'
import type { Reader } from '../reader.ts'
import type { PublishedNode, WarningNode } from '../shapes.ts'
import { contentFacts, facetsOf, truth } from './containers.ts'
import { readParts, tablesOf } from './data-source.ts'
import type { FieldReader } from './fields.ts'
import { noteGaps } from './notes.ts'
import { readTables } from './tables.ts'

/** The records of some published data sources, by luid; those that the index does not know yet are absent. */
export async function describePublished(
  { config, metadata, directory: read }: Reader,
  fields: FieldReader,
  contents: readonly Content[],
): Promise<Map<string, AssetRecord[]>> {
  const directory = await read()
  const nodes = await metadata.byIds<PublishedNode>(
    PUBLISHED,
    contents.map(({ luid }) => luid),
  )
  const byId = await fields.read(
    PUBLISHED_FIELDS,
    nodes.map(({ id }) => id),
  )
  const sources = nodes.map((node) => ({ node, fields: byId.get(node.id) ?? [] }))
  const tables = await readTables(metadata, sources.flatMap(tablesOf))
  return new Map(
    sources.flatMap(({ node, fields: own }): [string, AssetRecord[]][] => {
      const content = directory.content.get(node.luid)
      if (content === undefined) return []
      const path = contentPath(content)
      const parts = readParts({ node, path, fields: own }, tables, directory)
      for (const flow of flowsOf(node, directory)) parts.edges.asset({ ref: flowRef(contentPath(flow)) }, false)
      noteGaps(metadata, parts.edges)
      return [
        [
          node.luid,
          [
            { ...publishedRecord(content, node), ...contentFacts(config, content), ...withParts(parts) },
            ...parts.records,
          ],
        ],
      ]
    }),
  )
}

function flowsOf({ upstreamFlows }: PublishedNode, { content }: Directory): Content[] {
  return (upstreamFlows ?? []).flatMap(({ luid }) => content.get(luid) ?? [])
}

function withParts({ fields, edges }: ReturnType<typeof readParts>): Partial<AssetRecord> {
  return { ...(fields.length === 0 ? {} : { fields }), ...edges.upstreams(), ...edges.gaps() }
}

function publishedRecord({ project, name, tags, row }: Content, node: PublishedNode): AssetRecord {
  const certified = truth(row.isCertified)
  return {
    kind: 'published data source',
    path: [project, name],
    ...withProperties({
      connectionType: asText(row.type),
      contentUrl: asText(row.contentUrl),
      createdAt: asText(row.createdAt),
      certified,
      certificationNote: certified === true ? asText(row.certificationNote) : undefined,
      certifiedBy: certified === true ? node.certifierDisplayName : undefined,
      hasExtracts: node.hasExtracts ?? truth(row.hasExtracts),
      encryptExtracts: asText(row.encryptExtracts),
      usesRemoteQueryAgent: truth(row.useRemoteQueryAgent),
      containsUnsupportedCustomSql: node.containsUnsupportedCustomSql === true ? true : undefined,
    }),
    ...facetsOf(tags, [...parameterFacets(node.parameters), ...warningFacets(node.dataQualityWarnings)]),
  }
}

/** Parameters are told by name; what they hold is data. */
export function parameterFacets(parameters: PublishedNode['parameters']): FacetRecord[] {
  const names = (parameters ?? []).map(({ id, name }) => name ?? id)
  return [...new Set(names)].map((name) => ({ kind: 'parameter', name, body: {} }))
}

function warningFacets(warnings: readonly WarningNode[] | null | undefined): FacetRecord[] {
  return (warnings ?? [])
    .filter(({ isActive }) => isActive !== false)
    .map(({ id, warningType, message, isSevere }) => ({
      kind: 'data quality warning',
      name: id,
      body: { type: warningType ?? '', message: message ?? '', severe: isSevere === true },
    }))
}

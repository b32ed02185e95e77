import type { EntityGraph } from '../entities.ts'
import type { LineageGraph } from '../lineage.ts'
import { howText } from '../lineage-links.ts'
import { listColumnNodes, listNodes } from './nodes.ts'

/** A lineage as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html */
export function mermaidFlowchart(graph: LineageGraph): string {
  const nodes = listNodes(graph).map(({ assetId, asset, kind }) => {
    const label = `${encode(asset)}<br/>${encode(kind ?? 'not crawled')}`
    return `  n${assetId}["${label}"]${kind === null ? ':::uncrawled' : ''}`
  })
  return [
    'flowchart LR',
    ...nodes,
    ...graph.edges.map(({ upstreamId, downstreamId }) => `  n${upstreamId} --> n${downstreamId}`),
    '  classDef uncrawled stroke-dasharray: 4 4',
    `  style n${graph.asset.assetId} stroke-width:3px`,
    '',
  ].join('\n')
}

/** A lineage of columns, a subgraph for each asset: https://mermaid.js.org/syntax/flowchart.html#subgraphs */
export function mermaidColumns(graph: LineageGraph): string {
  const { nodes, links } = listColumnNodes(graph)
  const places = new Map(
    nodes.map(({ assetId, columns }) => [assetId, new Map(columns.map((name, place) => [name, place]))]),
  )
  const boxes = nodes.flatMap(({ assetId, asset, kind, columns }) => {
    const label = `"${encode(asset)}<br/>${encode(kind ?? 'not crawled')}"`
    // A subgraph without nodes is not drawn.
    if (columns.length === 0) return [`  n${assetId}[${label}]${kind === null ? ':::uncrawled' : ''}`]
    return [
      `  subgraph n${assetId}[${label}]`,
      ...columns.map((column, place) => `    n${assetId}c${place}["${encode(column)}"]`),
      '  end',
    ]
  })
  const end = (assetId: number, column: string | null) =>
    column === null ? `n${assetId}` : `n${assetId}c${places.get(assetId)?.get(column) ?? 0}`
  // A line from a node to the subgraph it is in is refused.
  const drawn = links.filter(
    ({ from, to }) => from.assetId !== to.assetId || (from.column !== null && to.column !== null),
  )
  const lines = drawn.map(({ from, to, edge }) => {
    const how = edge === undefined || edge.influence === 'direct' ? '' : `|"${encode(howText(edge))}"|`
    const arrow = edge?.influence === 'direct' ? '-->' : '-.->'
    return `  ${end(from.assetId, from.column)} ${arrow}${how} ${end(to.assetId, to.column)}`
  })
  return [
    'flowchart LR',
    ...boxes,
    ...lines,
    '  classDef uncrawled stroke-dasharray: 4 4',
    `  style n${graph.asset.assetId} stroke-width:3px`,
    '',
  ].join('\n')
}

/** Tables and their keys as a Mermaid ER diagram: https://mermaid.js.org/syntax/entityRelationshipDiagram.html */
export function mermaidErDiagram({ entities, references }: EntityGraph): string {
  const tables = entities.flatMap(({ assetId, asset, columns }) => [
    `  e${assetId}["${encode(asset)}"] {`,
    ...columns.map((column) => {
      const keys = [column.primaryKey ? 'PK' : '', column.foreignKey ? 'FK' : '', column.unique ? 'UK' : '']
      const name = word(column.column)
      // What an attribute's name cannot hold stands in its comment.
      const comment = name === column.column ? '' : `"${encode(column.column)}"`
      const parts = [word(column.nativeType), name, keys.filter(Boolean).join(', '), comment]
      return `    ${parts.filter(Boolean).join(' ')}`
    }),
    '  }',
  ])
  const keys = references.map(({ fromId, toId, name, unique, nullable }) => {
    return `  e${fromId} ${unique ? '|o' : '}o'}--${nullable ? 'o|' : '||'} e${toId} : "${encode(name)}"`
  })
  return ['erDiagram', ...tables, ...keys, ''].join('\n')
}

/** A quoted text: whatever means anything to Mermaid or HTML, and whatever cannot be seen, as Mermaid's entity code. */
function encode(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\p{L}\p{M}\p{N} _.,:/()$*+=-]/gu, (character) => `#${character.codePointAt(0)};`)
}

/** A type or an attribute's name: they are not quoted. */
function word(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_()[\]]+/g, '_')
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`
}

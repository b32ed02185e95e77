import type { EntityGraph, LineageGraph } from '../lineage.ts'
import { listNodes } from './nodes.ts'

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

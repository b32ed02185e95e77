import type { EntityGraph } from '../entities.ts'
import type { LineageGraph } from '../lineage.ts'
import { howText } from '../lineage-links.ts'
import { listColumnNodes, listNodes } from './nodes.ts'

/** A lineage as a graph in DOT: https://graphviz.org/doc/info/lang.html */
export function dotLineage(graph: LineageGraph): string {
  const nodes = listNodes(graph).map(({ assetId, asset, kind }) => {
    const style = kind === null ? ', style=dashed' : assetId === graph.asset.assetId ? ', penwidth=3' : ''
    return `  n${assetId} [label=${quote(`${asset}\n${kind ?? 'not crawled'}`)}${style}]`
  })
  const edges = graph.edges.map(({ upstreamId, downstreamId }) => `  n${upstreamId} -> n${downstreamId}`)
  return ['digraph lineage {', '  rankdir=LR', '  node [shape=box]', ...nodes, ...edges, '}', ''].join('\n')
}

/** A lineage of columns, a table for each asset: https://graphviz.org/doc/info/shapes.html#html */
export function dotColumns(graph: LineageGraph): string {
  const { nodes, links } = listColumnNodes(graph)
  const ports = new Map(
    nodes.map(({ assetId, columns }) => [assetId, new Map(columns.map((name, place) => [name, place]))]),
  )
  const tables = nodes.map(({ assetId, asset, kind, columns }) => {
    const rows = columns.map((column, place) => `<TR><TD ALIGN="LEFT" PORT="c${place}">${escapeHtml(column)}</TD></TR>`)
    const head = `<TR><TD PORT="all"><B>${escapeHtml(asset)}</B><BR/>${escapeHtml(kind ?? 'not crawled')}</TD></TR>`
    const border = assetId === graph.asset.assetId ? 3 : 1
    return `  n${assetId} [label=<<TABLE BORDER="${border}" CELLBORDER="1" CELLSPACING="0">${head}${rows.join('')}</TABLE>>]`
  })
  const port = (assetId: number, column: string | null) =>
    `n${assetId}:${column === null ? 'all' : `c${ports.get(assetId)?.get(column) ?? 0}`}`
  const lines = links.map(({ from, to, edge }) => {
    const how = edge === undefined ? '' : howText(edge)
    const style = [
      ...(how === '' ? [] : [`tooltip=${quote(how)}`]),
      ...(edge?.influence === 'direct' ? [] : ['style=dashed']),
    ]
    return `  ${port(from.assetId, from.column)} -> ${port(to.assetId, to.column)}${style.length === 0 ? '' : ` [${style.join(', ')}]`}`
  })
  return ['digraph columns {', '  rankdir=LR', '  node [shape=plain]', ...tables, ...lines, '}', ''].join('\n')
}

/** Tables and their keys as a graph in DOT: https://graphviz.org/doc/info/shapes.html#html */
export function dotErDiagram({ entities, references }: EntityGraph): string {
  const tables = entities.map(({ assetId, asset, columns }) => {
    const rows = columns.map(({ column, nativeType, primaryKey, foreignKey }) => {
      const key = [primaryKey ? 'PK' : '', foreignKey ? 'FK' : ''].filter(Boolean).join(' ')
      return `<TR><TD ALIGN="LEFT">${escapeHtml(column)}</TD><TD ALIGN="LEFT">${escapeHtml(nativeType)}</TD><TD>${key}</TD></TR>`
    })
    const head = `<TR><TD COLSPAN="3"><B>${escapeHtml(asset)}</B></TD></TR>`
    return `  e${assetId} [label=<<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0">${head}${rows.join('')}</TABLE>>]`
  })
  const keys = references.map(({ fromId, toId, name, unique, nullable }) => {
    const ends = `arrowtail=${unique ? 'teeodot' : 'crowodot'}, arrowhead=${nullable ? 'teeodot' : 'teetee'}`
    return `  e${fromId} -> e${toId} [label=${quote(name)}, dir=both, ${ends}]`
  })
  return ['digraph entities {', '  rankdir=LR', '  node [shape=plain]', ...tables, ...keys, '}', ''].join('\n')
}

/** A double-quoted string; a backslash would begin one of Graphviz' own escapes. */
function quote(text: string): string {
  return `"${visible(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}

function escapeHtml(text: string): string {
  const escaped = visible(text).replace(/[&<>"'\n]/g, (character) => `&#${character.codePointAt(0)};`)
  // An empty cell would be left out of the table.
  return escaped === '' ? ' ' : escaped
}

/** Names come from the systems crawled: control characters would reach whoever prints the diagram. */
function visible(text: string): string {
  return text.toWellFormed().replace(/(?!\n)\p{Cc}/gu, ' ')
}

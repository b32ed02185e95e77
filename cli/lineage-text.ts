import type { ColumnEdgeRow, LineageGraph } from '../services/lineage.ts'
import { howText, type Link, type LinkEnd, listLinks } from '../services/lineage-links.ts'
import type { Io } from './io.ts'
import { clean, count, table } from './text.ts'
import { type Branch, drawTree } from './tree.ts'

type Side = 'upstream' | 'downstream'

/** The tree of one side of a lineage. */
export function printSide(io: Io, graph: LineageGraph, side: Side): void {
  const [here, there] = side === 'upstream' ? (['to', 'from'] as const) : (['from', 'to'] as const)
  const root: LinkEnd = { assetId: graph.asset.assetId, column: graph.column }
  const reached = new Set(graph[side].map(idOf))
  const links = graph.column === null ? listLinks({ ...graph, columnEdges: null }) : listLinks(graph)
  const next = Map.groupBy(links, (link) => idOf(link[here]))
  const describe = describer(graph)
  const branches = (id: string): readonly Branch<string>[] => {
    const byEnd = Map.groupBy(next.get(id) ?? [], (link) => idOf(link[there]))
    return [...byEnd]
      .filter(([end]) => reached.has(end))
      .map(([end, ways]) => describe(end, ways[0]?.[there] ?? root, ways))
      .sort((one, other) => (one.label < other.label ? -1 : 1))
  }
  const title = side === 'upstream' ? 'is made from' : graph.column === null ? 'is read by' : 'reaches'
  io.print(io.style('bold', `${clean(describe('', root, []).name ?? '')} ${title} ${countReached(graph, side)}`))
  for (const line of drawTree(describe(idOf(root), root, []), branches)) io.print(`  ${line}`)
  printCode(io, graph, side, reached)
  if (side === 'downstream' || graph.rows.length === 0) return
  const deciding = graph.rows.map(
    (edge) => `${edge.upstream}.${edge.upstreamColumn} (${howText(edge).replace(ROWS, '')})`,
  )
  io.print(clean(`  Which rows there are: ${[...new Set(deciding)].join(', ')}`))
}

/** Of a column: the lines of code that compute what was reached, nearest to it first. */
function printCode(
  io: Io,
  { column, columnEdges, ...graph }: LineageGraph,
  side: Side,
  reached: ReadonlySet<string>,
): void {
  if (column === null || columnEdges === null) return
  const far = side === 'upstream' ? 'upstream' : 'downstream'
  const steps = new Map(graph[side].map((one) => [idOf(one), one.depth]))
  const names = new Map([graph.asset, ...graph.upstream, ...graph.downstream].map((one) => [one.assetId, one.asset]))
  const told = columnEdges.flatMap((edge) => {
    const id = idOf({ assetId: edge[`${far}Id`], column: edge[`${far}Column`] })
    if (edge.file === null || !reached.has(id)) return []
    const made = `${names.get(edge.downstreamId) ?? ''}.${edge.downstreamColumn ?? '(its rows)'}`
    return [{ depth: steps.get(id) ?? 0, made, edge }]
  })
  const places = new Map(told.sort((one, other) => one.depth - other.depth).map((one) => [placeKey(one), one]))
  if (places.size === 0) return
  io.print(io.style('bold', 'Computed in code'))
  const lines = table(
    [...places.values()],
    [
      { title: 'COLUMN', value: ({ made }) => made, width: 70 },
      { title: 'REPOSITORY', value: ({ edge }) => edge.repository ?? '' },
      { title: 'FILE', value: ({ edge }) => `${edge.file}:${linesText(edge)}`, width: 80 },
      { title: 'COMMIT', value: ({ edge }) => edge.commit?.slice(0, 12) ?? '' },
    ],
  )
  for (const line of lines) io.print(`  ${line}`)
}

function linesText({ line, endLine }: ColumnEdgeRow): string {
  return line === endLine ? `${line ?? ''}` : `${line ?? ''}-${endLine ?? ''}`
}

const placeKey = ({ made, edge }: { readonly made: string; readonly edge: ColumnEdgeRow }): string =>
  JSON.stringify([made, edge.repository, edge.file, edge.line, edge.endLine])

const ROWS = /^rows: /

const idOf = ({ assetId, column }: LinkEnd): string => (column === null ? `${assetId}` : `${assetId}#${column}`)

function countReached(graph: LineageGraph, side: Side): string {
  if (graph.column === null) return count(graph[side].length, 'asset')
  if (graph[side].length === 0) return 'nothing that is known'
  const columns = graph[side].filter(({ column }) => column !== null).length
  const wholes = graph[side].length - columns
  if (wholes === 0) return count(columns, 'column')
  return columns === 0
    ? `${count(wholes, 'asset')} as a whole`
    : `${count(columns, 'column')} and ${count(wholes, 'asset')} as a whole`
}

/** Makes the branch of an end that some links lead to. */
function describer(graph: LineageGraph): (id: string, end: LinkEnd, ways: readonly Link[]) => Branch<string> {
  const assets = new Map([graph.asset, ...graph.upstream, ...graph.downstream].map((one) => [one.assetId, one]))
  return (id, { assetId, column }, ways) => {
    const { asset = '', kind = null } = assets.get(assetId) ?? {}
    const how = [...new Set(ways.map(wayText))].filter(Boolean).join('; ')
    if (column === null) {
      const what = [kind ?? 'not crawled', ...(how === '' ? [] : [how])].join('; ')
      return { id, name: asset, label: `${asset}  (${what})` }
    }
    const name = `${asset}.${column}`
    return { id, name, label: how === '' ? name : `${name}  (${how})` }
  }
}

/** Nothing of assets as such, where that is the usual case. */
function wayText({ edge, columnsKnown, stale, from, to }: Link): string {
  if (edge !== undefined) return cut(howText(edge))
  const known = columnsKnown || (from.column === null && to.column === null)
  return [known ? '' : 'columns not known', stale ? 'stale' : ''].filter(Boolean).join(', ')
}

const MOST_EXPRESSION = 80

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > MOST_EXPRESSION ? `${line.slice(0, MOST_EXPRESSION - 1)}…` : line
}

/** Which column each column in a lineage is made from, asset by asset. */
export function printColumns(io: Io, graph: LineageGraph, edges: readonly ColumnEdgeRow[]): void {
  const names = new Map([graph.asset, ...graph.upstream, ...graph.downstream].map((one) => [one.assetId, one.asset]))
  const byAsset = Map.groupBy(edges, (edge) => edge.downstreamId)
  for (const assetId of names.keys()) {
    const made = byAsset.get(assetId)
    if (made === undefined) continue
    io.print()
    io.print(io.style('bold', clean(names.get(assetId) ?? '')))
    const lines = table(made, [
      { title: 'COLUMN', value: (edge) => edge.downstreamColumn ?? '(its rows)', width: 60 },
      { title: 'FROM', value: (edge) => `${names.get(edge.upstreamId) ?? ''}.${edge.upstreamColumn}`, width: 90 },
      { title: 'HOW', value: (edge) => cut(howText(edge).replace(ROWS, '')) },
    ])
    for (const line of lines) io.print(`  ${line}`)
  }
  if (edges.length === 0) io.print('\nOf no column of these is it known what it is made from.')
}

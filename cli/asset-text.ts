import type { AssetDetails, ColumnRow } from '../services/catalog.ts'
import type { TextLineage } from '../services/lineage-gaps.ts'
import { changeLine } from './change-text.ts'
import type { Io } from './io.ts'
import { clean, count, relative, table } from './text.ts'

/** Everything the catalog knows of an asset. */
export function printAsset(io: Io, asset: AssetDetails & { readonly lineage: TextLineage | null }): void {
  printHead(io, asset)
  section(io, 'Columns', columnTable(asset.columns, sourcesOf(asset)))
  section(io, 'Keys', asset.constraints.map(constraintLine))
  section(
    io,
    'Indexes',
    asset.indexes.map(({ name, columns, unique }) => `${name}  (${columns.join(', ')})${unique ? ' unique' : ''}`),
  )
  section(
    io,
    'Also',
    asset.facets.map(({ kind, name }) => `${kind} ${name}`),
  )
  if (asset.lineage !== null) section(io, 'Lineage', lineageLines(asset.lineage))
  section(io, 'Upstream', asset.upstream.map(edgeLine))
  section(io, 'Downstream', asset.downstream.map(edgeLine))
  if (asset.definition !== null) section(io, 'Definition', asset.definition.split('\n'))
  section(
    io,
    'Changes',
    asset.changes.map((change) => `${relative(change.changedAt)}  ${changeLine(io, change)}`),
    false,
  )
}

function printHead(io: Io, asset: AssetDetails): void {
  const kind = asset.placeholder ? 'referred to, not crawled' : asset.kind
  io.print(`${io.style('bold', clean(asset.asset))}  ${kind}${asset.source === null ? '' : `, from ${asset.source}`}`)
  if (asset.comment !== null) io.print(clean(asset.comment))
  const facts = [
    asset.namespace,
    ...(asset.owners.length === 0 ? [] : [`owner ${asset.owners.map(({ owner }) => owner).join(', ')}`]),
    `first seen ${relative(asset.firstSeenAt)}`,
    `changed ${relative(asset.changedAt)}`,
  ]
  io.print(io.style('dim', clean(facts.join(', '))))
  const tags = asset.tags.map(({ tag, column }) => (column === null ? tag : `${tag} (${column})`))
  if (tags.length > 0) io.print(clean(`Tags: ${tags.join(', ')}`))
  const properties = Object.entries(asset.properties).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  if (properties.length > 0) io.print(clean(properties.join(', ')))
  if (asset.children.length > 0)
    io.print(`Holds ${asset.children.map(({ kind: child, count: n }) => count(n, child)).join(', ')}`)
}

function section(io: Io, title: string, lines: readonly string[], cleaned = true): void {
  if (lines.length === 0) return
  io.print(`\n${io.style('bold', title)}`)
  // Lines with colours in them are cleaned where they are made.
  for (const line of lines) io.print(`  ${cleaned ? clean(line) : line}`)
}

/** By dotted path: the columns whose values each one has; those in the asset's own schema without its name. */
function sourcesOf({ columnSources, parent }: AssetDetails): ReadonlyMap<string, string> {
  const near = parent === null ? '' : `${parent}.`
  const direct = columnSources.filter(({ influence }) => influence === 'direct')
  const names = [...Map.groupBy(direct, ({ downstreamColumn }) => downstreamColumn ?? '')].map(([column, rows]) => {
    const from = rows.map(({ upstream, upstreamColumn }) => {
      return `${upstream.startsWith(near) ? upstream.slice(near.length) : upstream}.${upstreamColumn}`
    })
    return [column, [...new Set(from)].join(', ')] as const
  })
  return new Map(names)
}

/** How much is known of what its definition reads, and what is not. */
function lineageLines({ outcome, statements, resolved, gaps }: TextLineage): readonly string[] {
  const known = outcome === 'resolved' ? 'wholly known' : outcome === 'partial' ? 'partly known' : 'not known'
  return [
    statements > 1 ? `${known}: ${resolved} of ${count(statements, 'statement')} wholly` : known,
    ...gaps.map(({ line, position, reason, message, columns }) => {
      const place = line === null ? '' : `${line}:${position ?? 1} `
      return `${place}${reason}: ${message}${columns.length === 0 ? '' : ` (${columns.join(', ')})`}`
    }),
  ]
}

/** With `sources`, by column: where each comes from. */
export function columnTable(
  columns: readonly ColumnRow[],
  sources: ReadonlyMap<string, string> = new Map(),
): readonly string[] {
  if (columns.length === 0) return []
  return table(columns, [
    { title: 'NAME', value: (column) => `${column.column}${column.primaryKey ? ' *' : ''}`, width: 40 },
    { title: 'TYPE', value: (column) => column.nativeType, width: 40 },
    { title: 'NULL', value: (column) => (column.nullable ? 'yes' : 'no') },
    { title: 'DEFAULT', value: (column) => column.generated ?? column.default, width: 40 },
    { title: 'FROM', value: (column) => sources.get(column.column), width: 60 },
    { title: 'COMMENT', value: (column) => column.comment, width: 60 },
  ])
}

function constraintLine(constraint: AssetDetails['constraints'][number]): string {
  const { kind, columns, references, referencedColumns, definition } = constraint
  const on = columns.length === 0 ? '' : ` (${columns.join(', ')})`
  if (references !== null) return `${kind}${on} → ${references} (${referencedColumns?.join(', ') ?? ''})`
  return kind === 'check' || kind === 'exclusion' ? `${kind} ${definition ?? on}` : `${kind}${on}`
}

function edgeLine({ asset, kind, origin }: AssetDetails['upstream'][number]): string {
  return `${asset}  ${kind ?? 'not crawled'} (${origin})`
}

import { copyLine, copyLines, jsonText } from '../copy.ts'
import type { Transaction } from '../store.ts'

/** An asset by name, crawled or not. */
export interface EdgeEnd {
  readonly namespaceId: number
  readonly group: string
  readonly key: string
  readonly path: readonly string[]
  readonly display: string
}

/** Lines of a text, from 1, both counted in. */
interface Lines {
  readonly first: number
  readonly last: number
}

export interface DerivedEdge {
  readonly upstream: EdgeEnd
  readonly downstream: EdgeEnd
  /** Whether every edge between columns of the two is known. */
  readonly columnsKnown: boolean
  /** Of the first statement that says so; absent where it is not of a text. */
  readonly lines?: Lines
}

export interface DerivedFieldEdge {
  readonly upstream: EdgeEnd
  /** A field's key. */
  readonly upstreamField: string
  readonly downstream: EdgeEnd
  /** A field's key; empty: the rows as a whole. */
  readonly downstreamField: string
  readonly influence: 'direct' | 'indirect'
  readonly transformation: string
  readonly subtypes: readonly string[]
  readonly expression: string | undefined
  readonly confidence: number
  /** Where the text says so; absent where it is not of a text. */
  readonly lines?: Lines
  /** Hex. */
  readonly statementHash: string
  /** Since when the source leaves it out; a time as PostgreSQL writes it. */
  readonly staleSince?: string
}

/** A relation looked up, and what it led to. */
export interface DerivedReference {
  readonly namespaceId: number
  readonly group: string
  readonly key: string
  readonly loose: boolean
  readonly assetId: number | undefined
  /** Hex. */
  readonly contentHash: string | undefined
}

export interface StoredGap {
  readonly reason: string
  readonly message: string
  /** The statement's hash; null where a record tells of it. */
  readonly statement: string | null
  readonly line: number | null
  readonly column: number | null
  readonly columns: readonly string[]
}

/** What became of a text, and what it says. */
export interface DerivedText {
  readonly sourceId: number
  /** The asset that the text defines; absent for a statement of a log. */
  readonly assetId?: number
  /** The asset's, hex. */
  readonly contentHash?: string
  /** Of the text and its edges; absent for a statement of a log. */
  readonly origin?: 'definition' | 'code' | 'bi' | 'catalogue'
  /** Hex. */
  readonly textHash: string
  readonly outcome: 'resolved' | 'partial' | 'failed'
  readonly statements: number
  readonly resolved: number
  readonly partial: number
  readonly failed: number
  readonly unresolvedReferences: number
  readonly gaps: readonly StoredGap[]
  readonly references: readonly DerivedReference[]
  readonly edges: readonly DerivedEdge[]
  readonly fieldEdges: readonly DerivedFieldEdge[]
}

const STAGE = `
create temp table if not exists derived_text (ordinal int, text_id bigint, source_id bigint, asset_id bigint, content_hash bytea,
  text_hash bytea, outcome text, statements int, resolved int, partial int, failed int, unresolved int, gaps jsonb, origin text)
  on commit delete rows;
create temp table if not exists derived_end (ordinal int, asset_id bigint, namespace_id bigint, kind_group text,
  name_key text collate "C", path text[], display text) on commit delete rows;
create temp table if not exists derived_edge (text int, upstream int, downstream int, columns_known boolean,
  line int, end_line int) on commit delete rows;
create temp table if not exists derived_field (text int, upstream int, upstream_field text collate "C", downstream int,
  downstream_field text collate "C", influence text, transformation text, subtypes text[], expression text, confidence real,
  line int, end_line int, statement_hash bytea, stale_since timestamptz) on commit delete rows;
create temp table if not exists derived_reference (text int, namespace_id bigint, kind_group text, name_key text collate "C", loose boolean,
  asset_id bigint, content_hash bytea) on commit delete rows`

/** Stages texts with all that was derived from them, in temporary tables that are empty after the transaction. */
export async function stageTexts(tx: Transaction, texts: readonly DerivedText[]): Promise<void> {
  await tx.unsafe(STAGE)
  const ends = new Ends()
  const edges: string[] = []
  const fields: string[] = []
  const references: string[] = []
  const lines = texts.map((text, ordinal) => {
    for (const { upstream, downstream, columnsKnown, lines: place } of text.edges) {
      const pair = [ends.place(upstream), ends.place(downstream)]
      edges.push(copyLine([ordinal, ...pair, columnsKnown, place?.first, place?.last]))
    }
    for (const edge of text.fieldEdges) fields.push(fieldLine(ordinal, edge, ends))
    for (const reference of text.references) {
      const { namespaceId, group, loose, assetId, contentHash } = reference
      references.push(
        copyLine([ordinal, namespaceId, group, referenceKey(reference), loose, assetId, bytes(contentHash)]),
      )
    }
    return textLine(ordinal, text)
  })
  await copyLines(
    tx,
    `derived_text (ordinal, source_id, asset_id, content_hash, text_hash, outcome, statements, resolved, partial, failed,
     unresolved, gaps, origin)`,
    lines,
  )
  await copyLines(tx, 'derived_end (ordinal, namespace_id, kind_group, name_key, path, display)', ends.lines())
  await copyLines(tx, 'derived_edge', edges)
  await copyLines(tx, 'derived_field', fields)
  await copyLines(tx, 'derived_reference', references)
  await tx`analyze derived_text, derived_end, derived_edge, derived_field, derived_reference`
}

/** The key that a reference is stored by: relations have theirs alone, other groups say which one. */
export function referenceKey({ group, key }: Pick<DerivedReference, 'group' | 'key'>): string {
  return group === 'relation' ? key : `${key}\\!${group}`
}

const bytes = (hex: string | undefined) => (hex === undefined ? null : `\\x${hex}`)

function textLine(ordinal: number, text: DerivedText): string {
  const { sourceId, assetId, contentHash, textHash, outcome, statements, resolved, partial, failed } = text
  return copyLine([
    ordinal,
    sourceId,
    assetId,
    bytes(contentHash),
    bytes(textHash),
    outcome,
    statements,
    resolved,
    partial,
    failed,
    text.unresolvedReferences,
    jsonText(text.gaps),
    text.origin ?? 'log',
  ])
}

function fieldLine(ordinal: number, edge: DerivedFieldEdge, ends: Ends): string {
  return copyLine([
    ordinal,
    ends.place(edge.upstream),
    edge.upstreamField,
    ends.place(edge.downstream),
    edge.downstreamField,
    edge.influence,
    edge.transformation,
    edge.subtypes,
    edge.expression,
    edge.confidence,
    edge.lines?.first,
    edge.lines?.last,
    bytes(edge.statementHash),
    edge.staleSince,
  ])
}

/** The ends of a page's edges, each once. */
class Ends {
  readonly #places = new Map<string, { readonly ordinal: number; readonly end: EdgeEnd }>()

  place(end: EdgeEnd): number {
    const identity = `${end.namespaceId} ${end.group} ${end.key}`
    const known = this.#places.get(identity)
    if (known !== undefined) return known.ordinal
    const ordinal = this.#places.size
    this.#places.set(identity, { ordinal, end })
    return ordinal
  }

  *lines(): Generator<string, void, void> {
    for (const { ordinal, end } of this.#places.values())
      yield copyLine([ordinal, end.namespaceId, end.group, end.key, end.path, end.display])
  }
}

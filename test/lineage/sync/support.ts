import type { Store } from '../../../db/store.ts'
import { createEngine, type TestEngine } from '../../helpers/engine.ts'

/** `upstream > downstream` of every live edge that was derived, by dotted name; `?` marks a placeholder. */
export async function derivedEdges({ sql }: Store, origin = 'definition'): Promise<string[]> {
  const rows = await sql<{ edge: string }[]>`
    select u.display || case when u.placeholder then '?' else '' end || ' > '
           || d.display || case when d.placeholder then '?' else '' end as edge
    from tidemark.lineage_edge e
    join tidemark.asset u on u.id = e.upstream_id join tidemark.asset d on d.id = e.downstream_id
    where e.valid_to is null and e.origin = ${origin} order by 1`
  return rows.map(({ edge }) => edge)
}

/** `table.column > table.column` of every live edge between fields; `~` before the arrow marks an indirect one. */
export async function fieldEdges({ sql }: Store, downstream: string): Promise<string[]> {
  const rows = await sql<{ edge: string }[]>`
    select distinct u.name || '.' || f.upstream_field || case f.influence when 'direct' then ' > ' else ' ~> ' end
           || case f.downstream_field when '' then '*' else f.downstream_field end as edge
    from tidemark.lineage_field_edge f
    join tidemark.asset u on u.id = f.upstream_id join tidemark.asset d on d.id = f.downstream_id
    where f.valid_to is null and d.name = ${downstream} order by 1`
  return rows.map(({ edge }) => edge)
}

export interface TextState {
  readonly asset: string
  readonly outcome: string
  readonly unresolved: number
  readonly gaps: readonly {
    readonly reason: string
    readonly message: string
    readonly line: number | null
    readonly column: number | null
  }[]
}

export async function textStates({ sql }: Store): Promise<TextState[]> {
  return [
    ...(await sql<TextState[]>`
      select a.name as asset, t.outcome, t.unresolved_references as unresolved, t.gaps
      from tidemark.lineage_text t join tidemark.asset a on a.id = t.asset_id order by a.display`),
  ]
}

/** An engine that notes how many texts each of its syncs derived. */
export async function createLineageEngine(
  connectors: Parameters<typeof createEngine>[0],
  options: Parameters<typeof createEngine>[1] = {},
): Promise<TestEngine & { readonly derived: number[] }> {
  const derived: number[] = []
  const log = {
    debug: (fields: object, message: string) => {
      if (message === 'step done' && 'texts' in fields) derived.push(Number(fields.texts))
    },
    info: () => {},
    warn: (fields: object, message: string) => console.warn(message, fields),
  }
  return { ...(await createEngine(connectors, { log, ...options })), derived }
}

import type { AssetRecord } from '../../model/records.ts'
import { findOmitted, type OmittedLineage } from '../../model/told-lineage.ts'
import { jsonText, safeJson } from '../copy.ts'
import type { Transaction } from '../store.ts'
import type { StagedRecord } from './parts.ts'
import { resolveNamespaces } from './stage.ts'

export interface Kept {
  readonly records: ReadonlyMap<number, StagedRecord>
  /** Ids of the namespaces that what was left out points to. */
  readonly namespaces: ReadonlyMap<string, number>
}

/**
 * Compares the records of assets that moved with what was told of them before, and keeps what a BI tool has left out: in the
 * stage, and with the records returned, whose edges it is.
 */
export async function keepOmitted(
  tx: Transaction,
  {
    organizationId,
    records,
    now,
  }: { readonly organizationId: number; readonly records: ReadonlyMap<number, StagedRecord>; readonly now: string },
): Promise<Kept> {
  const rows = await tx<{ ordinal: number; before: AssetRecord; omitted: OmittedLineage | null }[]>`
    select s.ordinal, v.record as before, a.omitted_lineage as omitted
    from stage_asset s
    join tidemark.asset a on a.id = s.asset_id
    join tidemark.asset_version v on v.asset_id = a.id and v.valid_to is null
    where s.state = 'moved' and (a.omitted_lineage is not null or v.record @? '$.upstreams[*] ? (@.origin == "bi")')`
  const kept = new Map(records)
  const found: { readonly ordinal: number; readonly omitted: OmittedLineage }[] = []
  for (const { ordinal, before, omitted: earlier } of rows) {
    const staged = records.get(ordinal)
    if (staged === undefined) continue
    const after = JSON.parse(safeJson(staged.text)) as AssetRecord
    const omitted = findOmitted({ before, omitted: earlier ?? undefined, after, now })
    if (omitted === undefined) continue
    found.push({ ordinal, omitted })
    kept.set(ordinal, { ...staged, omitted })
  }
  if (found.length === 0) return { records, namespaces: new Map() }
  await tx`
    update stage_asset s set omitted_lineage = o.body::jsonb
    from unnest(${found.map(({ ordinal }) => ordinal)}::int[], ${found.map(({ omitted }) => jsonText(omitted))}::text[])
      as o (ordinal, body)
    where s.ordinal = o.ordinal`
  const names = found.flatMap(({ omitted }) => omitted.upstreams.flatMap(({ namespace }) => namespace ?? []))
  return { records: kept, namespaces: await resolveNamespaces(tx, organizationId, new Set(names)) }
}

import {
  type LineageGap,
  listCoverage,
  listGaps,
  readTextOutcome,
  type TextOutcome,
} from '../db/queries-column-lineage.ts'
import { requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'
import { requireSourceHead } from './lookup.ts'

export type { LineageGap } from '../db/queries-column-lineage.ts'

export interface LineageGaps {
  readonly gaps: readonly LineageGap[]
  /** How many there are for each reason, the most frequent first. */
  readonly reasons: Readonly<Record<string, number>>
  /** In statements, of all the sources looked at. */
  readonly coverage: {
    readonly statements: number
    readonly resolved: number
    readonly partial: number
    readonly failed: number
  }
}

/** What lineage does not know, of everything, a source or an asset. */
export async function readGaps(
  context: Pick<ServiceContext, 'store' | 'organization'>,
  { source, asset }: { readonly source?: string; readonly asset?: string },
): Promise<LineageGaps> {
  const { store, organization } = context
  if (source !== undefined) await requireSourceHead(context, source)
  const assetId = asset === undefined ? undefined : (await requireAsset(context, asset)).assetId
  const [gaps, coverage] = await Promise.all([
    listGaps(store.sql, {
      organization,
      ...(source === undefined ? {} : { source }),
      ...(assetId === undefined ? {} : { assetId }),
    }),
    listCoverage(store.sql, organization, source),
  ])
  const reasons = [...Map.groupBy(gaps, ({ reason }) => reason)]
    .map(([reason, list]) => [reason, list.length] as const)
    .sort(([one, many], [other, few]) => few - many || (one < other ? -1 : 1))
  const sum = (what: 'statements' | 'resolved' | 'partial' | 'failed') =>
    coverage.reduce((total, row) => total + row[what], 0)
  return {
    gaps,
    reasons: Object.fromEntries(reasons),
    coverage: {
      statements: sum('statements'),
      resolved: sum('resolved'),
      partial: sum('partial'),
      failed: sum('failed'),
    },
  }
}

/** What became of the text that defines an asset, with what is not known of it. */
export interface TextLineage extends TextOutcome {
  readonly gaps: readonly LineageGap[]
}

/** Null where no text was read. */
export async function readTextLineage(
  { store: { sql }, organization }: Pick<ServiceContext, 'store' | 'organization'>,
  assetId: number,
): Promise<TextLineage | null> {
  const outcome = await readTextOutcome(sql, assetId)
  return outcome === undefined ? null : { ...outcome, gaps: await listGaps(sql, { organization, assetId }) }
}

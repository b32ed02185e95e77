import { whyLeftOut } from '../connectors/kit/filter.ts'
import { decideProposals, listProposals, type ProposalRow } from '../db/proposals.ts'
import { insertRequest } from '../db/runs.ts'
import { insertAudit } from '../db/sources.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { requireSource, writeAs } from './lookup.ts'
import type { RequestedSync } from './sync.ts'

export type { ProposalRow } from '../db/proposals.ts'

/** Removals of a source that wait for a decision, or have one and wait for the next sync. */
export async function readProposals(
  context: Pick<ServiceContext, 'store' | 'organization'>,
  source: string,
): Promise<ProposalRow[]> {
  const { id } = await requireSource(context, source)
  return await listProposals(context.store.sql, id)
}

export interface DecisionWish {
  readonly source: string
  /** Asset names, globs (`shop.public.*`) or proposal ids; all that are open when absent. */
  readonly assets?: readonly string[]
}

export interface Decision {
  readonly decided: readonly ProposalRow[]
}

/** Approves removals: the next sync, asked for here, removes those that are still absent. */
export async function approveRemovals(
  context: ServiceContext,
  wish: DecisionWish,
): Promise<Decision & { readonly requested?: RequestedSync }> {
  const source = await requireSource(context, wish.source)
  return await writeAs(context, async (tx, actorId) => {
    const decided = select(await listProposals(tx, source.id), wish, 'approved')
    if (decided.length === 0) return { decided }
    await decideProposals(tx, { ids: decided.map(({ id }) => id), status: 'approved', actorId })
    await insertAudit(tx, auditOf(context, 'removal.approve', source.name, actorId, decided))
    const requestId = await insertRequest(tx, {
      sourceId: source.id,
      mode: 'incremental',
      trigger: 'approval',
      actorId,
    })
    const { id, name, connector, taskQueue } = source
    return { decided, requested: { requestId, source: { id, name, connector, taskQueue } } }
  })
}

/** Keeps what was proposed: it stays in the catalog until it is seen again or approved after all. */
export async function rejectRemovals(context: ServiceContext, wish: DecisionWish): Promise<Decision> {
  const source = await requireSource(context, wish.source)
  return await writeAs(context, async (tx, actorId) => {
    const decided = select(await listProposals(tx, source.id), wish, 'rejected')
    if (decided.length === 0) return { decided }
    await decideProposals(tx, { ids: decided.map(({ id }) => id), status: 'rejected', actorId })
    await insertAudit(tx, auditOf(context, 'removal.reject', source.name, actorId, decided))
    return { decided }
  })
}

const AUDITED_NAMES = 100

function auditOf(
  { organization }: ServiceContext,
  action: string,
  subject: string,
  actorId: number,
  decided: readonly ProposalRow[],
): Parameters<typeof insertAudit>[1] {
  const assets = decided.slice(0, AUDITED_NAMES).map(({ asset }) => asset)
  return { organization, actorId, action, subject, detail: { count: decided.length, assets } }
}

/** The proposals meant. What is named explicitly may be decided anew; without names only what is open is. */
function select(
  proposals: readonly ProposalRow[],
  { source, assets }: DecisionWish,
  status: 'approved' | 'rejected',
): readonly ProposalRow[] {
  if (assets === undefined || assets.length === 0) return proposals.filter((proposal) => proposal.status === 'open')
  const chosen = new Set<ProposalRow>()
  for (const name of assets) {
    const fitting = proposals.filter((proposal) => fits(proposal, name))
    if (fitting.length === 0) {
      throw new IngestError('invalid_config', `no removal is proposed for ${JSON.stringify(name)}`, {
        hint: `See what is: tidemark approve ${source} --list`,
      })
    }
    for (const proposal of fitting) if (proposal.status !== status) chosen.add(proposal)
  }
  return [...chosen]
}

function fits({ id, asset }: ProposalRow, name: string): boolean {
  return asset === name || String(id) === name || whyLeftOut({ allow: [name] }, asset) === undefined
}

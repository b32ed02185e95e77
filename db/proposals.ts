import type { Query, Transaction } from './store.ts'

export interface ProposalRow {
  readonly id: number
  readonly source: string
  readonly asset: string
  readonly kind: string | null
  readonly reason: 'budget' | 'visibility' | 'scope gone'
  readonly status: 'open' | 'approved' | 'rejected'
  readonly scope: string
  readonly proposedAt: Date
  readonly runId: number
}

/** Removals that wait for a person's word, or have it and wait for the next sync. */
export async function listProposals(sql: Query | Transaction, sourceId: number): Promise<ProposalRow[]> {
  return [
    ...(await sql<ProposalRow[]>`
      select p.id, s.name as source, a.display as asset, a.kind, p.reason, p.status, scope.name as scope,
             p.proposed_at as "proposedAt", p.run_id as "runId"
      from tidemark.removal_proposal p
      join tidemark.source s on s.id = p.source_id
      join tidemark.scope on scope.id = p.scope_id
      join tidemark.asset a on a.id = p.asset_id
      where p.source_id = ${sourceId} and p.status in ('open', 'approved', 'rejected')
      order by a.display collate "C", p.id`),
  ]
}

/** Decides on proposals that are open, or were decided otherwise before; returns how many it changed. */
export async function decideProposals(
  tx: Transaction,
  input: { readonly ids: readonly number[]; readonly status: 'approved' | 'rejected'; readonly actorId: number },
): Promise<number> {
  const decided = await tx`
    update tidemark.removal_proposal set status = ${input.status}, decided_at = now(), decided_by = ${input.actorId}
    where id = any (${[...input.ids]}::bigint[]) and status in ('open', 'approved', 'rejected') and status <> ${input.status}`
  return decided.count
}

import type { DecisionWish, ProposalRow } from '../services/proposals.ts'
import type { Io } from './io.ts'
import { table } from './text.ts'

export interface DecideOptions {
  readonly list?: true
  readonly sync: boolean
  readonly local?: true
}

export function readWish(args: readonly string[]): DecisionWish {
  const [source = '', ...assets] = args
  return { source, ...(assets.length === 0 ? {} : { assets }) }
}

export function printProposals(io: Io, proposals: readonly ProposalRow[]): void {
  if (proposals.length === 0) {
    io.print('No removals are proposed.')
    return
  }
  const lines = table(proposals, [
    { title: 'ID', value: (proposal) => proposal.id, align: 'right' },
    { title: 'ASSET', value: (proposal) => proposal.asset },
    { title: 'KIND', value: (proposal) => proposal.kind },
    { title: 'WHY', value: (proposal) => REASONS[proposal.reason] },
    { title: 'STATUS', value: (proposal) => proposal.status },
    { title: 'RUN', value: (proposal) => proposal.runId, align: 'right' },
    { title: 'PROPOSED', value: (proposal) => proposal.proposedAt },
  ])
  for (const line of lines) io.print(line)
}

const REASONS: Readonly<Record<ProposalRow['reason'], string>> = {
  budget: 'too many vanished at once',
  visibility: 'the account sees less than before',
  'scope gone': 'its whole scope is gone',
}

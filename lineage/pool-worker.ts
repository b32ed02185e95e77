import { deriveCase, type LineageCase } from './cases.ts'
import { deriveLineage } from './derive.ts'
import { createExactLookup } from './lookup.ts'
import type { Consulted, PoolInput, StatementLineage } from './types.ts'

export type Task =
  | { readonly kind: 'names'; readonly input: Omit<PoolInput, 'tables'> }
  | { readonly kind: 'text'; readonly input: PoolInput }
  | { readonly kind: 'case'; readonly given: LineageCase }

/** What a thread of the pool runs. */
export default function work(task: Task): unknown {
  if (task.kind === 'case') return deriveCase(task.given)
  if (task.kind === 'names') return consult(task.input)
  const { tables, ...input } = task.input
  return deriveLineage({ ...input, lookup: createExactLookup(tables) })
}

function consult(input: Omit<PoolInput, 'tables'>): Consulted {
  const { statements, consulted } = deriveLineage({ ...input, lookup: () => undefined })
  return { names: consulted, moves: statements.some(movesData) }
}

function movesData({ kind, inputs, outputs, outcome }: StatementLineage): boolean {
  if (outcome === 'failed') return kind !== 'select'
  return kind !== 'create_view' && inputs.length > 0 && outputs.some(({ temporary }) => !temporary)
}

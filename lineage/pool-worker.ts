import { deriveCase, type LineageCase } from './cases.ts'
import { deriveLineage } from './derive.ts'
import { createExactLookup } from './lookup.ts'
import type { PoolInput } from './types.ts'

export type Task =
  | { readonly kind: 'names'; readonly input: Omit<PoolInput, 'tables'> }
  | { readonly kind: 'text'; readonly input: PoolInput }
  | { readonly kind: 'case'; readonly given: LineageCase }

/** What a thread of the pool runs. */
export default function work(task: Task): unknown {
  if (task.kind === 'case') return deriveCase(task.given)
  if (task.kind === 'names') return deriveLineage({ ...task.input, lookup: () => undefined }).consulted
  const { tables, ...input } = task.input
  return deriveLineage({ ...input, lookup: createExactLookup(tables) })
}

import { expect } from 'vitest'
import { type CaseLineage, deriveCase, type LineageCase } from '../../lineage/cases.ts'

export interface ExpectedCase extends LineageCase {
  readonly expected: {
    readonly inputs: readonly string[]
    readonly outputs: readonly string[]
    /** `null`: not judged. */
    readonly columns: CaseLineage['columns'] | null
  }
}

const lower = (names: readonly string[]) => [...new Set(names.map((name) => name.toLowerCase()))].sort()

/** `table.column <- table.column`, one for each edge, names in lower case. */
export function edgesOf(columns: CaseLineage['columns']): string[] {
  return lower(
    columns.flatMap(({ downstream, upstreams }) =>
      upstreams.map(
        (upstream) => `${downstream.table ?? ''}.${downstream.column} <- ${upstream.table}.${upstream.column}`,
      ),
    ),
  )
}

/** Derives the case and holds it against what it expects: names compare without case, edge sets exactly. */
export function expectCase(given: ExpectedCase): CaseLineage {
  const derived = deriveCase(given)
  const { inputs, outputs, columns } = given.expected
  expect({ inputs: lower(derived.inputs), outputs: lower(derived.outputs) }).toEqual({
    inputs: lower(inputs),
    outputs: lower(outputs),
  })
  if (columns !== null) expect(edgesOf(derived.columns), JSON.stringify(derived.gaps)).toEqual(edgesOf(columns))
  return derived
}

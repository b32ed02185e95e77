import { type FormulaGap, type FormulaReference, type FormulaRole, readFormula } from './tableau.ts'

/** What a name in a formula means. Internal names (`Calculation_1234`) and captions lead to the same. */
export type FormulaName =
  | { readonly kind: 'field'; readonly key: string }
  | { readonly kind: 'calculation'; readonly key: string; readonly formula: string }
  | { readonly kind: 'parameter'; readonly key: string }

export type FindName = (
  reference: Pick<FormulaReference, 'name' | 'dataSource' | 'parameter'>,
) => FormulaName | undefined

export interface ResolvedFormula {
  /** Plain fields at the end of all calculations between, by their keys. */
  readonly fields: ReadonlyMap<string, readonly FormulaRole[]>
  readonly parameters: readonly string[]
  /** Keys of the calculations between. */
  readonly calculations: readonly string[]
  readonly gaps: readonly (Pick<FormulaGap, 'message'> & { readonly reason: FormulaGap['reason'] | 'unknown_field' })[]
}

/** A calculation may be reached in as many ways as there are sets of roles. */
interface Visit {
  readonly formula: string
  readonly around: readonly FormulaRole[]
}

/**
 * Follows the calculations that a formula refers to down to plain fields. A field has the roles of all the ways to it: what
 * decides on the way decides at its end. Calculations that refer to each other in a circle end there.
 */
export function resolveFormula(formula: string, find: FindName): ResolvedFormula {
  const fields = new Map<string, Set<FormulaRole>>()
  const parameters = new Set<string>()
  const calculations = new Set<string>()
  const gaps = new Map<string, ResolvedFormula['gaps'][number]>()
  const seen = new Set<string>()
  const visits: Visit[] = [{ formula, around: ['value'] }]
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const read = readFormula(visit.formula)
    for (const { reason, message } of read.gaps) gaps.set(`${reason} ${message}`, { reason, message })
    for (const reference of read.references) {
      const roles = rolesWithin(visit.around, reference.roles)
      const found = find(reference)
      if (found === undefined) {
        const message = `no field is called ${[reference.dataSource, reference.name].filter(Boolean).join('.')}`
        gaps.set(message, { reason: 'unknown_field', message })
      } else if (found.kind === 'parameter') parameters.add(found.key)
      else if (found.kind === 'field') fields.set(found.key, new Set([...(fields.get(found.key) ?? []), ...roles]))
      else {
        calculations.add(found.key)
        const way = `${found.key}\u0000${roles.join()}`
        if (!seen.has(way)) visits.push({ formula: found.formula, around: roles })
        seen.add(way)
      }
    }
  }
  return {
    fields: new Map([...fields].map(([key, roles]) => [key, [...roles].sort()])),
    parameters: [...parameters],
    calculations: [...calculations],
    gaps: [...gaps.values()],
  }
}

function rolesWithin(around: readonly FormulaRole[], roles: readonly FormulaRole[]): FormulaRole[] {
  const all = new Set<FormulaRole>([...around, ...roles])
  if (!around.includes('value') || !roles.includes('value')) all.delete('value')
  return [...all].sort()
}

/** How a field makes the result of a formula, in the words of records. */
export function transformationOf({
  roles,
}: Pick<FormulaReference, 'roles'>): 'expression' | 'aggregate' | 'window' | 'conditional' | 'group_by' {
  if (!roles.includes('value')) return roles.includes('condition') ? 'conditional' : 'group_by'
  if (roles.includes('table_calculation')) return 'window'
  return roles.includes('aggregate') ? 'aggregate' : 'expression'
}

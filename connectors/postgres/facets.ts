import { compareNames, type FacetRecord, type Json, nameKey } from '../kit/index.ts'

/** Grantee (null: everyone), privilege, whether it may be passed on. */
export type GrantRow = readonly [grantee: string | null, privilege: string, grantable: boolean]
export type ColumnGrantRow = readonly [column: string, grants: readonly GrantRow[]]
export type DefaultGrantRow = readonly [creator: string, objects: string, ...grant: GrantRow]

/** When a trigger or rule fires: always but on a replica that applies changes, only there, at all times, or never. */
export const ENABLED: Readonly<Record<string, string>> = { O: 'origin', R: 'replica', A: 'always', D: 'disabled' }

/** No role can have this name. */
const EVERYONE = 'public'
const DEFAULT_OBJECTS: Readonly<Record<string, string>> = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
  L: 'large objects',
}

/** One facet a grantee. */
export function grantFacets(rows: readonly GrantRow[] | null): FacetRecord[] {
  return [...byGrantee(rows ?? [])].map(([grantee, rights]) => ({
    kind: 'grant',
    name: grantee,
    body: { grantee, ...rights },
  }))
}

export function columnGrantFacets(columns: readonly ColumnGrantRow[] | null): FacetRecord[] {
  return (columns ?? []).flatMap(([column, rows]) =>
    [...byGrantee(rows)].map(([grantee, rights]) => ({
      kind: 'column grant',
      name: nameKey([column, grantee]),
      body: { column, grantee, ...rights },
    })),
  )
}

export function defaultGrantFacets(rows: readonly DefaultGrantRow[] | null): FacetRecord[] {
  const groups = Map.groupBy(rows ?? [], ([creator, objects]) => nameKey([creator, objects]))
  return [...groups.values()].flatMap((group) => {
    const [creator = '', code = ''] = group[0] ?? []
    const objects = DEFAULT_OBJECTS[code] ?? code
    const grants = group.map(([, , ...grant]) => grant as GrantRow)
    return [...byGrantee(grants)].map(([grantee, rights]) => ({
      kind: 'default grant',
      name: nameKey([creator, objects, grantee]),
      body: { creator, objects, grantee, ...rights },
    }))
  })
}

/** Several grantors may have given the same right: it is said once. */
function byGrantee(rows: readonly GrantRow[]): Map<string, { privileges: Json; grantable?: Json }> {
  const groups = Map.groupBy(rows, ([grantee]) => grantee ?? EVERYONE)
  return new Map(
    [...groups].map(([grantee, group]) => {
      const names = (list: readonly GrantRow[]) =>
        [...new Set(list.map(([, privilege]) => privilege))].sort(compareNames)
      const grantable = names(group.filter(([, , may]) => may))
      return [grantee, { privileges: names(group), ...(grantable.length === 0 ? {} : { grantable }) }]
    }),
  )
}

/** The facets of a record in the store's order; nothing where there are none. */
export function withFacets(facets: readonly FacetRecord[]): { facets?: FacetRecord[] } {
  if (facets.length === 0) return {}
  return {
    facets: [...facets].sort(
      (left, right) => compareNames(left.kind, right.kind) || compareNames(left.name, right.name),
    ),
  }
}

type Facts = Readonly<Record<string, Json | null | undefined>>

/** Facts without those that have nothing to say. */
export function toldOf(facts: Facts | null): Record<string, Json> {
  const told = Object.entries(facts ?? {}).filter(([, value]) => value !== null && value !== undefined)
  // The filter leaves no undefined behind.
  return Object.fromEntries(told) as Record<string, Json>
}

/** The properties of a record, where any has something to say. */
export function withProperties(facts: Facts): { properties?: Record<string, Json> } {
  const properties = toldOf(facts)
  return Object.keys(properties).length === 0 ? {} : { properties }
}

const SECRET_OPTION = /pass|pwd|user|secret|token|key|credential|auth|login/i

/** `name=value` options as an object; values that look like credentials are masked. */
export function toOptions(options: readonly string[] | null): Json | undefined {
  if (options === null || options.length === 0) return undefined
  const pairs = options.map((option) => {
    const at = option.indexOf('=')
    const name = option.slice(0, at)
    return [name, SECRET_OPTION.test(name) ? '****' : option.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}

import type { FacetRecord, Json } from '../../model/records.ts'
import { compareNames } from './records.ts'

/** Grantee (null: everyone), privilege, whether it may be passed on. */
export type GrantRow = readonly [grantee: string | null, privilege: string, grantable: boolean]

/** What rights on everything are called where the source has no name for everyone; no role can have this name. */
const EVERYONE = 'public'

/** The rights on one object, a facet a grantee. */
export function grantFacets(rows: readonly GrantRow[] | null): FacetRecord[] {
  return [...rightsByGrantee(rows ?? [])].map(([grantee, rights]) => ({
    kind: 'grant',
    name: grantee,
    body: { grantee, ...rights },
  }))
}

/** Several grantors may have given the same right: it is said once. */
export function rightsByGrantee(rows: readonly GrantRow[]): Map<string, { privileges: Json; grantable?: Json }> {
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

/** A property that is left out when there is nothing to say. */
export function optional<K extends string>(key: K, value: string | null | undefined): { [key in K]?: string } {
  // TypeScript widens a computed key to string.
  return value === null || value === undefined ? {} : ({ [key]: value } as { [key in K]?: string })
}

/** A list in the store's order of names. */
export function byName<T extends { readonly name: string }>(list: T[]): T[] {
  return list.sort((left, right) => compareNames(left.name, right.name))
}

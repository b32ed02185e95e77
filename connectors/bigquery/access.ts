import { compareNames, displayName, type FacetRecord, type GrantRow, grantFacets, toldOf } from '../kit/index.ts'
import type { Dataset } from './resources.ts'

type AccessEntry = NonNullable<Dataset['access']>[number]

/** Who may do what with a dataset: its roles, and the views, routines and datasets that may read it for others. */
export function datasetFacets(access: Dataset['access']): FacetRecord[] {
  const entries = access ?? []
  const rows = entries.flatMap((entry): GrantRow[] => {
    const grantee = granteeOf(entry)
    return grantee === undefined || entry.role === undefined ? [] : [[grantee, entry.role, false]]
  })
  return [...grantFacets(rows), ...uniqueByName(entries.flatMap((entry) => authorized(entry)))]
}

/** The one person or group with the role OWNER; where there are several, none is the owner. */
export function ownerOf(access: Dataset['access']): string | undefined {
  const owners = (access ?? []).flatMap(({ role, userByEmail, groupByEmail }) => {
    const address = userByEmail ?? groupByEmail
    return address !== undefined && (role === 'OWNER' || role === 'roles/bigquery.dataOwner') ? [address] : []
  })
  return new Set(owners).size === 1 ? owners[0] : undefined
}

/** As policies write it: `user:`, `group:`, `domain:` and the address. */
function granteeOf({ userByEmail, groupByEmail, domain, specialGroup, iamMember }: AccessEntry): string | undefined {
  if (userByEmail !== undefined)
    return `${/gserviceaccount\.com$/.test(userByEmail) ? 'serviceAccount' : 'user'}:${userByEmail}`
  if (groupByEmail !== undefined) return `group:${groupByEmail}`
  if (domain !== undefined) return `domain:${domain}`
  return specialGroup ?? iamMember
}

function authorized({ view, routine, dataset }: AccessEntry): FacetRecord[] {
  const facet = (kind: string, path: readonly (string | undefined)[]): FacetRecord => ({
    kind,
    name: displayName(path.map((part) => part ?? '')),
    body: {},
  })
  if (view !== undefined) return [facet('authorized view', [view.projectId, view.datasetId, view.tableId])]
  if (routine !== undefined)
    return [facet('authorized routine', [routine.projectId, routine.datasetId, routine.routineId])]
  if (dataset === undefined) return []
  const base = facet('authorized dataset', [dataset.dataset?.projectId, dataset.dataset?.datasetId])
  return [{ ...base, body: { targets: (dataset.targetTypes ?? []).map(String).sort(compareNames) } }]
}

function uniqueByName(facets: readonly FacetRecord[]): FacetRecord[] {
  return [...new Map(facets.map((facet) => [`${facet.kind} ${facet.name}`, facet])).values()]
}

/** An IAM policy. https://cloud.google.com/bigquery/docs/reference/rest/v2/Policy */
export interface Policy {
  readonly bindings?: readonly {
    readonly role?: string
    readonly members?: readonly string[]
    readonly condition?: object
  }[]
}

/** Who was given roles on one table; a role under a condition says so. */
export function policyFacets({ bindings = [] }: Policy): FacetRecord[] {
  return grantFacets(
    bindings.flatMap(({ role = '', members = [], condition }) =>
      members.map((member): GrantRow => [member, condition === undefined ? role : `${role} (conditional)`, false]),
    ),
  )
}

/** A row access policy, as the listing tells of it. */
export interface RowPolicy {
  readonly rowAccessPolicyReference?: { readonly policyId?: string }
  readonly filterPredicate?: string
}

export function rowPolicyFacets(policies: readonly RowPolicy[]): FacetRecord[] {
  return policies.map(({ rowAccessPolicyReference, filterPredicate }) => ({
    kind: 'row access policy',
    name: rowAccessPolicyReference?.policyId ?? '',
    body: toldOf({ filter: filterPredicate }),
  }))
}

import { type FacetRecord, type GrantRow, type Json, nameKey, rightsByGrantee } from '../kit/index.ts'

export type ColumnGrantRow = readonly [column: string, grants: readonly GrantRow[]]
export type DefaultGrantRow = readonly [creator: string, objects: string, ...grant: GrantRow]

/** When a trigger or rule fires: always but on a replica that applies changes, only there, at all times, or never. */
export const ENABLED: Readonly<Record<string, string>> = { O: 'origin', R: 'replica', A: 'always', D: 'disabled' }

const DEFAULT_OBJECTS: Readonly<Record<string, string>> = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
  L: 'large objects',
}

export function columnGrantFacets(columns: readonly ColumnGrantRow[] | null): FacetRecord[] {
  return (columns ?? []).flatMap(([column, rows]) =>
    [...rightsByGrantee(rows)].map(([grantee, rights]) => ({
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
    return [...rightsByGrantee(grants)].map(([grantee, rights]) => ({
      kind: 'default grant',
      name: nameKey([creator, objects, grantee]),
      body: { creator, objects, grantee, ...rights },
    }))
  })
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

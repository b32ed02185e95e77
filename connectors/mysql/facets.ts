import { compareNames, type FacetRecord, type Json, nameKey } from '../kit/index.ts'
import type { Row } from './session.ts'

/** One facet a grantee. */
export function grantFacets(rows: readonly Row[]): FacetRecord[] {
  return [...Map.groupBy(rows, granteeOf)].map(([grantee, group]) => ({
    kind: 'grant',
    name: grantee,
    body: { grantee, ...rightsOf(group) },
  }))
}

export function columnGrantFacets(rows: readonly Row[]): FacetRecord[] {
  const groups = Map.groupBy(rows, (row) => nameKey([String(row.columnName), granteeOf(row)]))
  return [...groups].map(([name, group]) => ({
    kind: 'column grant',
    name,
    body: { column: String(group[0]?.columnName), grantee: granteeOf(group[0] ?? {}), ...rightsOf(group) },
  }))
}

/** `'reader'@'%'` without the quotes, as an owner is told. */
function granteeOf({ grantee }: Row): string {
  const [, user, host] = /^'([\s\S]*)'@'([^']*)'$/.exec(String(grantee)) ?? []
  // A role of MariaDB has no host.
  return user === undefined ? String(grantee) : host === '' ? user : `${user}@${host}`
}

/** Of a right given by two patterns that both fit, one is enough to pass it on. */
function rightsOf(rows: readonly Row[]): Record<string, Json> {
  const names = (list: readonly Row[]) => [...new Set(list.map((row) => String(row.privilegeType)))].sort(compareNames)
  const grantable = names(rows.filter(({ isGrantable }) => isGrantable === 'YES'))
  return { privileges: names(rows), ...(grantable.length === 0 ? {} : { grantable }) }
}

export function triggerFacets(rows: readonly Row[]): FacetRecord[] {
  return rows.map((row) => ({
    kind: 'trigger',
    name: String(row.triggerName),
    body: {
      timing: String(row.actionTiming).toLowerCase(),
      event: String(row.eventManipulation).toLowerCase(),
      order: Number(row.actionOrder),
      // Without the right to read it, it is empty.
      ...(row.actionStatement ? { statement: String(row.actionStatement) } : {}),
      definer: String(row.definer),
      sqlMode: String(row.sqlMode),
    },
  }))
}

export function partitionFacets(rows: readonly Row[]): FacetRecord[] {
  return [...Map.groupBy(rows, ({ partitionName }) => String(partitionName))].map(([name, [first = {}, ...more]]) => {
    const subpartitions = [first, ...more]
      .filter(({ subpartitionName }) => subpartitionName !== null)
      .sort((left, right) => Number(left.subpartitionOrdinalPosition) - Number(right.subpartitionOrdinalPosition))
      .map(({ subpartitionName }) => String(subpartitionName))
    return {
      kind: 'partition',
      name,
      body: {
        position: Number(first.partitionOrdinalPosition),
        ...told('values', first.partitionDescription),
        ...told('comment', first.partitionComment),
        ...told('tablespace', first.tablespaceName),
        ...(subpartitions.length === 0 ? {} : { subpartitions }),
      },
    }
  })
}

/** A fact of a facet, a property or a part of a record, where there is something to say. */
export function told<K extends string>(key: K, value: unknown): { readonly [key in K]?: string } {
  // A computed key is typed as any text; this one is `key`.
  return value === null || value === undefined || value === ''
    ? {}
    : ({ [key]: String(value) } as { [key in K]: string })
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

/** The properties of a record, where any has something to say. */
export function withProperties(properties: Readonly<Record<string, Json>>): { properties?: Record<string, Json> } {
  return Object.keys(properties).length === 0 ? {} : { properties: { ...properties } }
}

export function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((left, right) => compareNames(left.name, right.name))
}

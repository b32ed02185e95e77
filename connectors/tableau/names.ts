import type { AssetRef, NamePath } from '../kit/index.ts'

/**
 * What assets are called. A project is one part, however deep it is nested: `Finance/EMEA`. Below it come the workbook or
 * data source and what is in it. What Tableau lets share a name is told apart by the first eight characters of its id.
 */

/** The path of a nested project as one part: a slash within a name is doubled. */
export function projectPath(names: readonly string[]): string {
  return names.map((name) => name.replaceAll('/', '//')).join('/')
}

/** Names for items of one place, in their order: those that are not unique carry part of their id. */
export function uniqueNames(
  items: readonly { readonly id: string; readonly name?: string | null | undefined }[],
): string[] {
  const plain = items.map(({ id, name }) => name ?? id)
  const counts = new Map<string, number>()
  for (const name of plain) counts.set(name, (counts.get(name) ?? 0) + 1)
  const told = items.map(({ id }, index) => {
    const name = plain[index] as string
    return counts.get(name) === 1 ? name : `${name} #${id.slice(0, 8)}`
  })
  // Should ids begin alike, or a name look like one told apart.
  return new Set(told).size === told.length ? told : items.map(({ id }, index) => `${plain[index]} #${id}`)
}

export function siteRef(site: string): AssetRef {
  return { group: 'server', path: [site === '' ? 'Default' : site] }
}

export function projectRef(project: string): AssetRef {
  return { group: 'container', path: [project] }
}

export const reportRef = (path: NamePath): AssetRef => ({ group: 'report', path: [...path] })
export const dataSourceRef = (path: NamePath): AssetRef => ({ group: 'dataset', path: [...path] })
export const tableRef = (path: NamePath): AssetRef => ({ group: 'relation', path: [...path] })
export const flowRef = (path: NamePath): AssetRef => ({ group: 'job', path: [...path] })
/** Virtual connections and their tables have a family of names to themselves. */
export const connectionRef = (path: NamePath): AssetRef => ({ group: 'storage', path: [...path] })

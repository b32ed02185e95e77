import {
  type AssetRecord,
  type AssetRef,
  asText,
  type FacetRecord,
  type JsonObject,
  optional,
  withFacets,
  withProperties,
} from '../../kit/index.ts'
import type { TableauConfig } from '../config.ts'
import type { Content, Project } from '../content.ts'
import { projectRef, siteRef } from '../names.ts'

export function siteRecord({ baseUrl, site }: TableauConfig): AssetRecord {
  return { kind: 'site', path: siteRef(site).path, url: siteUrl({ baseUrl, site }), properties: { contentUrl: site } }
}

/** Where people open the site; of the default one its name is left out. */
export function siteUrl({ baseUrl, site }: Pick<TableauConfig, 'baseUrl' | 'site'>): string {
  return `${baseUrl.replace(/\/+$/, '')}/#/${site === '' ? '' : `site/${encodeURIComponent(site)}/`}`
}

export function groupRecord({ site }: TableauConfig, row: JsonObject): AssetRecord {
  const domain = row.domain as JsonObject | undefined
  return {
    kind: 'group',
    path: [String(row.name)],
    parent: siteRef(site),
    nativeId: String(row.id),
    ...withProperties({
      domain: asText(domain?.name),
      minimumSiteRole: asText(row.minimumSiteRole) ?? asText((row.import as JsonObject | undefined)?.siteRole),
    }),
  }
}

export function projectRecord(
  { baseUrl, site }: TableauConfig,
  { path, names, parent, owner, luid, row }: Project,
  crawled: ReadonlySet<string>,
): AssetRecord {
  const above: AssetRef = parent !== undefined && crawled.has(parent) ? projectRef(parent) : siteRef(site)
  return {
    kind: 'project',
    path: [path],
    parent: { group: above.group, path: above.path },
    nativeId: luid,
    ...optional('owner', owner),
    ...optional('comment', blank(asText(row.description))),
    url: asText(row.webpageUrl) ?? `${siteUrl({ baseUrl, site })}projects`,
    ...withProperties({
      name: names.at(-1) as string,
      depth: names.length,
      permissionsMode: asText(row.contentPermissions),
      createdAt: asText(row.createdAt),
    }),
  }
}

/** What all content has in common. */
export function contentFacts(
  { site }: TableauConfig,
  { project, inProject, owner, luid, row }: Content,
): Pick<AssetRecord, 'parent' | 'nativeId' | 'owner' | 'comment' | 'url'> {
  const parent = inProject ? projectRef(project) : siteRef(site)
  return {
    parent: { group: parent.group, path: parent.path },
    nativeId: luid,
    ...optional('owner', owner),
    ...optional('comment', blank(asText(row.description))),
    ...optional('url', asText(row.webpageUrl)),
  }
}

/** Tags as facets, a label each, and what else there is. */
export function facetsOf(tags: readonly string[], others: readonly FacetRecord[] = []): { facets?: FacetRecord[] } {
  return withFacets([...new Set(tags)].map((name): FacetRecord => ({ kind: 'tag', name, body: {} })).concat(others))
}

/** Tableau writes what is not there as an empty text too. */
export function blank(text: string | null | undefined): string | undefined {
  return text === null || text === '' ? undefined : text
}

/** A boolean of the REST API, which may come as text. */
export function truth(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'true' ? true : value === 'false' ? false : undefined
}

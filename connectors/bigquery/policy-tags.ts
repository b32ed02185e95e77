import { type ConnectorContext, IngestError, type Json, toldOf } from '../kit/index.ts'
import type { Client } from './client.ts'
import { grantOn } from './resources.ts'

/** The names that people gave to policy tags, which tables know by their ids. */
export interface PolicyTags {
  /** The tags with their names, where the account may read them; undefined for none. */
  named(ids: readonly string[] | undefined): Promise<Json | undefined>
}

interface TagPage {
  readonly policyTags?: readonly { readonly name?: string; readonly displayName?: string }[]
  readonly nextPageToken?: string
}

type Names = ReadonlyMap<string, string>

/** Reads each taxonomy once, when the first of its tags is met. */
export function createPolicyTags(client: Client, context: ConnectorContext): PolicyTags {
  const taxonomies = new Map<string, Promise<Names>>()
  const namesOf = (taxonomy: string): Promise<Names> => {
    const known = taxonomies.get(taxonomy) ?? readTaxonomy(client, context, taxonomy)
    taxonomies.set(taxonomy, known)
    return known
  }
  return {
    async named(ids) {
      if (ids === undefined || ids.length === 0) return undefined
      const sorted = [...ids].sort()
      return await Promise.all(
        sorted.map(async (id) => {
          const taxonomy = /^(projects\/[^/]+\/locations\/[^/]+\/taxonomies\/[^/]+)\/policyTags\//.exec(id)?.[1]
          const name = taxonomy === undefined ? undefined : (await namesOf(taxonomy)).get(id)
          return toldOf({ id, name })
        }),
      )
    },
  }
}

async function readTaxonomy(client: Client, context: ConnectorContext, taxonomy: string): Promise<Names> {
  const names = new Map<string, string>()
  const project = taxonomy.split('/')[1] ?? ''
  try {
    const request = {
      api: 'datacatalog' as const,
      path: [...taxonomy.split('/'), 'policyTags'],
      query: { pageSize: 1000 },
      what: `policy tags of ${taxonomy}`,
      grant: grantOn(project, client.account.principal, 'roles/datacatalog.categoryFineGrainedReader'),
    }
    for await (const page of client.pages<TagPage>(request)) {
      for (const { name, displayName } of page.policyTags ?? []) {
        if (name !== undefined && displayName !== undefined) names.set(name, displayName)
      }
    }
  } catch (error) {
    // Without the right, or with the API switched off, tags keep their ids alone.
    if (!(error instanceof IngestError) || !['permission', 'not_found', 'invalid_config'].includes(error.category))
      throw error
    context.log.warn({ taxonomy, hint: error.hint }, error.message)
  }
  return names
}

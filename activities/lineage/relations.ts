import { type FoundRelation, findRelations, type WantedRelation } from '../../db/lineage/read.ts'
import type { Query } from '../../db/store.ts'

/** What the store knows of the relations, and other assets, that a page of texts names: each asked for once. */
export class Relations {
  readonly #sql: Query
  readonly #known = new Map<string, FoundRelation | undefined>()

  constructor(sql: Query) {
    this.#sql = sql
  }

  async load(wanted: readonly WantedRelation[]): Promise<void> {
    const missing = new Map<string, WantedRelation>()
    for (const relation of wanted) {
      const { namespaceId, key, loose, group } = relation
      const identity = identityOf(namespaceId, key, loose, group)
      if (!this.#known.has(identity)) missing.set(identity, relation)
    }
    const list = [...missing.values()]
    const found = await findRelations(this.#sql, list)
    ;[...missing.keys()].forEach((identity, index) => {
      this.#known.set(identity, found[index])
    })
  }

  find(namespaceId: number, key: string, loose: boolean, group?: string): FoundRelation | undefined {
    return this.#known.get(identityOf(namespaceId, key, loose, group))
  }
}

function identityOf(namespaceId: number, key: string, loose: boolean, group = 'relation'): string {
  return `${namespaceId} ${group} ${loose} ${key}`
}

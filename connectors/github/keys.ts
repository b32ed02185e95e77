import { keyPath, nameKey } from '../kit/index.ts'
import type { Repository } from './repositories.ts'

/** What the items of a repository are: the third part of their key. Refs have their full name there. */
export type ItemSort = 'file' | 'dbt' | 'commit' | 'pull' | 'release'

export function itemKey({ owner, name }: Pick<Repository, 'owner' | 'name'>, sort: ItemSort, own: string): string {
  return nameKey([owner, name, sort, own])
}

export function refKey({ owner, name }: Pick<Repository, 'owner' | 'name'>, ref: string): string {
  return nameKey([owner, name, ref])
}

/** The last part of the keys of one sort. */
export function ownKeys(keys: readonly string[], sort: ItemSort): Map<string, string> {
  return new Map(
    keys.flatMap((key) => {
      const path = keyPath(key)
      return path?.[2] === sort && path[3] !== undefined ? [[key, path[3]] as const] : []
    }),
  )
}

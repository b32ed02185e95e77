import { type Json, judgeName } from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import { fullName, type Repository } from './repositories.ts'

/** How the SQL of a file is read: of the first mapping that fits it. Kept in its record, so that lineage needs no config. */
export function sqlReading(
  { sql }: GithubConfig,
  repository: Pick<Repository, 'owner' | 'name'>,
  path: string,
): Record<string, Json> | undefined {
  const mapping = sql?.find(
    ({ repositories, paths }) => judgeName(repositories, fullName(repository)).kept && judgeName(paths, path).kept,
  )
  if (mapping === undefined) return undefined
  const { dialect, namespace, database, schemas } = mapping
  return {
    dialect,
    ...(namespace === undefined ? {} : { namespace }),
    ...(database === undefined ? {} : { database }),
    ...(schemas === undefined ? {} : { schemas: [...schemas] }),
  }
}

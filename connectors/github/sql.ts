import { type Json, judgeName, type SqlHint } from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import { fullName, type Repository } from './repositories.ts'

/**
 * How the SQL of a file is read: by the first mapping that fits it, and by what the repository says where that is silent. Kept in
 * its record, so that lineage needs no config.
 */
export function sqlReading(
  { sql }: GithubConfig,
  repository: Pick<Repository, 'owner' | 'name'>,
  path: string,
  hint: SqlHint | undefined,
): Record<string, Json> | undefined {
  const mapping = sql?.find(
    ({ repositories, paths }) => judgeName(repositories, fullName(repository)).kept && judgeName(paths, path).kept,
  )
  if (mapping === undefined && hint === undefined) return undefined
  const dialect = mapping?.dialect ?? hint?.dialect
  const database = mapping?.database ?? hint?.database
  const schemas = mapping?.schemas ?? hint?.schemas
  return {
    ...(dialect === undefined ? {} : { dialect }),
    ...(mapping?.namespace === undefined ? {} : { namespace: mapping.namespace }),
    ...(database === undefined ? {} : { database }),
    ...(schemas === undefined ? {} : { schemas: [...schemas] }),
  }
}

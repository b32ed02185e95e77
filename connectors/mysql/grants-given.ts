import { createHash } from 'node:crypto'
import type { FacetRecord } from '../kit/index.ts'
import type { Reader } from './connection.ts'
import { grantFacets } from './facets.ts'
import { fitsPattern } from './grants.ts'
import type { Row } from './session.ts'

/** Rights on whole databases, as far as the account sees them: they are given to patterns of names. */
export interface DatabaseGrants {
  facets(database: string): FacetRecord[]
  /** Moves with the facets of that database. */
  digest(database: string): string
}

const DATABASE_GRANTS = `select grantee, table_schema as pattern, privilege_type as privilegeType, is_grantable as isGrantable
  from information_schema.schema_privileges`

export async function readDatabaseGrants({ session }: Reader): Promise<DatabaseGrants> {
  const [rows = []] = await session.run(DATABASE_GRANTS)
  const byPattern = [...Map.groupBy(rows, ({ pattern }) => String(pattern))]
  const facets = (database: string) => {
    const fitting = byPattern.filter(([pattern]) => fitsPattern(pattern, database))
    return grantFacets(fitting.flatMap(([, found]) => found as Row[]))
  }
  return {
    facets,
    digest: (database) =>
      createHash('sha256')
        .update(JSON.stringify(facets(database)))
        .digest('hex'),
  }
}

import type { AssetRecord } from '../kit/index.ts'
import { told, withFacets, withProperties } from './facets.ts'
import type { FactsOf } from './facts/reading.ts'
import type { DatabaseGrants } from './grants-given.ts'

export function toDatabase(database: string, facts: FactsOf, given: DatabaseGrants): AssetRecord {
  const [row = {}] = facts('schema')
  return {
    kind: 'database',
    path: [database],
    ...told('comment', row.schemaComment),
    ...withProperties({
      ...told('charset', row.defaultCharacterSetName),
      ...told('collation', row.defaultCollationName),
      ...(row.defaultEncryption === 'YES' ? { encrypted: true } : {}),
    }),
    ...withFacets(given.facets(database)),
  }
}

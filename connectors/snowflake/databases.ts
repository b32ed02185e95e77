import {
  type AssetRecord,
  type InventoryItem,
  itemWithRecords,
  nameKey,
  optional,
  type UpstreamRecord,
  withFacets,
  withProperties,
} from '../kit/index.ts'
import { namespaceOf } from './account.ts'
import type { Entry } from './entries.ts'
import { factFacets, factsAbout, objectKey } from './facts.ts'
import type { Reader } from './reader.ts'
import type { Row } from './session.ts'
import { literal } from './shows.ts'

/** The database itself, and the shares that carry it out of the account. */
export async function databaseItems(reader: Reader, entries: readonly Entry[]): Promise<InventoryItem[]> {
  const { database } = reader
  const rows = await reader.rows(`SHOW DATABASES LIKE ${literal(database)}`)
  const row = rows.find(({ name }) => name === database)
  const shares = await reader.show('SHARES')
  const own = shares.filter((share) => share.database_name === database)
  const outbound = own.filter((share) => share.kind === 'OUTBOUND')
  return [
    itemWithRecords({ key: nameKey([database]), records: [databaseRecord(reader, row, entries)] }),
    ...outbound.map((share) => {
      const record = shareRecord(share, database)
      return itemWithRecords({ key: objectKey(record.path, 'share'), records: [record] })
    }),
  ]
}

function databaseRecord({ database }: Reader, row: Row | undefined, entries: readonly Entry[]): AssetRecord {
  const self: Entry = { kind: 'database', schema: '', name: '', position: 0, type: '', body: {} }
  const origin = row?.origin || undefined
  return {
    kind: 'database',
    path: [database],
    ...optional('owner', row?.owner || undefined),
    ...optional('comment', row?.comment || undefined),
    ...withProperties({
      kind: row?.kind || null,
      transient: /\bTRANSIENT\b/.test(row?.options ?? '') ? true : null,
      retentionDays: row?.retention_time ? Number(row.retention_time) : null,
      origin,
    }),
    ...withUpstreams(origin === undefined ? [] : sharedFrom(origin)),
    ...withFacets(factFacets(factsAbout(self, entries))),
  }
}

/** `ORG.ACCOUNT.SHARE`: the share is the provider's, in whose namespace it stands. */
function sharedFrom(origin: string): UpstreamRecord[] {
  const parts = origin.split('.')
  const share = parts.at(-1) ?? ''
  if (parts.length !== 3 || parts[0] === 'SNOWFLAKE') return []
  return [{ origin: 'catalogue', namespace: namespaceOf(`${parts[0]}-${parts[1]}`), group: 'other', path: [share] }]
}

/** https://docs.snowflake.com/en/sql-reference/sql/show-shares */
function shareRecord(row: Row, database: string): AssetRecord {
  const name = (row.name ?? '').split('.').at(-1) ?? ''
  const consumers = (row.to ?? '')
    .split(',')
    .map((account) => account.trim())
    .filter((account) => account !== '')
    .sort()
  return {
    kind: 'share',
    path: [name],
    ...optional('owner', row.owner || undefined),
    ...optional('comment', row.comment || undefined),
    ...withProperties({
      consumers: consumers.length === 0 ? null : consumers,
      listing: row.listing_global_name || null,
    }),
    upstreams: [{ origin: 'catalogue', group: 'container', path: [database] }],
  }
}

function withUpstreams(upstreams: UpstreamRecord[]) {
  return upstreams.length === 0 ? {} : { upstreams }
}

import { type AssetRecord, type GrantRow, grantFacets, optional, withFacets } from '../../kit/index.ts'
import { type DefaultGrantRow, defaultGrantFacets } from '../facets.ts'
import { commentOn, contentStamps, defaultGrants, grants, OF_USERS, sharedCommentOn } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface ContainerRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  readonly grants: readonly GrantRow[] | null
  readonly default_grants: readonly DefaultGrantRow[] | null
}

interface DatabaseRow extends ContainerRow {
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  readonly tablespace: string | null
}

const DATABASE = `
select d.oid::text as oid, null::text as schema, d.datname::text as name, r.rolname as owner,
  ${sharedCommentOn('pg_database', 'd.oid')} as comment, pg_encoding_to_char(d.encoding) as encoding,
  d.datcollate as collate, d.datctype as ctype, case when t.spcname <> 'pg_default' then t.spcname end as tablespace,
  ${grants('d.datacl', 'd', 'd.datdba')} as grants, ${defaultGrants('0')} as default_grants
from pg_database d left join pg_roles r on r.oid = d.datdba left join pg_tablespace t on t.oid = d.dattablespace
where d.datname = current_database()`

const schemas = (condition: string) => `
select n.oid::text as oid, null::text as schema, n.nspname::text as name, r.rolname as owner,
  ${commentOn('pg_namespace', 'n.oid')} as comment, ${grants('n.nspacl', 'n', 'n.nspowner')} as grants,
  ${defaultGrants('n.oid')} as default_grants
from pg_namespace n left join pg_roles r on r.oid = n.nspowner where ${condition}`

/** The schemas there are, for the filter on their names. */
export const SCHEMAS = `select n.oid::text as oid, n.nspname as name from pg_namespace n where ${OF_USERS}`

/** The database is one, whatever is selected. */
export const database = defineFamily<DatabaseRow>({
  prefix: 'db',
  group: 'container',
  shared: true,
  stamps: () => contentStamps(DATABASE),
  rows: () => DATABASE,
  record: (row) => ({
    kind: 'database',
    path: [row.name],
    ...toldOf(row),
    properties: {
      encoding: row.encoding,
      collate: row.collate,
      ctype: row.ctype,
      ...optional('tablespace', row.tablespace),
    },
  }),
})

export const schema = defineFamily<ContainerRow>({
  prefix: 'ns',
  group: 'container',
  stamps: (selection) => contentStamps(schemas(selected(selection, 'n.oid', 'n.oid'))),
  rows: (oids) => schemas(selected({ oids }, 'n.oid')),
  record: (row, place) => ({
    kind: 'schema',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...toldOf(row),
  }),
})

function toldOf(row: ContainerRow): Pick<AssetRecord, 'owner' | 'comment' | 'facets'> {
  return {
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withFacets([...grantFacets(row.grants), ...defaultGrantFacets(row.default_grants)]),
  }
}

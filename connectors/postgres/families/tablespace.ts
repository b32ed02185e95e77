import { type GrantRow, grantFacets, optional, withFacets, withProperties } from '../../kit/index.ts'
import { TABLESPACES_IN_USE } from '../queries/roles.sql.ts'
import { contentStamps, grants, sharedCommentOn } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface TablespaceRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  readonly location: string
  readonly options: readonly string[] | null
  readonly grants: readonly GrantRow[] | null
}

export const tablespaces = (condition: string) => `
select t.oid::text as oid, null::text as schema, t.spcname::text as name, pg_get_userbyid(t.spcowner) as owner,
  ${sharedCommentOn('pg_tablespace', 't.oid')} as comment, pg_tablespace_location(t.oid) as location,
  to_json(t.spcoptions) as options, ${grants('t.spcacl', 't', 't.spcowner')} as grants
from pg_tablespace t where t.oid in (${TABLESPACES_IN_USE}) and ${condition}`

/** As roles, shared by the databases that use them. */
export const tablespace = defineFamily<TablespaceRow>({
  prefix: 'spc',
  group: 'storage',
  shared: true,
  stamps: (selection) => contentStamps(tablespaces(selected(selection, 't.oid'))),
  rows: (oids) => tablespaces(selected({ oids }, 't.oid')),
  record: (row) => ({
    kind: 'tablespace',
    path: [row.name],
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({ location: row.location, options: row.options === null ? null : [...row.options] }),
    ...withFacets(grantFacets(row.grants)),
  }),
})

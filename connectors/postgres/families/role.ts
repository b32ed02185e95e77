import { type FacetRecord, optional, withFacets, withProperties } from '../../kit/index.ts'
import { ROLES_IN_USE } from '../queries/roles.sql.ts'
import { contentStamps, sharedCommentOn } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface RoleRow extends ObjectRow {
  readonly comment: string | null
  readonly superuser: boolean
  readonly inherit: boolean
  readonly create_role: boolean
  readonly create_database: boolean
  readonly login: boolean
  readonly replication: boolean
  readonly bypass_policies: boolean
  readonly connection_limit: number
  readonly valid_until: string | null
  readonly member_of: readonly string[] | null
  readonly members: readonly MemberRow[] | null
}

/** Which options a membership has besides `admin` came with 16. */
interface MemberRow {
  readonly name: string
  readonly admin: boolean
  readonly inherit: boolean | null
  readonly set: boolean | null
}

const option = (name: string) => `bool_or((to_jsonb(m) ->> '${name}_option')::boolean)`

/** pg_roles is what everyone may read: it holds no password. Memberships may be given by several, and count once. */
export const roles = (condition: string) => `
select r.oid::text as oid, null::text as schema, r.rolname::text as name, ${sharedCommentOn('pg_authid', 'r.oid')} as comment,
  r.rolsuper as superuser, r.rolinherit as inherit, r.rolcreaterole as create_role, r.rolcreatedb as create_database,
  r.rolcanlogin as login, r.rolreplication as replication, r.rolbypassrls as bypass_policies,
  r.rolconnlimit as connection_limit, r.rolvaliduntil::text as valid_until,
  (select json_agg(distinct g.rolname::text) from pg_auth_members m join pg_roles g on g.oid = m.roleid
    where m.member = r.oid) as member_of,
  (select json_agg(json_build_object('name', x.rolname, 'admin', x.admin, 'inherit', x.inherit, 'set', x.set) order by x.rolname)
    from (select g.rolname, ${option('admin')} as admin, ${option('inherit')} as inherit, ${option('set')} as set
      from pg_auth_members m join pg_roles g on g.oid = m.member where m.roleid = r.oid group by 1) x) as members
from pg_roles r where r.rolname !~ '^pg_' and r.oid in (${ROLES_IN_USE}) and ${condition}`

/** Roles are the server's: every database that one matters to lists it, and they share one asset. */
export const role = defineFamily<RoleRow>({
  prefix: 'role',
  group: 'principal',
  shared: true,
  stamps: (selection) => contentStamps(roles(selected(selection, 'r.oid'))),
  rows: (oids) => roles(selected({ oids }, 'r.oid')),
  record: (row) => ({
    kind: 'role',
    path: [row.name],
    ...optional('comment', row.comment),
    ...withProperties({
      login: row.login,
      superuser: row.superuser,
      inherit: row.inherit,
      createRole: row.create_role,
      createDatabase: row.create_database,
      replication: row.replication,
      bypassRowSecurity: row.bypass_policies,
      connectionLimit: row.connection_limit < 0 ? null : row.connection_limit,
      validUntil: row.valid_until,
      memberOf: row.member_of === null ? null : [...row.member_of].sort(),
    }),
    ...withFacets((row.members ?? []).map(toMember)),
  }),
})

function toMember({ name, admin, inherit, set }: MemberRow): FacetRecord {
  const more = { ...(inherit === null ? {} : { inherit }), ...(set === null ? {} : { set }) }
  return { kind: 'member', name, body: { member: name, admin, ...more } }
}

import { type GrantRow, grantFacets, optional, withFacets, withProperties } from '../../kit/index.ts'
import { toOptions } from '../facets.ts'
import { commentOn, contentStamps, grants, isPart, nameOf } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface ForeignRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  readonly options: readonly string[] | null
  readonly grants: readonly GrantRow[] | null
}

interface ServerRow extends ForeignRow {
  readonly wrapper: string
  readonly type: string | null
  readonly version: string | null
  /** Who has a mapping; how they sign in there is never read. */
  readonly users: readonly string[] | null
}

type Name = readonly [schema: string, name: string]

interface WrapperRow extends ForeignRow {
  readonly handler: Name | null
  readonly validator: Name | null
}

const servers = (condition: string) => `
select s.oid::text as oid, null::text as schema, s.srvname::text as name, r.rolname as owner,
  ${commentOn('pg_foreign_server', 's.oid')} as comment, to_json(s.srvoptions) as options, w.fdwname as wrapper,
  s.srvtype as type, s.srvversion as version,
  (select json_agg(m.usename order by m.usename) from pg_user_mappings m where m.srvid = s.oid) as users,
  ${grants('s.srvacl', 'S', 's.srvowner')} as grants
from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw left join pg_roles r on r.oid = s.srvowner
where ${condition} and not ${isPart('pg_foreign_server', 's.oid')}`

const wrappers = (condition: string) => `
select w.oid::text as oid, null::text as schema, w.fdwname::text as name, r.rolname as owner,
  ${commentOn('pg_foreign_data_wrapper', 'w.oid')} as comment, to_json(w.fdwoptions) as options,
  ${nameOf('pg_proc', 'pro', 'w.fdwhandler')} as handler, ${nameOf('pg_proc', 'pro', 'w.fdwvalidator')} as validator,
  ${grants('w.fdwacl', 'F', 'w.fdwowner')} as grants
from pg_foreign_data_wrapper w left join pg_roles r on r.oid = w.fdwowner
where ${condition} and not ${isPart('pg_foreign_data_wrapper', 'w.oid')}`

export const foreignServer = defineFamily<ServerRow>({
  prefix: 'srv',
  group: 'server',
  stamps: (selection) => contentStamps(servers(selected(selection, 's.oid'))),
  rows: (oids) => servers(selected({ oids }, 's.oid')),
  record: (row, place) => ({
    kind: 'foreign server',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      wrapper: row.wrapper,
      type: row.type,
      version: row.version,
      options: toOptions(row.options),
      userMappings: row.users === null ? null : [...row.users],
    }),
    ...withFacets(grantFacets(row.grants)),
  }),
})

export const foreignDataWrapper = defineFamily<WrapperRow>({
  prefix: 'fdw',
  group: 'wrapper',
  stamps: (selection) => contentStamps(wrappers(selected(selection, 'w.oid'))),
  rows: (oids) => wrappers(selected({ oids }, 'w.oid')),
  record: (row, place) => ({
    kind: 'foreign data wrapper',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      handler: row.handler === null ? null : [place.database, ...row.handler],
      validator: row.validator === null ? null : [place.database, ...row.validator],
      options: toOptions(row.options),
    }),
    ...withFacets(grantFacets(row.grants)),
  }),
})

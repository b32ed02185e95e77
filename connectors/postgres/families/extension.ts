import { optional, withProperties } from '../../kit/index.ts'
import { commentOn, contentStamps } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface ExtensionRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  readonly version: string
  readonly home: string
  readonly relocatable: boolean
  /** How many of each catalogue. */
  readonly members: Readonly<Record<string, number>> | null
}

/** Catalogues of an extension's members in words; of others the catalogue's own name is told. */
const MEMBERS: Readonly<Record<string, string>> = {
  pg_proc: 'functions',
  pg_type: 'types',
  pg_class: 'relations',
  pg_operator: 'operators',
  pg_opclass: 'operatorClasses',
  pg_opfamily: 'operatorFamilies',
  pg_cast: 'casts',
  pg_am: 'accessMethods',
  pg_language: 'languages',
  pg_collation: 'collations',
  pg_namespace: 'schemas',
  pg_event_trigger: 'eventTriggers',
  pg_foreign_data_wrapper: 'foreignDataWrappers',
}

const extensions = (condition: string) => `
select e.oid::text as oid, null::text as schema, e.extname::text as name, r.rolname as owner,
  ${commentOn('pg_extension', 'e.oid')} as comment, e.extversion as version, n.nspname as home,
  e.extrelocatable as relocatable,
  (select json_object_agg(c.relname, m.count order by c.relname) from (
    select d.classid, count(*) from pg_depend d
    where d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e' group by 1) m
    join pg_class c on c.oid = m.classid) as members
from pg_extension e join pg_namespace n on n.oid = e.extnamespace left join pg_roles r on r.oid = e.extowner
where ${condition}`

/** An extension stands for what it brought: its functions, types and so on are counted, not catalogued one by one. */
export const extension = defineFamily<ExtensionRow>({
  prefix: 'ext',
  group: 'extension',
  stamps: (selection) => contentStamps(extensions(selected(selection, 'e.oid'))),
  rows: (oids) => extensions(selected({ oids }, 'e.oid')),
  record: (row, place) => ({
    kind: 'extension',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      version: row.version,
      schema: row.home,
      relocatable: row.relocatable,
      members: Object.fromEntries(
        Object.entries(row.members ?? {}).map(([catalogue, count]) => [MEMBERS[catalogue] ?? catalogue, count]),
      ),
    }),
  }),
})

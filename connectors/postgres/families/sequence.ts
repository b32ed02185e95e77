import { type GrantRow, grantFacets, optional, withFacets, withProperties } from '../../kit/index.ts'
import { commentOn, contentStamps, grants } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface SequenceRow extends ObjectRow {
  readonly schema: string
  readonly owner: string | null
  readonly comment: string | null
  readonly persistence: string
  readonly type: string
  /** Texts: a bigint does not fit a JSON number. */
  readonly start: string
  readonly increment: string
  readonly min: string
  readonly max: string
  readonly cache: string
  readonly cycle: boolean
  /** The column it belongs to, and whether as its identity. */
  readonly column: readonly [schema: string, table: string, column: string, identity: boolean] | null
  readonly grants: readonly GrantRow[] | null
}

const COLUMN = `(select json_build_array(m.nspname, t.relname, a.attname, d.deptype = 'i')
  from pg_depend d join pg_class t on t.oid = d.refobjid join pg_namespace m on m.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
    and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i'))`

const sequences = (condition: string) => `
select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name, r.rolname as owner,
  ${commentOn('pg_class', 'c.oid')} as comment, c.relpersistence as persistence, format_type(s.seqtypid, null) as type,
  s.seqstart::text as start, s.seqincrement::text as increment, s.seqmin::text as min, s.seqmax::text as max,
  s.seqcache::text as cache, s.seqcycle as cycle, ${COLUMN} as column, ${grants('c.relacl', 's', 'c.relowner')} as grants
from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_roles r on r.oid = c.relowner
where c.relpersistence <> 't' and ${condition}`

/** Sequences, those behind serial and identity columns too. Their current value is data, not metadata. */
export const sequence = defineFamily<SequenceRow>({
  prefix: 'seq',
  group: 'sequence',
  inSchemas: true,
  stamps: (selection) => contentStamps(sequences(selected(selection, 'c.oid', 'c.relnamespace'))),
  rows: (oids) => sequences(selected({ oids }, 'c.oid')),
  record: (row, place) => ({
    kind: 'sequence',
    path: [place.database, row.schema, row.name],
    parent: { group: 'container', path: [place.database, row.schema] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      type: row.type,
      start: row.start,
      increment: row.increment,
      min: row.min,
      max: row.max,
      cache: row.cache,
      cycle: row.cycle,
      persistence: row.persistence === 'u' ? 'unlogged' : null,
      ...ownedBy(row.column, place.database),
    }),
    ...withFacets(grantFacets(row.grants)),
  }),
})

function ownedBy(column: SequenceRow['column'], database: string) {
  if (column === null) return {}
  const [schema, table, name, identity] = column
  return { ownedBy: { table: [database, schema, table], column: name, ...(identity ? { identity } : {}) } }
}

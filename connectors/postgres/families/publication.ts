import { type Json, optional, withProperties } from '../../kit/index.ts'
import { commentOn, contentStamps, isPart } from '../queries/shared.sql.ts'
import type { Server } from '../server.ts'
import { defineFamily, type ObjectRow, type Place, selected } from './family.ts'

interface PublicationRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  /** The row as JSON: its columns differ between versions. */
  readonly facts: Readonly<Record<string, string | boolean | null>>
  readonly tables:
    | readonly {
        readonly schema: string
        readonly table: string
        readonly columns: readonly string[] | null
        readonly filter: string | null
      }[]
    | null
  readonly schemas: readonly string[] | null
}

const GENERATED: Readonly<Record<string, string>> = { s: 'stored' }

/** Column lists, row filters and whole schemas came with this version. */
const PARTS_OF_TABLES = 150000

/** To print a filter its table is locked; without that its tree and the names of the columns tell whether it changed. */
const filter = (locking: boolean) =>
  locking
    ? 'pg_get_expr(p.prqual, p.prrelid)'
    : `p.prqual::text || (select string_agg(a.attname, ',' order by a.attnum) from pg_attribute a
        where a.attrelid = p.prrelid and a.attnum > 0)`

const columns = `(select json_agg(a.attname order by a.attnum) from pg_attribute a
  where a.attrelid = p.prrelid and a.attnum = any(p.prattrs::int2[]))`

function publications(condition: string, { version }: Server, locking: boolean): string {
  const parts = version >= PARTS_OF_TABLES
  const more = parts ? `, 'columns', ${columns}, 'filter', ${filter(locking)}` : ''
  const schemas = `(select json_agg(m.nspname order by m.nspname) from pg_publication_namespace s
    join pg_namespace m on m.oid = s.pnnspid where s.pnpubid = b.oid)`
  return `
select b.oid::text as oid, null::text as schema, b.pubname::text as name, r.rolname as owner,
  ${commentOn('pg_publication', 'b.oid')} as comment, to_jsonb(b) as facts, ${parts ? schemas : 'null::json'} as schemas,
  (select json_agg(json_build_object('schema', m.nspname, 'table', c.relname ${more}) order by m.nspname, c.relname)
    from pg_publication_rel p join pg_class c on c.oid = p.prrelid join pg_namespace m on m.oid = c.relnamespace
    where p.prpubid = b.oid) as tables
from pg_publication b left join pg_roles r on r.oid = b.pubowner
where ${condition} and not ${isPart('pg_publication', 'b.oid')}`
}

export const publication = defineFamily<PublicationRow>({
  prefix: 'pub',
  group: 'publication',
  stamps: (selection, server) => contentStamps(publications(selected(selection, 'b.oid'), server, false)),
  rows: (oids, server) => publications(selected({ oids }, 'b.oid'), server, true),
  record: (row, place) => ({
    kind: 'publication',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      allTables: row.facts.puballtables ? true : null,
      operations: ['insert', 'update', 'delete', 'truncate'].filter((name) => row.facts[`pub${name}`]),
      viaRoot: row.facts.pubviaroot ? true : null,
      generatedColumns: GENERATED[String(row.facts.pubgencols)],
      schemas: row.schemas?.map((schema) => [place.database, schema]),
      tables: row.tables?.map((table) => toTable(table, place)),
    }),
  }),
})

function toTable(row: NonNullable<PublicationRow['tables']>[number], place: Place): Json {
  return {
    table: [place.database, row.schema, row.table],
    ...(row.columns ? { columns: [...row.columns] } : {}),
    ...optional('filter', row.filter),
  }
}

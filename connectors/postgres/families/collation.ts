import { optional, withProperties } from '../../kit/index.ts'
import { commentOn, contentStamps, isPart } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface CollationRow extends ObjectRow {
  readonly schema: string
  readonly owner: string | null
  readonly comment: string | null
  /** The row as JSON: its columns differ between versions. */
  readonly facts: Readonly<Record<string, string | boolean | null>>
}

const PROVIDERS: Readonly<Record<string, string>> = { b: 'builtin', c: 'libc', d: 'default', i: 'icu' }

const collations = (condition: string) => `
select l.oid::text as oid, n.nspname::text as schema, l.collname::text as name, r.rolname as owner,
  ${commentOn('pg_collation', 'l.oid')} as comment, to_jsonb(l) as facts
from pg_collation l join pg_namespace n on n.oid = l.collnamespace left join pg_roles r on r.oid = l.collowner
where ${condition} and l.collencoding in (-1, (select encoding from pg_database where datname = current_database()))
  and not ${isPart('pg_collation', 'l.oid')}`

/** Collations; those for another encoding than the database's cannot be used and are left out. */
export const collation = defineFamily<CollationRow>({
  prefix: 'coll',
  group: 'collation',
  inSchemas: true,
  stamps: (selection) => contentStamps(collations(selected(selection, 'l.oid', 'l.collnamespace'))),
  rows: (oids) => collations(selected({ oids }, 'l.oid')),
  record: ({ facts, ...row }, place) => ({
    kind: 'collation',
    path: [place.database, row.schema, row.name],
    parent: { group: 'container', path: [place.database, row.schema] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      provider: PROVIDERS[String(facts.collprovider)],
      deterministic: facts.collisdeterministic,
      collate: facts.collcollate,
      ctype: facts.collctype,
      // Of 15 and 16, and from 17.
      locale: facts.colliculocale ?? facts.colllocale,
      rules: facts.collicurules,
      version: facts.collversion,
    }),
  }),
})

import postgres from 'postgres'
import { asStoreError } from './store.ts'

/** What somebody may do with the store behind a URL. */
export interface StoreAccess {
  readonly role: string
  /** Whether it is a Tidemark store at all. */
  readonly made: boolean
  /** Whether the role may write to it, and the server takes writes. */
  readonly writable: boolean
}

export async function readAccess(url: string): Promise<StoreAccess> {
  const client = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 })
  try {
    // Names in a schema that one may not use cannot be resolved: the catalogs are asked instead.
    const [row] = await client<StoreAccess[]>`
      select current_user::text as role, s.oid is not null as made,
             not pg_is_in_recovery() and current_setting('default_transaction_read_only') = 'off'
               and (s.oid is null or has_table_privilege(s.oid, 'insert')) as writable
      from (select 1) one
      left join (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = 'tidemark' and c.relname = 'source') s on true`
    return row as StoreAccess
  } catch (error) {
    throw asStoreError(error)
  } finally {
    await client.end({ timeout: 5 })
  }
}

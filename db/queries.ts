import type { Query, Transaction } from './store.ts'

/** Ids of the master keys that the store's secrets were encrypted under. */
export async function listMasterKeys(sql: Query): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`select distinct master_key_id as id from tidemark.source order by 1`
  return rows.map((row) => row.id)
}

/** What tells this store's organization from that of any other store, kept through dump and restore. */
export async function readStoreIdentity(sql: Query | Transaction, organization: string): Promise<string> {
  const [row] = await sql<{ identity: string }[]>`
    select md5(name || ' ' || extract(epoch from created_at)) as identity from tidemark.organization where name = ${organization}`
  return (row as { identity: string }).identity
}

import type postgres from 'postgres'
import { sqlState } from './store.ts'

const PRIVILEGE_MISSING = '42501'

/**
 * The schema that the server's pg_trgm is in, installed beside the store's tables where it can be: it is a trusted
 * extension, so the database's owner may. Undefined without it: search then finds no misspelt words.
 */
export async function ensureTrigrams(client: postgres.Sql): Promise<string | undefined> {
  const [found] = await findExtension(client)
  if (found !== undefined) return found.schema
  const [offered] = await client`select 1 from pg_available_extensions where name = 'pg_trgm'`
  if (offered === undefined) return undefined
  try {
    await client`create extension pg_trgm schema tidemark`
  } catch (error) {
    if (sqlState(error) !== PRIVILEGE_MISSING) throw error
    return undefined
  }
  return (await findExtension(client))[0]?.schema
}

const findExtension = (client: postgres.Sql) => client<{ schema: string }[]>`
  select quote_ident(n.nspname) as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  where e.extname = 'pg_trgm'`

/** What search looks misspelt words up by: its text depends on what the server has. */
export function similarWords(schema: string | undefined): string {
  const head = `create or replace function tidemark.similar_words(word text) returns table (word text)
    language sql stable strict parallel safe`
  if (schema === undefined) return `${head} return null;`
  return `${head}
    begin atomic
      select w.word from tidemark.search_word w
      where w.word operator(${schema}.%) $1 and ${schema}.similarity(w.word, $1) >= 0.3
      order by ${schema}.similarity(w.word, $1) desc, w.word limit 10;
    end;
    create index if not exists search_word_trigrams on tidemark.search_word using gin (word ${schema}.gin_trgm_ops);`
}

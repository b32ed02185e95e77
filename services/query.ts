import { type QueryResult, queryReadOnly } from '../db/queries-adhoc.ts'
import type { ServiceContext } from './context.ts'

/** Runs one statement that may only read. @throws IngestError `invalid_config` when it does not parse or would write. */
export async function runQuery({ store }: Pick<ServiceContext, 'store'>, text: string): Promise<QueryResult> {
  return await queryReadOnly(store.url, text)
}

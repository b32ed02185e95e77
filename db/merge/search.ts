import type { Transaction } from '../store.ts'

/** Makes what the staged records have written searchable: the last step of a merge, once the parts are in place. */
export async function indexStage(tx: Transaction): Promise<void> {
  await tx`
    select tidemark.index_assets(array(
      select asset_id from stage_asset where state in ('new', 'real', 'revived', 'moved', 'renamed')))`
}

import type { Transaction } from '../store.ts'

/** Any number, the same in every Tidemark. */
const LOCK = 7_215_309_005

/** Placeholders belong to no source: whatever makes or drops them takes turns, until its transaction ends. */
export async function lockReferences(tx: Transaction): Promise<void> {
  await tx`select pg_advisory_xact_lock(${LOCK})`
}

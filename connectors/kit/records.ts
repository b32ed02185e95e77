import { canonicalHash } from '../../model/hash.ts'
import type { AssetRecord } from '../../model/records.ts'
import type { InventoryItem } from './protocol.ts'

/** An inventory item that carries its records, fingerprinted by their canonical hash. */
export function itemWithRecords(input: {
  readonly key: string
  readonly nativeId?: string
  readonly records: readonly AssetRecord[]
}): InventoryItem {
  return { ...input, fingerprint: canonicalHash(input.records) }
}

/** Orders names as the store does (COLLATE "C": by UTF-8 bytes), for the lists inside a record. */
export function compareNames(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left, 'utf8'), Buffer.from(right, 'utf8'))
}

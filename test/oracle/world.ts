import type { Connector, Json } from '../../connectors/kit/index.ts'

/** A source that can be changed at random. What an operation acts on is chosen by `picks`, modulo what there is. */
export interface OracleWorld extends AsyncDisposable {
  readonly type: string
  readonly config: Record<string, Json>
  /** Every kind of change the source knows; a word may stand several times to come up more often. */
  readonly operations: readonly string[]
  /** Makes one change; does nothing when there is nothing it could be made on. */
  apply(operation: string, picks: readonly number[]): Promise<void>
  /** Makes one change in a side transaction that stays open until `commit`. */
  applyInTransaction(operation: string, picks: readonly number[]): Promise<void>
  commit(): Promise<void>
}

/** How the oracle gets at a connector and makes its worlds. */
export interface OracleSubject {
  readonly name: string
  readonly connector: Connector
  createWorld(seed: number): Promise<OracleWorld>
}

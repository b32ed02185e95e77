import type { ConnectorHandle, Json, Scope } from '../../connectors/kit/index.ts'
import type { ErrorCategory } from '../../model/errors.ts'

/** What `describeConnector` needs to know of a system to hold its connector to the protocol. */
export interface ContractHarness {
  readonly kind: 'sql' | 'http' | 'file' | 'memory'
  /** False for the synthetic connectors of the tests, which have no folder, README or driver. */
  readonly published: boolean
  /** Modules besides zod that importing the connector may load, and must not: built-in drivers such as `node:sqlite`. */
  readonly drivers?: readonly string[]
  /** A small source in its first state, the same each time. */
  createFixture(): Promise<Fixture>
  /** Configs that must fail their checks, with the category the failure must get. */
  readonly failures?: (fixture: Fixture) => Promise<readonly FailureCase[]> | readonly FailureCase[]
  /** Every kind of change the source can make; they run in this order, one after another, on one fixture. */
  readonly changes: readonly ChangeCase[]
  /** Trouble on the way, such as a dropped connection or 429. */
  readonly faults?: readonly FaultCase[]
  /** Lets the account read rows, where what it needs to crawl is less. */
  readonly grantRows?: (fixture: Fixture) => Promise<void>
  /** A source of so many objects, or why there is none. */
  readonly big: ((objects: number) => Promise<Fixture>) | { readonly skip: string }
  /** The file of the fixture that the output must equal, where servers of several kinds differ: `expected.ndjson`. */
  readonly expected?: string
  /** Takes out of a listed item what differs between runs: ids, names made for the test. */
  readonly stable?: (line: string, fixture: Fixture) => string
}

export interface Fixture extends AsyncDisposable {
  readonly config: Readonly<Record<string, Json>>
  /** Values that no message may hold. */
  readonly secrets?: readonly string[]
}

export interface FailureCase {
  readonly name: string
  readonly config: Readonly<Record<string, Json>>
  readonly category: ErrorCategory
  readonly secrets?: readonly string[]
}

export interface ChangeCase {
  readonly name: string
  apply(fixture: Fixture): Promise<void> | void
  /** Keys of the items that must be described because of it. */
  readonly described: readonly string[] | ((fixture: Fixture) => readonly string[])
  /** Keys that may be described though nothing in them moved. */
  readonly allowed?: readonly string[] | ((fixture: Fixture) => readonly string[])
}

export interface FaultCase {
  readonly name: string
  readonly category: ErrorCategory
  /** Milliseconds the source asked to wait, where the error must carry them. */
  readonly retryAfterMs?: number
  /** Makes the trouble and runs into it: must reject. */
  provoke(context: { fixture: Fixture; handle: ConnectorHandle; scope: Scope }): Promise<unknown>
}

/** The headings that every connector's README has, in this order. */
export const README_HEADINGS = [
  'Extracts',
  'Permissions',
  'Configuration',
  'Incremental behaviour',
  'Cost',
  'Limits',
  'Versions tested',
] as const

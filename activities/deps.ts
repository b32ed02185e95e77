import type { Logger } from '../connectors/kit/index.ts'
import type { Registry } from '../connectors/registry.ts'
import type { Store } from '../db/store.ts'
import type { KeyRing } from '../db/vault.ts'
import type { SyncOutcome } from '../model/sync.ts'

/** How the surroundings of one call of a step reach it: Temporal's activity context, or a plain process. */
export interface StepControl {
  readonly signal: AbortSignal
  /** Tells that the step is alive. */
  heartbeat(): void
}

export interface ActivityDeps {
  readonly store: Store
  readonly registry: Registry
  readonly keyRing: KeyRing
  readonly log: Logger
  /** The surroundings of the step being called now. */
  readonly control: () => StepControl
  /** Starts the run of a request: a workflow, or the next turn of a local process. */
  readonly startSync: (input: {
    readonly organization: string
    readonly source: string
    readonly sourceId: number
    readonly requestId: number
  }) => Promise<void>
  /** Told of each run that this process closes. */
  readonly onRunClosed?: (outcome: SyncOutcome) => void
  readonly limits: {
    /** Items described at a time. */
    readonly batch: number
    /** A step that moves nothing for so long is given up, in milliseconds. */
    readonly noProgressMs: number
    /** Statistics and usage are taken again after so long, in milliseconds. */
    readonly statisticsIntervalMs: number
    /** Query logs are read again after so long, in milliseconds; an hour when absent. */
    readonly queryLogIntervalMs?: number
    /** How long deriving the lineage of one text may take, in milliseconds; 5 s when absent. */
    readonly derivationMs?: number
  }
}

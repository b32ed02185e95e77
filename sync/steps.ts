import type { ErrorSummary } from '../model/errors.ts'
import type { SyncMode, SyncOutcome } from '../model/sync.ts'

/** How a failed step is tried again; delays in milliseconds. */
export interface RetryProfile {
  readonly initialIntervalMs: number
  readonly backoff: number
  readonly maximumIntervalMs: number
  readonly maximumAttempts: number
}

/** `source`: steps that talk to a source; `store`: those that talk to our PostgreSQL alone. */
export interface RetryProfiles {
  readonly source: RetryProfile
  readonly store: RetryProfile
}

/** What a run starts from: ids and words only, as it is the workflow's input. */
export interface SyncInput {
  readonly organization: string
  readonly source: string
  readonly sourceId: number
  /** Absent when the schedule started it: the first step then makes the request. */
  readonly requestId?: number
  /** The scopes in progress at a time. */
  readonly window: number
  /** Absent: the defaults of `sync/retry.ts`. */
  readonly retry?: RetryProfiles
  /** How long a step may go without a sign of life before another worker takes it, in milliseconds; 30 s when absent. */
  readonly heartbeatMs?: number
  /** The task queue of the workers that reach the source; absent: the workflow's own. */
  readonly sourceQueue?: string
  /** How long a step waits for a worker of that queue, in milliseconds; an hour when absent. */
  readonly queueWaitMs?: number
  /** Whether the Temporal namespace knows Tidemark's search attributes. */
  readonly searchable?: boolean
  /** Set when a long run goes on in a new execution. */
  readonly resume?: { readonly runId: number; readonly afterScope: number }
}

export interface OpenedRun {
  readonly status: 'opened'
  readonly runId: number
  readonly mode: SyncMode
}

/** Another run has the source, or has already honoured the request. */
export interface SkippedRun {
  readonly status: 'skipped'
  readonly reason: string
}

export interface Plan {
  readonly scopes: number
  readonly unchanged: number
  readonly leftOut: number
}

export interface ScopeResult {
  readonly listed: number
  readonly described: number
  readonly failedItems: number
}

export interface Reconciliation {
  readonly renamed: number
  readonly removed: number
  readonly proposed: number
  /** Scopes set back to pending, as another item takes over a record whose writer is gone. */
  readonly rescan: number
}

export interface LineageDerived {
  /** Texts derived; the others have not moved, nor has what they refer to. */
  readonly texts: number
  /** Of those, texts with gaps, and texts of which nothing is known. */
  readonly partial: number
  readonly failed: number
}

export interface QueryLogsRead {
  /** Scopes whose log was read: none within the interval. */
  readonly scopes: number
  /** Distinct statements that move data. */
  readonly statements: number
  /** Warnings in the log: what the source would not tell. */
  readonly failures: number
}

export interface StatisticsTaken {
  /** Scopes whose turn it was: none within the interval. */
  readonly scopes: number
  /** Assets whose numbers moved. */
  readonly changed: number
  /** Warnings in the log: what the source would not tell. */
  readonly failures: number
}

export interface ClosedRun {
  readonly outcome: SyncOutcome
  /** A request that came in meanwhile and waits for a run of its own. */
  readonly pendingRequestId?: number
}

/**
 * What the activities implement: each is idempotent, takes and returns ids and counts, and throws IngestError.
 * The names are wire names.
 */
export interface Steps {
  /** Inserts the request of a scheduled run. */
  requestSync(input: {
    readonly sourceId: number
    readonly workflowId: string
  }): Promise<{ readonly requestId: number }>
  openRun(input: {
    readonly sourceId: number
    readonly requestId: number
    readonly owner: string
  }): Promise<OpenedRun | SkippedRun>
  /** Opens the run of a request that no worker near the source came to open, for the history to tell why. */
  openUnserved(input: {
    readonly sourceId: number
    readonly requestId: number
    readonly owner: string
  }): Promise<OpenedRun | SkippedRun>
  planScopes(input: { readonly runId: number }): Promise<Plan>
  /** Ids, ascending, of the run's scopes that nothing has been done for yet. */
  listPendingScopes(input: {
    readonly runId: number
    readonly after: number
    readonly limit: number
  }): Promise<readonly { readonly scopeId: number; readonly name: string }[]>
  /** `name` is for whoever watches. */
  syncScope(input: { readonly runId: number; readonly scopeId: number; readonly name: string }): Promise<ScopeResult>
  /** Records that a scope's last try failed: a gap, not the end of the run. */
  failScope(input: { readonly runId: number; readonly scopeId: number; readonly error: ErrorSummary }): Promise<void>
  reconcile(input: { readonly runId: number }): Promise<Reconciliation>
  /** Derives lineage from definitions that moved, or that refer to something that did. */
  deriveLineage(input: { readonly runId: number }): Promise<LineageDerived>
  /** Reads what the source's query logs tell of lineage, when their interval has passed. */
  readQueryLogs(input: { readonly runId: number }): Promise<QueryLogsRead>
  /** Takes row counts, sizes and usage when their interval has passed. */
  takeStatistics(input: { readonly runId: number }): Promise<StatisticsTaken>
  closeRun(input: { readonly runId: number; readonly error?: ErrorSummary }): Promise<ClosedRun>
  /** Starts the run of a request that had to wait. */
  startSync(input: { readonly sourceId: number; readonly requestId: number }): Promise<void>
}

/** What the orchestration needs of its surroundings, so that it runs alike in a workflow and in a plain process. */
export interface Env {
  /** Who holds the run's lease: the workflow's id and run, or the process. */
  readonly owner: string
  /** The id under which the schedule or a person started this. */
  readonly workflowId: string
  /** Whether a change of behaviour guarded by this id applies (Temporal's patching). */
  patched(id: string): boolean
  /** Whether the history has grown so long that the run should go on in a new execution. */
  historyIsLong(): boolean
  continueAsNew(input: SyncInput): Promise<never>
  /** Runs `work` to its end even when the run has been cancelled. */
  uncancellable<T>(work: () => Promise<T>): Promise<T>
  /** A line for whoever watches the run. */
  tell(progress: string): void
}

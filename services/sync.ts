import { setTimeout as delay } from 'node:timers/promises'
import { type FollowedRun, readProgress, type SyncProgress } from '../db/queries-runs.ts'
import { withdrawRequest } from '../db/removal.ts'
import { insertRequest } from '../db/runs.ts'
import { findSource, insertAudit, type SourceRow } from '../db/sources.ts'
import { asStoreError } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'
import type { SyncMode, SyncOutcome } from '../model/sync.ts'
import type { ServiceContext } from './context.ts'
import { requireSource, type SourceRef, writeAs } from './lookup.ts'
import { SYNC_WORKFLOW, syncInput } from './schedules.ts'
import { refuseUnknownScopes } from './scopes.ts'
import { searchAttributes } from './temporal.ts'

export interface SyncWish {
  readonly source: string
  readonly mode?: SyncMode
  /** Scope keys to confine the sync to. */
  readonly scopes?: readonly string[]
}

export interface RequestedSync {
  readonly requestId: number
  readonly source: SourceRef & Pick<SourceRow, 'connector' | 'taskQueue'>
}

/** Notes that somebody wants a sync. Who starts it: {@link startSync} through Temporal, or the caller in its own process. */
export async function requestSync(context: ServiceContext, wish: SyncWish): Promise<RequestedSync> {
  const source = await requireSource(context, wish.source)
  if (wish.scopes !== undefined) await refuseUnknownScopes(context, source, wish.scopes)
  const { id, name, connector, taskQueue } = source
  const mode = wish.mode ?? 'incremental'
  const request = {
    sourceId: id,
    mode,
    trigger: 'manual' as const,
    ...(wish.scopes === undefined ? {} : { scopes: wish.scopes }),
  }
  const requestId = await writeAs(context, async (tx, actorId) => {
    await insertAudit(tx, {
      organization: context.organization,
      actorId,
      action: 'source.sync',
      subject: name,
      detail: { mode },
    })
    return await insertRequest(tx, { ...request, actorId })
  })
  return { requestId, source: { id, name, connector, taskQueue } }
}

function syncWorkflowId(organization: string, source: string, requestId: number): string {
  return `sync/${organization}/${source}/${requestId}`
}

/** Starts the workflow of a request; starting it twice is as good as once. */
export async function startSync(context: ServiceContext, { requestId, source }: RequestedSync): Promise<void> {
  const { temporal, organization, settings } = context
  if (temporal === undefined) throw new IngestError('internal', 'no Temporal to start the sync with')
  try {
    await temporal.client.workflow.start(SYNC_WORKFLOW, {
      taskQueue: settings.taskQueues.sync,
      workflowId: syncWorkflowId(organization, source.name, requestId),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ ...syncInput(context, source), requestId }],
      memo: { source: source.name, connector: source.connector },
      staticSummary: `Sync ${source.name} (${source.connector}), asked for by ${context.actor}`,
      staticDetails: `Crawls the metadata of source **${source.name}**. History: \`tidemark runs ${source.name}\`.`,
      ...(temporal.searchable ? { typedSearchAttributes: searchAttributes(source) } : {}),
    })
  } catch (error) {
    throw new IngestError(
      'dependency_unavailable',
      `Temporal: the sync could not be started: ${(error as Error).message}`,
      {
        hint: 'Check that Temporal is up (tidemark doctor), or use: tidemark sync --local',
        cause: error,
      },
    )
  }
}

/** Starts the sync of a request that had to wait for another to end. */
export async function startPendingSync(
  context: ServiceContext,
  { sourceId, requestId }: { readonly sourceId: number; readonly requestId: number },
): Promise<void> {
  const source = await findSource(context.store, sourceId)
  if (source === undefined) throw new IngestError('not_found', `source ${sourceId} no longer exists`)
  await startSync(context, { requestId, source })
}

/** Asks the sync of a request to end early; what it has stored stays. */
export async function cancelSync(context: ServiceContext, { requestId, source }: RequestedSync): Promise<void> {
  const id = syncWorkflowId(context.organization, source.name, requestId)
  await context.temporal?.client.workflow.getHandle(id).cancel()
}

export interface FollowOptions {
  readonly onProgress?: (progress: SyncProgress) => void
  /** Withdraws the request while no run has taken it; a run is followed to its end, which cancelling it brings about. */
  readonly signal?: AbortSignal
  /** Called when the request waits and no run is in its way any more: whoever should have honoured it is gone. */
  readonly onStranded?: () => Promise<void>
}

const SHORTEST_POLL_MS = 100
const LONGEST_POLL_MS = 500
/** A worker that lives takes a request sooner. */
const STRANDED_MS = 3_000

/** Follows a request until the run that took it has closed. @throws IngestError `cancelled` when none did. */
export async function followRequest(
  context: Pick<ServiceContext, 'store'>,
  requestId: number,
  options: FollowOptions = {},
): Promise<FollowedRun> {
  let wait = SHORTEST_POLL_MS
  let strandedSince: number | undefined
  while (true) {
    const progress = await readProgress(context.store.sql, requestId).catch((error: unknown) => {
      throw asStoreError(error)
    })
    if (progress === undefined)
      throw new IngestError('cancelled', `request ${requestId} is gone: its source was removed`)
    options.onProgress?.(progress)
    if (progress.run?.outcome != null) return { ...progress.run, outcome: progress.run.outcome }
    strandedSince =
      progress.run === undefined && progress.blockedBy === undefined ? (strandedSince ?? Date.now()) : undefined
    if (strandedSince !== undefined && Date.now() - strandedSince > STRANDED_MS) {
      await options.onStranded?.()
      strandedSince = undefined
    }
    if (
      options.signal?.aborted &&
      progress.run === undefined &&
      (await withdrawRequest(context.store.sql, requestId))
    ) {
      throw new IngestError('cancelled', 'cancelled before any run began')
    }
    await delay(wait)
    wait = Math.min(LONGEST_POLL_MS, wait * 1.3)
  }
}

const EXIT_CODES: Readonly<Record<SyncOutcome, number>> = { succeeded: 0, failed: 1, cancelled: 1, held: 3, gaps: 3 }

export function exitCodeOf(outcome: SyncOutcome): number {
  return EXIT_CODES[outcome]
}

export type { FollowedRun, SyncProgress }

import type { Settings } from './settings.ts'
import type { TemporalLink } from './temporal.ts'

/** Temporal's number for queues of workflow tasks. */
const WORKFLOW_QUEUE = 1
/** A worker asks for work about once a minute at the least. */
const RECENT_MS = 90_000

/** Whether a worker has lately asked Temporal for syncs to run. */
export async function hasWorker(temporal: TemporalLink, settings: Settings): Promise<boolean> {
  const { pollers } = await temporal.client.workflowService.describeTaskQueue({
    namespace: temporal.client.options.namespace,
    taskQueue: { name: settings.taskQueues.sync },
    taskQueueType: WORKFLOW_QUEUE,
  })
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - RECENT_MS,
  )
}

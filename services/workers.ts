import type { Settings } from './settings.ts'
import type { TemporalLink } from './temporal.ts'

/** Temporal's numbers for queues of workflow tasks and of activity tasks. */
const WORKFLOW_QUEUE = 1
const ACTIVITY_QUEUE = 2
/** A worker asks for work about once a minute at the least. */
const RECENT_MS = 90_000

/** Whether a worker has lately asked Temporal for syncs to run. */
export async function hasWorker(temporal: TemporalLink, settings: Settings): Promise<boolean> {
  return (await listPollers(temporal, settings.taskQueues.sync, WORKFLOW_QUEUE)).length > 0
}

/** The workers that have lately asked for the steps of a task queue, by their identities. */
export async function listWorkers(temporal: TemporalLink, taskQueue: string): Promise<readonly string[]> {
  return await listPollers(temporal, taskQueue, ACTIVITY_QUEUE)
}

async function listPollers(temporal: TemporalLink, name: string, taskQueueType: number): Promise<readonly string[]> {
  const { pollers } = await temporal.client.workflowService.describeTaskQueue({
    namespace: temporal.client.options.namespace,
    taskQueue: { name },
    taskQueueType,
  })
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > Date.now() - RECENT_MS)
    .map(({ identity }) => identity ?? '')
}

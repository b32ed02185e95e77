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

/** gRPC's numbers: unknown to the server, or a server too old to know of such things. */
const NOT_FOUND = 5
const UNIMPLEMENTED = 12

/** A deployment of workers as Temporal knows it: the build that gets new work, and all it has heard of. */
export async function readDeployment(
  temporal: TemporalLink,
  deploymentName: string,
): Promise<{ readonly current?: string; readonly versions: readonly string[] } | undefined> {
  const { workflowService, options } = temporal.client
  try {
    const { workerDeploymentInfo: info } = await workflowService.describeWorkerDeployment({
      namespace: options.namespace,
      deploymentName,
    })
    const current = info?.routingConfig?.currentDeploymentVersion?.buildId
    const versions = (info?.versionSummaries ?? []).flatMap(({ deploymentVersion }) => deploymentVersion?.buildId ?? [])
    return { ...(current ? { current } : {}), versions }
  } catch (error) {
    const { code } = error as { code?: number }
    if (code === NOT_FOUND || code === UNIMPLEMENTED) return undefined
    throw error
  }
}

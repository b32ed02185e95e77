import { setTimeout as delay } from 'node:timers/promises'
import type { NativeConnection, WorkerOptions } from '@temporalio/worker'
import type { Logger } from './log.ts'

/** Which build a worker is, for Temporal's Worker Versioning: https://docs.temporal.io/worker-versioning */
export interface Deployment {
  readonly name: string
  readonly buildId: string
}

interface Versioned {
  readonly namespace: string
  readonly deployment?: Deployment
  readonly log?: Logger
}

/** gRPC's numbers. */
const NOT_FOUND = 5
const UNIMPLEMENTED = 12

/** What makes a worker's workflows stay with its version; nothing when none is asked for or the server cannot. */
export async function deploymentOptions(
  connection: NativeConnection,
  { namespace, deployment, log }: Versioned,
): Promise<Pick<WorkerOptions, 'workerDeploymentOptions'>> {
  if (deployment === undefined) return {}
  const { name, buildId } = deployment
  try {
    await connection.workflowService.describeWorkerDeployment({ namespace, deploymentName: name })
  } catch (error) {
    const { code } = error as { code?: number }
    if (code === UNIMPLEMENTED) {
      log?.warn({ deployment: name }, 'this Temporal server has no worker versioning: running without')
      return {}
    }
    if (code !== NOT_FOUND) throw error
  }
  const version = { deploymentName: name, buildId }
  return {
    workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' },
  }
}

const LOOK_EVERY_MS = 500
const PATIENCE_MS = 60_000

/**
 * Makes the version of a deployment's very first worker the current one, without which it would get no work. Any later
 * version waits until somebody makes it current: an old worker that starts again must not take the work back.
 */
export function promoteFirst(
  connection: NativeConnection,
  setup: Versioned,
): { readonly done: Promise<void>; cancel(): void } {
  const stop = new AbortController()
  const done = setup.deployment === undefined ? Promise.resolve() : promote(connection, setup, stop.signal)
  return { done, cancel: () => stop.abort() }
}

async function promote(connection: NativeConnection, setup: Versioned, signal: AbortSignal): Promise<void> {
  const { namespace, log } = setup
  // Called with a deployment alone.
  const { name, buildId } = setup.deployment as Deployment
  const { workflowService } = connection
  const giveUpAt = Date.now() + PATIENCE_MS
  while (!signal.aborted && Date.now() < giveUpAt) {
    try {
      const { workerDeploymentInfo, conflictToken } = await workflowService.describeWorkerDeployment({
        namespace,
        deploymentName: name,
      })
      const current = workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId
      if (current) return
      await workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName: name,
        buildId,
        conflictToken: conflictToken ?? new Uint8Array(),
        identity: 'tidemark',
      })
      log?.info({ deployment: name, buildId }, 'the first version of the deployment is its current one')
      return
    } catch (error) {
      // Temporal hears of a version a moment after its worker's first poll.
      log?.debug({ deployment: name, error: String(error) }, 'the deployment is not known yet')
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }
}

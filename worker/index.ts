import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Context } from '@temporalio/activity'
import { NativeConnection, type NativeConnectionOptions, Worker, type WorkerOptions } from '@temporalio/worker'
import type { ActivityDeps } from '../activities/deps.ts'
import { createHealthSteps } from '../activities/health.ts'
import { createActivities } from '../activities/index.ts'
import { createMaintenanceSteps } from '../activities/maintenance.ts'
import { IngestError } from '../model/errors.ts'
import { type Deployment, deploymentOptions, promoteFirst } from './deployment.ts'
import { failureInterceptor } from './interceptor.ts'
import type { Logger } from './log.ts'
import { installRuntime } from './runtime.ts'

export interface WorkerSetup {
  readonly deps: Omit<ActivityDeps, 'control'>
  readonly connection: NativeConnectionOptions
  readonly namespace: string
  /** Where it serves workflows and steps; absent: neither but the steps of `sourceQueues`. */
  readonly taskQueue?: string
  /** Where it serves the steps of sources that only it may reach. */
  readonly sourceQueues?: readonly string[]
  readonly sizes: Pick<
    WorkerOptions,
    'maxConcurrentActivityTaskExecutions' | 'maxConcurrentWorkflowTaskExecutions' | 'maxCachedWorkflows'
  >
  /** How long steps under way may take to end when it stops; 2 s when absent. */
  readonly shutdownGraceMs?: number
  readonly deployment?: Deployment
  readonly log?: Logger
  /** Whether Temporal's own numbers are wanted. */
  readonly metrics?: boolean
}

export interface RunningWorker {
  /** Rejects when the worker ends by itself. */
  readonly done: Promise<void>
  /** Where Temporal's own numbers are told. */
  readonly metricsUrl?: string
  /** Whether it asks for work, on every task queue. */
  isServing(): boolean
  /** Takes no more work, lets steps under way notice, and disconnects. */
  stop(): Promise<void>
}

/** The published package carries the bundle; in a clone it is made on the way up. */
function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.cjs', import.meta.url))
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } }
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) }
}

const GRACE_MS = 2_000
/** What does not end within the grace and this is left behind. */
const FORCE_AFTER_MS = 8_000

/** Connects to Temporal and serves its task queues until stopped. @throws IngestError `dependency_unavailable`. */
export async function startWorker(setup: WorkerSetup): Promise<RunningWorker> {
  const { log, metrics = false } = setup
  const { metricsUrl } = await installRuntime({ metrics, ...(log === undefined ? {} : { log }) })
  const connection = await NativeConnection.connect(setup.connection).catch((error: Error) => {
    throw new IngestError(
      'dependency_unavailable',
      `Temporal at ${setup.connection.address} does not answer: ${error.message}`,
    )
  })
  const workers = await createWorkers(setup, connection).catch(async (error: unknown) => {
    await connection.close()
    throw error
  })
  const runs = workers.map((worker) => worker.run())
  // One that ends by itself takes the others along: a process that serves half of its queues would go unnoticed.
  const done = Promise.race(runs)
    .then(() => Promise.all(runs))
    .then(() => {})
  done.catch(() => {})
  const promoting = promoteFirst(connection, setup)
  const stop = async () => {
    promoting.cancel()
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
    await Promise.allSettled(runs)
    await promoting.done
    await connection.close()
  }
  let stopped: Promise<void> | undefined
  return {
    done,
    ...(metricsUrl === undefined ? {} : { metricsUrl }),
    isServing: () => stopped === undefined && workers.every((worker) => worker.getState() === 'RUNNING'),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

async function createWorkers(setup: WorkerSetup, connection: NativeConnection): Promise<Worker[]> {
  const { taskQueue, sourceQueues = [], namespace, sizes } = setup
  const graceMs = setup.shutdownGraceMs ?? GRACE_MS
  const common = {
    connection,
    namespace,
    activities: createSteps(setup.deps),
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + FORCE_AFTER_MS,
    maxConcurrentActivityTaskExecutions: sizes.maxConcurrentActivityTaskExecutions,
    ...(await deploymentOptions(connection, setup)),
  }
  const workers: Worker[] = []
  if (taskQueue !== undefined) workers.push(await Worker.create({ ...common, ...sizes, ...workflowCode(), taskQueue }))
  for (const queue of sourceQueues) {
    if (queue !== taskQueue) workers.push(await Worker.create({ ...common, taskQueue: queue }))
  }
  return workers
}

/** Every step of every workflow: which of them a queue gets is the workflows' affair. */
function createSteps(given: WorkerSetup['deps']): object {
  const deps: ActivityDeps = {
    ...given,
    control: () => {
      const context = Context.current()
      return { signal: context.cancellationSignal, heartbeat: () => context.heartbeat() }
    },
  }
  return { ...createActivities(deps), ...createHealthSteps(deps), ...createMaintenanceSteps(deps) }
}

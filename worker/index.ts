import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Context } from '@temporalio/activity'
import {
  DefaultLogger,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker'
import type { ActivityDeps } from '../activities/deps.ts'
import { createActivities } from '../activities/index.ts'
import { IngestError } from '../model/errors.ts'
import { failureInterceptor } from './interceptor.ts'

export interface WorkerSetup {
  readonly deps: Omit<ActivityDeps, 'control'>
  readonly connection: NativeConnectionOptions
  readonly namespace: string
  readonly taskQueue: string
  readonly sizes: Pick<
    WorkerOptions,
    'maxConcurrentActivityTaskExecutions' | 'maxConcurrentWorkflowTaskExecutions' | 'maxCachedWorkflows'
  >
}

export interface RunningWorker {
  /** Rejects when the worker ends by itself. */
  readonly done: Promise<void>
  /** Takes no more work, lets steps under way notice, and disconnects. */
  stop(): Promise<void>
}

/** The published package carries the bundle; in a clone it is made on the way up. */
function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.cjs', import.meta.url))
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } }
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) }
}

/** Connects to Temporal and serves syncs until stopped. @throws IngestError `dependency_unavailable`. */
export async function startWorker(setup: WorkerSetup): Promise<RunningWorker> {
  quietRuntime()
  const connection = await NativeConnection.connect(setup.connection).catch((error: Error) => {
    throw new IngestError(
      'dependency_unavailable',
      `Temporal at ${setup.connection.address} does not answer: ${error.message}`,
    )
  })
  const deps: ActivityDeps = {
    ...setup.deps,
    control: () => {
      const context = Context.current()
      return { signal: context.cancellationSignal, heartbeat: () => context.heartbeat() }
    },
  }
  const worker = await Worker.create({
    connection,
    namespace: setup.namespace,
    taskQueue: setup.taskQueue,
    ...workflowCode(),
    activities: createActivities(deps),
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '10 seconds',
    ...setup.sizes,
  })
  const done = worker.run()
  const stop = async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
    await done.catch(() => {})
    await connection.close()
  }
  let stopped: Promise<void> | undefined
  return {
    done,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

let runtimeInstalled = false

/** Temporal's own log lines matter only when something is wrong. */
function quietRuntime(): void {
  if (runtimeInstalled) return
  runtimeInstalled = true
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] })
}

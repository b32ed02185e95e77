import type { NativeConnectionOptions } from '@temporalio/worker'
import { pingStore } from '../db/probe.ts'
import type { ServiceContext } from '../services/context.ts'
import { limitsOf } from '../services/limits.ts'
import { startPendingSync } from '../services/sync.ts'
import { type TemporalPlace, temporalConnection, temporalNamespace } from '../services/temporal.ts'
import { type Handler, startHttp } from './http.ts'
import { type RunningWorker, startWorker } from './index.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { webhookInbox } from './webhooks.ts'

export interface ServeOptions {
  readonly place: TemporalPlace
  readonly log: Logger
  /** This program's version. */
  readonly version: string
  /** Task queues of sources to serve. */
  readonly sourceQueues: readonly string[]
  /** Whether it serves the main task queue too: workflows, and the steps of all other sources. */
  readonly main: boolean
}

export interface Serving {
  /** Rejects when the worker ends by itself. */
  readonly done: Promise<void>
  readonly httpPort?: number
  stop(): Promise<void>
}

/** Serves syncs through Temporal until stopped, with the HTTP server if temporal.yaml wants one. */
export async function serve(context: ServiceContext, options: ServeOptions): Promise<Serving> {
  const { store, registry, keyRing, settings } = context
  const { place, log, version, main, sourceQueues } = options
  const { deployment } = settings.worker
  let metricsUrl: string | undefined
  const metrics = createMetrics({
    store,
    organization: context.organization,
    version,
    ...(deployment === undefined ? {} : { buildId: deployment.buildId }),
    temporalUrl: () => metricsUrl,
  })
  const worker = await startWorker({
    deps: {
      store,
      registry,
      keyRing,
      log,
      limits: limitsOf(settings),
      startSync: (next) => startPendingSync(context, next),
      onRunClosed: metrics.countRun,
    },
    // The client's and the worker's connections take the same options.
    connection: temporalConnection(settings, place) as NativeConnectionOptions,
    namespace: temporalNamespace(settings, place.own),
    ...(main ? { taskQueue: settings.taskQueues.sync } : {}),
    sourceQueues,
    sizes: {
      maxConcurrentActivityTaskExecutions: settings.worker.maxConcurrentActivities,
      maxConcurrentWorkflowTaskExecutions: settings.worker.maxConcurrentWorkflowTasks,
      maxCachedWorkflows: settings.worker.maxCachedWorkflows,
    },
    shutdownGraceMs: settings.worker.shutdownGrace,
    ...(deployment === undefined ? {} : { deployment }),
    log,
    metrics: settings.http !== undefined,
  })
  metricsUrl = worker.metricsUrl
  const { http } = settings
  const server =
    http === undefined
      ? undefined
      : await startHttp(http, routesOf(context, worker, metrics.render), log, webhookInbox(context)).catch(
          async (error: unknown) => {
            await worker.stop()
            throw error
          },
        )
  const stop = async () => {
    // Readiness says no while the steps under way end; then nobody asks any more.
    await worker.stop()
    await server?.close()
  }
  return { done: worker.done, stop, ...(server === undefined ? {} : { httpPort: server.port }) }
}

function routesOf(
  { store }: ServiceContext,
  worker: RunningWorker,
  render: () => Promise<string>,
): Readonly<Record<string, Handler>> {
  return {
    '/metrics': async () => ({ status: 200, body: await render(), type: 'text/plain; version=0.0.4; charset=utf-8' }),
    '/healthz': () => ({ status: 200, body: 'alive\n' }),
    '/readyz': async () => {
      if (!worker.isServing()) return { status: 503, body: 'the worker is starting or stopping\n' }
      return (await pingStore(store.sql))
        ? { status: 200, body: 'ready\n' }
        : { status: 503, body: 'the store does not answer\n' }
    },
  }
}

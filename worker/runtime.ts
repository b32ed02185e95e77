import { DefaultLogger, Runtime } from '@temporalio/worker'
import { freePort } from '../runtime/process.ts'
import type { Logger } from './log.ts'

let installed: { readonly metricsUrl?: string } | undefined

/**
 * Sets up Temporal's native part, once a process: its own log lines matter only when something is wrong. With `metrics`
 * it tells its numbers at the loopback URL returned.
 */
export async function installRuntime(options: {
  readonly log?: Logger
  readonly metrics: boolean
}): Promise<{ readonly metricsUrl?: string }> {
  if (installed !== undefined) return installed
  const { log, metrics } = options
  const address = metrics ? `127.0.0.1:${await freePort()}` : undefined
  const logger =
    log === undefined
      ? new DefaultLogger('ERROR')
      : new DefaultLogger('ERROR', ({ message, meta }) => log.error({ temporal: meta?.error?.message }, message))
  Runtime.install({
    logger,
    shutdownSignals: [],
    ...(address === undefined
      ? {}
      : {
          telemetryOptions: {
            metrics: { prometheus: { bindAddress: address, countersTotalSuffix: true, useSecondsForDurations: true } },
          },
        }),
  })
  installed = address === undefined ? {} : { metricsUrl: `http://${address}/metrics` }
  return installed
}

import { STEP_PROFILES, STEPS_AT_SOURCE } from '../sync/retry.ts'
import type { Steps, SyncInput } from '../sync/steps.ts'
import { proxyAll } from './proxy.ts'

/** A step may take as long as its source is large; heartbeats tell that it lives. */
const START_TO_CLOSE = '24 hours'
const HEARTBEAT_MS = 30_000
/** Long enough for a busy worker to come to it; past that nobody serves the source's task queue. */
const QUEUE_WAIT = '1 hour'

/**
 * The steps of a sync. Those that reach the source go to its own task queue where the input names one: inputs of before
 * that name none, so recorded histories replay as they were.
 */
export function proxySteps(input: SyncInput): Steps {
  const { organization, source, sourceQueue, retry } = input
  // The steps of these names.
  return proxyAll<keyof Steps>({
    profiles: STEP_PROFILES,
    ...(retry === undefined ? {} : { retry }),
    options: (name, argument) => ({
      startToCloseTimeout: START_TO_CLOSE,
      heartbeatTimeout: input.heartbeatMs ?? HEARTBEAT_MS,
      summary: argument.name === undefined ? source : `${source}: ${argument.name}`.slice(0, 200),
      priority: { fairnessKey: `${organization}/${source}`.slice(0, 64) },
      ...(sourceQueue !== undefined && STEPS_AT_SOURCE.has(name)
        ? { taskQueue: sourceQueue, scheduleToStartTimeout: input.queueWaitMs ?? QUEUE_WAIT }
        : {}),
    }),
  }) as unknown as Steps
}

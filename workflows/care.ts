import { HEALTH_PROFILES, type HealthInput, type HealthSteps } from '../sync/health.ts'
import { MAINTENANCE_PROFILES, type MaintenanceInput, type MaintenanceSteps } from '../sync/maintenance.ts'
import { proxyAll } from './proxy.ts'

/** Each check of a source is bounded; together they take no longer than this. */
const PROBE_LIMIT = '10 minutes'
/** Whoever serves the source's task queue takes a probe sooner than this. */
const PROBE_WAIT = '2 minutes'
/** Vacuuming a large table is the longest of them. */
const MAINTENANCE_LIMIT = '6 hours'
const HEARTBEAT = '1 minute'

export function proxyHealthSteps({ organization, retry, queueWaitMs }: HealthInput): HealthSteps {
  // The steps of these names.
  return proxyAll<keyof HealthSteps>({
    profiles: HEALTH_PROFILES,
    ...(retry === undefined ? {} : { retry }),
    options: (name, { source, taskQueue }) => ({
      startToCloseTimeout: PROBE_LIMIT,
      summary: source ?? organization,
      ...(name === 'probeSource' && taskQueue !== undefined
        ? { taskQueue, scheduleToStartTimeout: queueWaitMs ?? PROBE_WAIT }
        : {}),
    }),
  }) as unknown as HealthSteps
}

export function proxyMaintenanceSteps({ organization, retry }: MaintenanceInput): MaintenanceSteps {
  // The steps of these names.
  return proxyAll<keyof MaintenanceSteps>({
    profiles: MAINTENANCE_PROFILES,
    ...(retry === undefined ? {} : { retry }),
    options: (_, { what }) => ({
      startToCloseTimeout: MAINTENANCE_LIMIT,
      heartbeatTimeout: HEARTBEAT,
      summary: what ?? organization,
    }),
  }) as unknown as MaintenanceSteps
}

import type { ActivityDeps } from '../activities/deps.ts'
import { createHealthSteps } from '../activities/health.ts'
import { createMaintenanceSteps } from '../activities/maintenance.ts'
import { IngestError } from '../model/errors.ts'
import { checkHealth, HEALTH_PROFILES, type HealthInput, type HealthResult } from '../sync/health.ts'
import { MAINTENANCE_PROFILES, type MaintenanceInput, maintain, type Tally } from '../sync/maintenance.ts'
import { DEFAULT_RETRY } from '../sync/retry.ts'
import { retrySteps } from './retry.ts'

export { describeTally } from '../sync/maintenance.ts'

export interface LocalCare {
  readonly deps: Omit<ActivityDeps, 'control' | 'startSync'>
  readonly signal: AbortSignal
  readonly tell?: (progress: string) => void
}

/** Probes every active source from this process, without Temporal, and stores transitions. */
export async function runLocalHealth(input: HealthInput, care: LocalCare): Promise<HealthResult> {
  const steps = retrySteps({
    steps: createHealthSteps(depsOf(care)),
    names: HEALTH_PROFILES,
    profiles: input.retry ?? DEFAULT_RETRY,
    signal: care.signal,
  })
  return await checkHealth(input, steps, surroundings(care))
}

/** A round of maintenance in this process, without Temporal. */
export async function runLocalMaintenance(input: MaintenanceInput, care: LocalCare): Promise<Tally> {
  const steps = retrySteps({
    steps: createMaintenanceSteps(depsOf(care)),
    names: MAINTENANCE_PROFILES,
    profiles: input.retry ?? DEFAULT_RETRY,
    signal: care.signal,
  })
  return await maintain(input, steps, { ...surroundings(care), patched: () => true })
}

function depsOf({ deps, signal }: LocalCare): ActivityDeps {
  return {
    ...deps,
    control: () => ({ signal, heartbeat: () => {} }),
    startSync: () => Promise.reject(new IngestError('internal', 'neither probes nor maintenance start syncs')),
  }
}

function surroundings({ tell }: LocalCare) {
  return {
    historyIsLong: () => false,
    continueAsNew: () => Promise.reject(new IngestError('internal', 'a local round has no history to cut')),
    tell: tell ?? (() => {}),
  }
}

import { listTaskQueues } from '../db/queries-sources.ts'
import type { ServiceContext } from './context.ts'
import type { Finding } from './doctor.ts'
import { inspectCare } from './schedules.ts'
import { SEARCH_ATTRIBUTES, type TemporalLink } from './temporal.ts'
import { hasWorker, listWorkers, readDeployment } from './workers.ts'

/** Temporal, its workers and the schedules that look after the rest. */
export async function inspectTemporal(context: ServiceContext): Promise<readonly Finding[]> {
  const { temporal } = context
  if (temporal === undefined) {
    const detail = 'none runs: schedules stand still, syncs by hand work in their own process'
    return [{ name: 'Temporal', status: 'warning', detail, fix: 'tidemark up' }]
  }
  return [
    inspectNamespace(temporal),
    await inspectWorker(context, temporal),
    ...(await inspectQueues(context, temporal)),
    ...(await inspectDeployment(context, temporal)),
    ...(await inspectCareSchedules(context)),
  ]
}

function inspectNamespace({ client, searchable }: TemporalLink): Finding {
  const { namespace } = client.options
  const name = 'Temporal'
  if (searchable) return { name, status: 'ok', detail: `namespace ${namespace}, with search attributes` }
  const wanted = SEARCH_ATTRIBUTES.map((attribute) => `--name ${attribute} --type Keyword`).join(' ')
  return {
    name,
    status: 'warning',
    detail: `namespace ${namespace}, without search attributes: its UI cannot be filtered by source`,
    fix: `temporal operator search-attribute create --namespace ${namespace} ${wanted}`,
  }
}

async function inspectWorker({ settings }: ServiceContext, temporal: TemporalLink): Promise<Finding> {
  const queue = settings.taskQueues.sync
  return (await hasWorker(temporal, settings))
    ? { name: 'worker', status: 'ok', detail: `serves task queue ${queue}` }
    : {
        name: 'worker',
        status: 'failed',
        detail: `none serves task queue ${queue}`,
        fix: temporal.own ? 'tidemark up' : 'tidemark worker',
      }
}

/** The queues that sources name: each needs a worker where its sources can be reached. */
async function inspectQueues(
  { store, organization, settings }: ServiceContext,
  temporal: TemporalLink,
): Promise<readonly Finding[]> {
  const queues = (await listTaskQueues(store.sql, organization)).filter(
    ({ taskQueue }) => taskQueue !== settings.taskQueues.sync,
  )
  return await Promise.all(
    queues.map(async ({ taskQueue, sources }): Promise<Finding> => {
      const name = `worker of task queue ${taskQueue}`
      const workers = await listWorkers(temporal, taskQueue)
      if (workers.length > 0) return { name, status: 'ok', detail: `${workers.join(', ')} serve ${sources.join(', ')}` }
      const fix = `tidemark worker --queue ${taskQueue} (where the source can be reached)`
      return { name, status: 'failed', detail: `none; ${sources.join(', ')} cannot be synced`, fix }
    }),
  )
}

async function inspectDeployment({ settings }: ServiceContext, temporal: TemporalLink): Promise<readonly Finding[]> {
  const { deployment } = settings.worker
  if (deployment === undefined) return []
  const name = `deployment ${deployment.name}`
  const found = await readDeployment(temporal, deployment.name)
  if (found === undefined)
    return [
      {
        name,
        status: 'warning',
        detail: 'Temporal does not know it: no worker of it has run, or the server has no worker versioning',
      },
    ]
  const detail = `current version ${found.current ?? 'none'}, known: ${found.versions.join(', ')}`
  if (found.current === deployment.buildId) return [{ name, status: 'ok', detail }]
  const { namespace } = temporal.client.options
  const fix = `temporal worker deployment set-current-version --namespace ${namespace} --deployment-name ${deployment.name} --build-id ${deployment.buildId}`
  return [{ name, status: 'warning', detail: `${detail}; temporal.yaml says ${deployment.buildId}`, fix }]
}

const TROUBLES = {
  missing: 'Temporal does not have it',
  drifted: 'Temporal has another',
  unwanted: 'temporal.yaml wants none, but Temporal has one',
} as const

async function inspectCareSchedules(context: ServiceContext): Promise<readonly Finding[]> {
  const schedules = await inspectCare(context)
  return schedules.flatMap(({ id, what, text, state }): readonly Finding[] => {
    const name = `schedule of ${what}`
    if (state === 'none') return []
    if (state === 'kept') return [{ name, status: 'ok', detail: text }]
    if (state === 'foreign') {
      const detail = `${id} is that of another Tidemark store in this namespace: give each a namespace of its own`
      return [{ name, status: 'warning', detail }]
    }
    return [{ name, status: 'failed', detail: `${text}: ${TROUBLES[state]}`, fix: 'tidemark doctor --fix' }]
  })
}

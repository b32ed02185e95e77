import { splitSecrets } from '../connectors/config.ts'
import { insertAudit, lockSecrets, type SourceChange, updateSource } from '../db/sources.ts'
import { openSecrets, replaceSecrets } from '../db/vault.ts'
import { type ErrorSummary, IngestError, summarizeError } from '../model/errors.ts'
import { type SourcePlan, withKeptSecrets } from './apply-plan.ts'
import { type CheckResult, testConfig } from './check.ts'
import type { ServiceContext } from './context.ts'
import { tellError } from './errors.ts'
import { writeAs } from './lookup.ts'
import { ensureSchedule } from './schedules.ts'
import type { WantedSource } from './source-file.ts'
import { addSource, removeSource } from './sources.ts'

export interface ApplyOptions {
  /** Whether what changes is tested before it is saved. */
  readonly test: boolean
  /** Whether sources that the file does not name are removed. */
  readonly prune: boolean
  readonly signal?: AbortSignal
  readonly onDone?: (applied: AppliedSource) => void
}

/** How one source fared. */
export interface AppliedSource {
  readonly plan: SourcePlan
  /** `untested`: saved, though its workers alone could have tested it. */
  readonly status: 'saved' | 'untested' | 'failed' | 'removed' | 'kept'
  readonly checks: readonly CheckResult[]
  readonly error?: ErrorSummary
}

/** Connections of several sources are tested at a time. */
const PARALLEL = 4

/**
 * Carries out a plan: each source is tested, then saved in a transaction of its own with its audit row. One that fails
 * stays as it was, and the others go on.
 */
export async function applyPlans(
  context: ServiceContext,
  plans: readonly SourcePlan[],
  options: ApplyOptions,
): Promise<readonly AppliedSource[]> {
  const results: AppliedSource[] = new Array(plans.length)
  const queue = plans.entries()
  const work = async () => {
    for (const [place, plan] of queue) {
      const applied = await applyPlan(context, plan, options)
      results[place] = applied
      if (applied.status !== 'kept') options.onDone?.(applied)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return results
}

async function applyPlan(context: ServiceContext, plan: SourcePlan, options: ApplyOptions): Promise<AppliedSource> {
  const { action, name } = plan
  if (action === 'keep' || (action === 'prune' && !options.prune)) return { plan, status: 'kept', checks: [] }
  const checks: CheckResult[] = []
  try {
    options.signal?.throwIfAborted()
    if (action === 'prune') {
      await removeSource(context, name)
      return { plan, status: 'removed', checks }
    }
    const tested = options.test && (await testPlan(context, plan, checks, options.signal))
    await savePlan(context, plan)
    return { plan, status: options.test && !tested ? 'untested' : 'saved', checks }
  } catch (error) {
    return { plan, status: 'failed', checks, error: toldSummary(error) }
  }
}

function toldSummary(error: unknown): ErrorSummary {
  const { code } = summarizeError(error)
  const { category, message, hint } = tellError(error)
  return { category, message, ...(hint === null ? {} : { hint }), ...(code === undefined ? {} : { code }) }
}

/** Whether there was something to test, and we could: a source of other workers may be out of reach from here. */
async function testPlan(
  { settings }: ServiceContext,
  { action, changes, wanted, config }: SourcePlan,
  checks: CheckResult[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { connector, taskQueue } = wanted as WantedSource
  const touched = action === 'add' || changes.some(({ key }) => key.startsWith('config.'))
  if (!touched) return true
  if (taskQueue !== null && taskQueue !== settings.taskQueues.sync) return false
  const result = await testConfig(connector, config, signal === undefined ? {} : { signal })
  checks.push(...result.checks)
  const failed = result.checks.find((check) => check.error !== undefined)?.error
  if (failed === undefined) return true
  throw new IngestError(failed.category, `not saved, as its test failed: ${failed.message}`, {
    hint: failed.hint ?? 'Mend it and apply again, or save it all the same with --no-test.',
  })
}

async function savePlan(context: ServiceContext, plan: SourcePlan): Promise<void> {
  const { name, row, changes, connector } = plan
  // Plans that save something have what is wanted.
  const wanted = plan.wanted as WantedSource
  const { config, labels, owners, taskQueue, preview, budget, paused } = wanted
  if (row === undefined) {
    const schedule = wanted.schedule?.text ?? 'none'
    await addSource(context, { name, connector, config, schedule, labels, owners, taskQueue, preview, budget, paused })
    return
  }
  const changed = (key: string) => changes.some((change) => change.key === key || change.key.startsWith(`${key}.`))
  const status = paused ? 'paused' : 'active'
  await writeAs(context, async (tx, actorId) => {
    // A worker may have rotated a token since the plan was made.
    const sealed = await lockSecrets(tx, row.id)
    if (sealed === undefined) throw new IngestError('not_found', `source ${name} was removed meanwhile`)
    const change: SourceChange = {
      ...(changed('config') ? { config: sealAnew(context, wanted, name, sealed) } : {}),
      ...(changed('schedule') ? { schedule: wanted.schedule } : {}),
      ...(changed('labels') ? { labels } : {}),
      ...(changed('owners') ? { owners } : {}),
      ...(changed('taskQueue') ? { taskQueue } : {}),
      ...(changed('preview') ? { preview } : {}),
      ...(changed('budget') ? { budget } : {}),
      ...(changed('paused') ? { status } : {}),
    }
    await updateSource(tx, row.id, change)
    const detail = { changed: changes.map(({ key }) => key) }
    await insertAudit(tx, {
      organization: context.organization,
      actorId,
      action: 'source.apply',
      subject: name,
      detail,
    })
    if (['schedule', 'taskQueue', 'paused'].some(changed)) {
      await ensureSchedule(context, { ...row, schedule: wanted.schedule, status, taskQueue })
    }
  })
}

function sealAnew(
  { keyRing }: ServiceContext,
  wanted: WantedSource,
  name: string,
  sealed: Parameters<typeof openSecrets>[1],
): NonNullable<SourceChange['config']> {
  const whole = withKeptSecrets(wanted, openSecrets(keyRing, sealed, name))
  const { config, secrets } = splitSecrets(wanted.connector, whole)
  return { config, ...replaceSecrets(keyRing, sealed, secrets, name) }
}

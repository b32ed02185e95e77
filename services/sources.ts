import { isDeepStrictEqual } from 'node:util'
import { joinSecrets, prepareConfig, splitSecrets, validateConfig } from '../connectors/config.ts'
import { deleteSource } from '../db/removal.ts'
import type { RunBudget } from '../db/runs.ts'
import { findSourceByName, insertAudit, insertSource, updateSource } from '../db/sources.ts'
import { openSecrets, sealSecrets } from '../db/vault.ts'
import type { ServiceContext } from './context.ts'
import { checkName, nameTaken, requireSource, type SourceRef, writeAs } from './lookup.ts'
import { nextTime, parseSchedule } from './schedule-text.ts'
import { deleteSchedule, ensureSchedule } from './schedules.ts'

export type { RunBudget } from '../db/runs.ts'

export interface NewSource {
  readonly name: string
  readonly connector: string
  /** As a user writes it: references unresolved, secrets in place. */
  readonly config: Readonly<Record<string, unknown>>
  /** As {@link parseSchedule} reads it; absent: the default of temporal.yaml. */
  readonly schedule?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Who answers for it: people or teams. */
  readonly owners?: readonly string[]
  /** Of the workers that reach it; absent: the one of temporal.yaml. */
  readonly taskQueue?: string | null
  /** Whether rows may be previewed. */
  readonly preview?: boolean
  /** What a run may ask of it at most. */
  readonly budget?: RunBudget | null
  /** Its schedule stands still from the beginning. */
  readonly paused?: boolean
}

/**
 * Adds a source with its schedule: both, or neither. @throws IngestError `invalid_config` for a taken or unusable name,
 * an unknown connector, a config or schedule that is wrong.
 */
export async function addSource(context: ServiceContext, input: NewSource): Promise<SourceRef> {
  const { name, connector: type, labels = {}, owners = [], taskQueue = null, preview = false, budget = null } = input
  const status = input.paused === true ? 'paused' : 'active'
  checkName(name)
  const connector = context.registry.get(type)
  const namespace = connector.manifest.namespace((await prepareConfig(connector, input.config)).config)
  const { config, secrets } = splitSecrets(connector, input.config)
  const schedule = parseSchedule(input.schedule ?? context.settings.defaultSchedule) ?? null
  const sealed = sealSecrets(context.keyRing, secrets)
  return await writeAs(context, async (tx, actorId) => {
    const { organization } = context
    const settings = { schedule, labels, owners, taskQueue, preview, budget, status } as const
    const row = { organization, name, connector: type, namespace, config, ...sealed, ...settings, actorId }
    const id = await insertSource(tx, row)
    if (id === undefined) throw nameTaken(name)
    await insertAudit(tx, {
      organization,
      actorId,
      action: 'source.add',
      subject: name,
      detail: { connector: type, namespace },
    })
    // Inside the transaction: should Temporal refuse, there is no source either.
    await ensureSchedule(context, { id, name, connector: type, schedule, status, taskQueue })
    return { id, name }
  }).catch(async (error: unknown) => {
    await deleteOrphan(context, name)
    throw error
  })
}

/** A schedule made for a source that was then not stored goes again; the next `up` would take care of it too. */
async function deleteOrphan(context: ServiceContext, name: string): Promise<void> {
  try {
    if ((await findSourceByName(context.store, context.organization, name)) === undefined)
      await deleteSchedule(context, name)
  } catch {
    // The error that led here is the one to tell.
  }
}

/** Stops the schedule; syncs by hand still work. */
export async function pauseSource(context: ServiceContext, name: string): Promise<void> {
  await setStatus(context, name, 'paused')
}

export async function resumeSource(context: ServiceContext, name: string): Promise<void> {
  await setStatus(context, name, 'active')
}

async function setStatus(context: ServiceContext, name: string, status: 'active' | 'paused'): Promise<void> {
  const source = await requireSource(context, name)
  const { organization } = context
  const action = status === 'paused' ? 'source.pause' : 'source.resume'
  await writeAs(context, async (tx, actorId) => {
    if (status !== source.status) await updateSource(tx, source.id, { status })
    await insertAudit(tx, { organization, actorId, action, subject: name })
    await ensureSchedule(context, { ...source, status })
  })
}

/** Replaces a source's config where it says something else; its namespace, and so its assets, stay. */
export async function refreshConfig(
  context: ServiceContext,
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const source = await requireSource(context, name)
  const connector = context.registry.get(source.connector)
  await validateConfig(connector, input)
  if (isDeepStrictEqual(joinSecrets(source.config, openSecrets(context.keyRing, source, name)), input)) return
  const { config, secrets } = splitSecrets(connector, input)
  const { organization } = context
  await writeAs(context, async (tx, actorId) => {
    await updateSource(tx, source.id, { config: { config, ...sealSecrets(context.keyRing, secrets) } })
    await insertAudit(tx, { organization, actorId, action: 'source.config', subject: name })
  })
}

/** Gives a source another schedule; `none` leaves it to syncs by hand. */
export async function rescheduleSource(
  context: ServiceContext,
  name: string,
  text: string,
): Promise<{ readonly text: string; readonly next?: Date }> {
  const source = await requireSource(context, name)
  const schedule = parseSchedule(text) ?? null
  const { organization } = context
  await writeAs(context, async (tx, actorId) => {
    await updateSource(tx, source.id, { schedule })
    await insertAudit(tx, {
      organization,
      actorId,
      action: 'source.schedule',
      subject: name,
      detail: { schedule: schedule?.text ?? 'none' },
    })
    await ensureSchedule(context, { ...source, schedule })
  })
  const next = schedule === null ? undefined : nextTime(schedule, new Date())
  return { text: schedule?.text ?? 'none', ...(next === undefined ? {} : { next }) }
}

/**
 * Removes a source: its schedule, its runs and whatever of the catalog no other source claims. The assets stay as
 * removed ones, with their versions and changes; a sync under way ends as cancelled. Returns the number of assets removed.
 */
export async function removeSource(context: ServiceContext, name: string): Promise<{ readonly removedAssets: number }> {
  const source = await requireSource(context, name)
  const { organization } = context
  // The schedule first: should the rest fail, the source is there without it, and the next `up` makes it again.
  await deleteSchedule(context, name)
  const removedAssets = await writeAs(context, async (tx, actorId) => {
    const removed = await deleteSource(tx, source.id)
    const detail = { connector: source.connector, namespace: source.namespace, removedAssets: removed }
    await insertAudit(tx, { organization, actorId, action: 'source.remove', subject: name, detail })
    return removed
  })
  return { removedAssets }
}

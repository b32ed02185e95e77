import { isDeepStrictEqual } from 'node:util'
import { isSecretPath, joinSecrets, splitSecrets } from '../connectors/config.ts'
import { listSources, type SourceRow } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import type { Schedule } from './schedule-text.ts'
import { checkWanted, joinErrors, type SourceFile, type WantedSource } from './source-file.ts'

/** One setting that is to change; of a secret, that it does. */
export interface SettingChange {
  /** As in the file: `config.schemas.deny`, `labels.team`, `schedule`. */
  readonly key: string
  readonly secret: boolean
  readonly before?: unknown
  readonly after?: unknown
}

/** What applying a file would do to one source. */
export interface SourcePlan {
  readonly name: string
  readonly action: 'add' | 'change' | 'keep' | 'prune'
  readonly connector: string
  readonly changes: readonly SettingChange[]
  /** Absent for one to prune. */
  readonly wanted?: WantedSource
  /** As stored; absent for one to add. */
  readonly row?: SourceRow
  /** Its whole config as it will be, stored secrets among it. */
  readonly config?: Readonly<Record<string, unknown>>
}

/**
 * Compares a file with the store. What would change is checked with its references resolved; what stays is left alone.
 * @throws IngestError `invalid_config` with the place of everything that is wrong; others when a reference's provider
 * does not answer.
 */
export async function planApply(context: ServiceContext, file: SourceFile): Promise<readonly SourcePlan[]> {
  const rows = new Map((await listSources(context.store, context.organization)).map((row) => [row.name, row]))
  const plans = file.sources.map((wanted) => planSource(context, file, wanted, rows.get(wanted.name)))
  const problems = await Promise.all(
    plans.map(async ({ action, wanted, config }) =>
      wanted !== undefined && action !== 'keep' ? await checkWanted(file, wanted, config) : [],
    ),
  )
  if (problems.flat().length > 0) throw joinErrors(problems.flat())
  const named = new Set(file.sources.map(({ name }) => name))
  const left = [...rows.values()].filter(({ name }) => !named.has(name))
  return [...plans, ...left.map((row) => prunePlan(row))]
}

const prunePlan = (row: SourceRow): SourcePlan => ({
  name: row.name,
  action: 'prune',
  connector: row.connector,
  changes: [],
  row,
})

function planSource(
  context: ServiceContext,
  file: SourceFile,
  wanted: WantedSource,
  row: SourceRow | undefined,
): SourcePlan {
  const { name } = wanted
  const connector = wanted.connector.manifest.type
  if (row === undefined) {
    const { config } = wanted
    return { name, action: 'add', connector, changes: addedSettings(wanted), wanted, config }
  }
  if (row.connector !== connector) {
    throw file.yaml.error(
      ['sources', name, 'connector'],
      `${name} is a ${row.connector} source and cannot become another`,
      {
        hint: `Give this one another name, or remove the old one first: tidemark remove ${name}`,
      },
    )
  }
  const secrets = openSecrets(context.keyRing, row, name)
  const config = withKeptSecrets(wanted, secrets)
  const changes = [
    ...compareConfig(wanted, joinSecrets(row.config, secrets), config),
    ...compareSettings(settingsOf(row), settingsOf(wanted)),
  ]
  return { name, action: changes.length === 0 ? 'keep' : 'change', connector, changes, wanted, row, config }
}

/** Secrets that the file leaves out stay as stored, where what they belong to is still there. */
export function withKeptSecrets(
  { config, cleared }: Pick<WantedSource, 'config' | 'cleared'>,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const kept = Object.entries(secrets).filter(([path]) => {
    const steps = path.split('.')
    const parent = steps
      .slice(0, -1)
      .reduce<unknown>((value, step) => (value as Record<string, unknown>)?.[step], config)
    if (typeof parent !== 'object' || parent === null || cleared.includes(path)) return false
    return !Object.hasOwn(parent, steps.at(-1) as string)
  })
  return joinSecrets(config, Object.fromEntries(kept))
}

type Settings = Readonly<Record<string, unknown>>

/** The settings besides the config, by their keys in the file. */
function settingsOf(source: WantedSource | SourceRow): Settings {
  const { labels, owners, taskQueue, preview, budget } = source
  const schedule = source.schedule as Schedule | null
  return {
    schedule: schedule?.text ?? 'none',
    ...prefixed('labels', labels),
    owners,
    taskQueue,
    preview,
    ...prefixed('budget', { ...budget }),
    paused: 'paused' in source ? source.paused : source.status === 'paused',
  }
}

function prefixed(prefix: string, values: Settings): Settings {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]))
}

function compareSettings(before: Settings, after: Settings): SettingChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    isDeepStrictEqual(before[key], after[key]) ? [] : [changeOf(key, before[key], after[key])],
  )
}

function changeOf(key: string, before: unknown, after: unknown): SettingChange {
  return {
    key,
    secret: false,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }
}

/** Of a secret nothing is shown but that it changes, and the reference that takes its place, which is none. */
function compareConfig({ connector }: WantedSource, before: Settings, after: Settings): SettingChange[] {
  const [old, next] = [splitSecrets(connector, before), splitSecrets(connector, after)]
  const shown = compareSettings(leavesOf(old.config), leavesOf(next.config))
  const paths = new Set([...Object.keys(old.secrets), ...Object.keys(next.secrets)])
  const secret = [...paths].filter((path) => old.secrets[path] !== next.secrets[path])
  return [
    ...shown
      .filter(({ key }) => !secret.includes(key))
      .map((change) => ({ ...change, key: `config.${change.key}`, secret: isSecretPath(connector, change.key) })),
    ...secret.map((path) => {
      const { before: was, after: willBe } = shown.find(({ key }) => key === path) ?? {}
      return { ...changeOf(`config.${path}`, was, willBe), secret: true }
    }),
  ]
}

/** Every value that is no object, by its dotted path. */
function leavesOf(value: Settings, prefix = ''): Settings {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      const nested = typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      const inner = nested ? Object.entries(leavesOf(entry as Settings, `${prefix}${key}.`)) : []
      return inner.length > 0 ? inner : [[`${prefix}${key}`, entry]]
    }),
  )
}

function addedSettings(wanted: WantedSource): SettingChange[] {
  const unset: Settings = { owners: [], taskQueue: null, preview: false, paused: false }
  return [...compareConfig(wanted, {}, wanted.config), ...compareSettings(unset, settingsOf(wanted))]
}

/** What a plan for a source says it was asked to do, for those who cannot be asked. */
export function requirePruneConsent(plans: readonly SourcePlan[]): IngestError {
  const names = plans.filter(({ action }) => action === 'prune').map(({ name }) => name)
  return new IngestError(
    'invalid_config',
    `pruning takes ${names.join(', ')} and what only they have catalogued away`,
    {
      hint: 'Say so: tidemark apply --prune --yes. `--dry-run` shows what would be done.',
    },
  )
}

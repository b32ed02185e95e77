import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { isSecretPath } from '../connectors/config.ts'
import type { Connector } from '../connectors/kit/index.ts'
import type { Environment } from '../connectors/reading.ts'
import { isReference } from '../connectors/references.ts'
import type { RunBudget } from '../db/runs.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { checkName } from './lookup.ts'
import { parseSchedule, type Schedule } from './schedule-text.ts'
import { hasUrlSetting, type SourceEntry, sourceFileSchema } from './source-file-schema.ts'
import { openYaml, type YamlFile } from './yaml-file.ts'

/** A source as tidemark.yaml wants it: complete, with the defaults of what the file leaves out. */
export interface WantedSource {
  readonly name: string
  readonly connector: Connector
  /** As a person writes it: references unresolved, a URL taken apart. Secrets may be left out, to stay as stored. */
  readonly config: Readonly<Record<string, unknown>>
  /** Dotted paths of secrets that the file takes away with `null`. */
  readonly cleared: readonly string[]
  readonly schedule: Schedule | null
  readonly labels: Readonly<Record<string, string>>
  readonly owners: readonly string[]
  readonly taskQueue: string | null
  readonly preview: boolean
  readonly budget: RunBudget | null
  readonly paused: boolean
}

export interface SourceFile {
  readonly sources: readonly WantedSource[]
  readonly yaml: YamlFile
}

type Surroundings = Pick<ServiceContext, 'registry' | 'settings'>

/** @throws IngestError `invalid_config` with file, line and column of everything that is wrong. */
export function readSourceFile(context: Surroundings, path: string): SourceFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new IngestError('invalid_config', `${path} cannot be read: ${(cause as Error).message}`, {
      hint: 'Name the file: tidemark apply FILE. `tidemark export sources FILE` writes one.',
      cause,
    })
  }
  return parseSourceFile(context, text, path)
}

/** Sources from YAML text; `path` is for messages. */
export function parseSourceFile(context: Surroundings, text: string, path: string): SourceFile {
  const yaml = openYaml(text, path, `Mend ${path}; \`tidemark schema\` prints what it may say, for editors.`)
  const parsed = sourceFileSchema.safeParse(yaml.value)
  if (!parsed.success) throw joinErrors(parsed.error.issues.map((issue) => yaml.issue(sourceFileSchema, issue)))
  const problems: IngestError[] = []
  const sources = Object.entries(parsed.data.sources).flatMap(([name, entry]) => {
    try {
      return [readEntry(context, yaml, name, entry)]
    } catch (error) {
      if (!(error instanceof IngestError)) throw error
      problems.push(error)
      return []
    }
  })
  if (problems.length > 0) throw joinErrors(problems)
  return { sources, yaml }
}

const SHOWN = 20

/** Several problems of a file as one error, a line each. */
export function joinErrors(errors: readonly IngestError[]): IngestError {
  const [first] = errors as [IngestError]
  if (errors.length === 1) return first
  const more = errors.length > SHOWN ? [`… and ${errors.length - SHOWN} more`] : []
  const message = [...errors.slice(0, SHOWN).map((error) => error.message), ...more].join('\n')
  return new IngestError(first.category, message, first.hint === undefined ? {} : { hint: first.hint })
}

function readEntry(
  { registry, settings }: Surroundings,
  yaml: YamlFile,
  name: string,
  entry: SourceEntry,
): WantedSource {
  const at = (...keys: string[]) => ['sources', name, ...keys]
  located(yaml, at(), () => checkName(name))
  const connector = located(yaml, at('connector'), () => registry.get(entry.connector))
  const { config, cleared } = takeCleared(readConfig(yaml, name, entry, connector))
  const { labels = {}, owners = [], taskQueue = null, preview = false, budget = null, paused = false } = entry
  const schedule = located(
    yaml,
    at('schedule'),
    () => parseSchedule(entry.schedule ?? settings.defaultSchedule) ?? null,
  )
  return { name, connector, config, cleared, schedule, labels, owners, taskQueue, preview, budget, paused }
}

/** An error without a place gets that of what was looked at. */
function located<T>(yaml: YamlFile, path: readonly string[], look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof IngestError)) throw error
    const { category, message, hint } = error
    throw yaml.error(path, message, { category, ...(hint === undefined ? {} : { hint }) })
  }
}

function readConfig(
  yaml: YamlFile,
  name: string,
  { url, config }: SourceEntry,
  { manifest }: Connector,
): Readonly<Record<string, unknown>> {
  const path = ['sources', name]
  if (url === undefined) {
    if (config !== undefined) return config
    throw yaml.error(path, `source ${name} has neither config nor url`, {
      hint: `tidemark connectors ${manifest.type} shows every setting.`,
    })
  }
  if (!isReference(url)) return { ...located(yaml, [...path, 'url'], () => manifest.fromUrl(url)), ...config }
  if (hasUrlSetting(manifest.config)) return { url, ...config }
  throw yaml.error([...path, 'url'], `${manifest.type} has no setting that could hold a reference to a whole URL`, {
    hint: 'Write its parts in config, with references where secrets are.',
  })
}

/** Takes the nulls out, which stand for secrets to be taken away. */
function takeCleared(config: Readonly<Record<string, unknown>>): Pick<WantedSource, 'config' | 'cleared'> {
  const cleared: string[] = []
  const take = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).flatMap(([key, entry]) => {
      if (entry !== null) return [[key, take(entry, [...path, key])] as const]
      cleared.push([...path, key].join('.'))
      return []
    })
    return Object.fromEntries(entries)
  }
  return { config: take(config, []) as Record<string, unknown>, cleared }
}

/**
 * Checks a wanted source's config with its references resolved; `config` has its stored secrets in it. Returns what is
 * wrong, each at its place in the file.
 */
export async function checkWanted(
  { yaml }: SourceFile,
  { name, connector, cleared }: WantedSource,
  config: unknown,
  env: Environment = process.env,
): Promise<readonly IngestError[]> {
  const at = ['sources', name, 'config']
  const schema = connector.manifest.config
  const unclear = findUnclear(config, at).map(([path, text]) =>
    yaml.error(path, `${path.join('.')}: ${text} is no reference`, {
      hint: `Write ${text.replace('{', '{env:')} for the environment variable.`,
    }),
  )
  if (unclear.length > 0) return unclear
  let resolved: unknown
  try {
    resolved = await yaml.resolve(config, schema, env, at)
  } catch (error) {
    if (error instanceof IngestError) return [error]
    throw error
  }
  const result = schema.safeParse(resolved)
  const issues: readonly z.core.$ZodIssue[] = result.success ? [] : result.error.issues
  return [
    ...cleared.flatMap((path) => refuseNull(yaml, connector, at, path)),
    ...issues.map((issue) => yaml.issue(schema, issue, at)),
  ]
}

/** `${NAME}`, as a shell would write it: stored as it is, it would be the password itself. */
function findUnclear(value: unknown, path: readonly string[]): [readonly string[], string][] {
  if (typeof value === 'string') return /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(value) ? [[path, value]] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, entry]) => findUnclear(entry, [...path, key]))
}

/** Null takes a secret away; anywhere else it is no value. */
function refuseNull(yaml: YamlFile, connector: Connector, at: readonly string[], path: string): IngestError[] {
  if (isSecretPath(connector, path)) return []
  const keys = [...at, ...path.split('.')]
  return [yaml.error(keys, `${keys.join('.')}: expected a value; to leave a setting out, leave out its line`)]
}

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { readReference } from '../connectors/config.ts'
import { nearest } from '../connectors/registry.ts'
import { IngestError } from '../model/errors.ts'
import { type Settings, settingsSchema } from './settings-schema.ts'

export type { Settings } from './settings-schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads temporal.yaml (TIDEMARK_CONFIG, ./temporal.yaml, the packaged default) under what the environment says.
 * @throws IngestError `invalid_config` with the file, line and column of what is wrong.
 */
export function loadSettings(env: Environment = process.env, directory: string = process.cwd()): Settings {
  const path = findFile(env, directory)
  const settings = path === undefined ? settingsSchema.parse({}) : parseSettings(read(path), path, env)
  return applyEnvironment(settings, env)
}

function findFile(env: Environment, directory: string): string | undefined {
  const named = env.TIDEMARK_CONFIG
  if (named !== undefined && named !== '') return resolve(directory, named)
  // The packaged one lies beside the code in a clone, one folder up when published.
  const packaged = ['../temporal.yaml', '../../temporal.yaml'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  return [resolve(directory, 'temporal.yaml'), ...packaged].find((path) => existsSync(path))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new IngestError('invalid_config', `${path} cannot be read: ${(cause as Error).message}`, {
      hint: 'TIDEMARK_CONFIG names the settings file; unset it to use the default.',
      cause,
    })
  }
}

/** Settings from YAML text; `path` is for messages. */
export function parseSettings(text: string, path: string, env: Environment = process.env): Settings {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  if (broken !== undefined) throw settingsError(path, lines.linePos(broken.pos[0]), broken.message)
  const place = (keys: readonly PropertyKey[]) => {
    const node = document.getIn(keys, true) as { range?: readonly number[] } | undefined
    return node?.range === undefined ? undefined : lines.linePos(node.range[0] as number)
  }
  const value = resolveReferences(document.toJS() ?? {}, [], { env, path, place })
  const result = settingsSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw issueError(path, issue as z.core.$ZodIssue, place)
}

type Place = (keys: readonly PropertyKey[]) => { readonly line: number; readonly col: number } | undefined

function issueError(path: string, issue: z.core.$ZodIssue, place: Place): IngestError {
  if (issue.code !== 'unrecognized_keys') {
    return settingsError(path, place(issue.path), `${issue.path.join('.') || 'settings'}: ${issue.message}`)
  }
  const [key = ''] = issue.keys
  const known = knownKeys(issue.path)
  const near = nearest(key, known)
  const meant = near === undefined ? `; known: ${known.join(', ')}` : ` (did you mean ${near}?)`
  const where = [...issue.path, key]
  return settingsError(path, place(where), `unknown key ${where.join('.')}${meant}`)
}

/** The keys that the schema knows at a path. */
function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = settingsSchema
  for (const key of path) schema = shapeOf(schema)?.[key]
  return Object.keys(shapeOf(schema) ?? {})
}

function shapeOf(schema: unknown): Readonly<Record<PropertyKey, unknown>> | undefined {
  const definition = (schema as { _zod?: { def: { shape?: object; innerType?: unknown; in?: unknown } } })?._zod?.def
  if (definition?.shape !== undefined) return definition.shape as Readonly<Record<PropertyKey, unknown>>
  const inner = definition?.innerType ?? definition?.in
  return inner === undefined ? undefined : shapeOf(inner)
}

interface Resolving {
  readonly env: Environment
  readonly path: string
  readonly place: Place
}

/** Replaces `${env:NAME}` and `${file:/path}` by what they stand for; what cannot be read is told with its place. */
function resolveReferences(value: unknown, keys: readonly PropertyKey[], context: Resolving): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => resolveReferences(entry, [...keys, index], context))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, entry]) => [
      key,
      resolveReferences(entry, [...keys, key], context),
    ])
    return Object.fromEntries(entries)
  }
  if (typeof value !== 'string') return value
  try {
    return readReference(value, context.env)
  } catch (error) {
    throw settingsError(context.path, context.place(keys), `${keys.join('.')}: ${(error as Error).message}`)
  }
}

function settingsError(path: string, at: { line: number; col: number } | undefined, problem: string): IngestError {
  const where = at === undefined ? path : `${path}:${at.line}:${at.col}`
  return new IngestError('invalid_config', `${where}: ${problem}`, {
    hint: `Mend ${path}; the temporal.yaml that comes with Tidemark shows every key.`,
  })
}

/** Temporal Cloud's usual variables win over the file. */
function applyEnvironment(settings: Settings, env: Environment): Settings {
  const given = (name: string) => (env[name] === '' ? undefined : env[name])
  const address = given('TEMPORAL_ADDRESS') ?? settings.address
  const apiKey = given('TEMPORAL_API_KEY') ?? settings.apiKey
  const clientCert = given('TEMPORAL_TLS_CERT') ?? settings.tls?.clientCert
  const clientKey = given('TEMPORAL_TLS_KEY') ?? settings.tls?.clientKey
  const tls = {
    ...settings.tls,
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
  }
  return {
    ...settings,
    namespace: given('TEMPORAL_NAMESPACE') ?? settings.namespace,
    ...(address === undefined ? {} : { address }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  }
}

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { canonicalHash } from '../model/hash.ts'
import { type Connector, isSecret } from './kit/index.ts'
import { nearest } from './registry.ts'

type Plain = Readonly<Record<string, unknown>>

/**
 * Validates a config as written, references unresolved.
 * @throws IngestError `invalid_config` that names each wrong key and what was probably meant.
 */
export function validateConfig(connector: Connector, config: unknown): void {
  parseConfig(
    connector,
    mapStrings(config, (text) => readReference(text)),
  )
}

/** The config as the connector gets it: references resolved, validated. */
export function prepareConfig(
  connector: Connector,
  config: unknown,
): { readonly config: unknown; readonly secrets: readonly string[] } {
  const secrets: string[] = []
  const resolved = mapStrings(config, (text) => {
    const value = readReference(text)
    if (value !== text) secrets.push(value)
    return value
  })
  secrets.push(...Object.values(splitSecrets(connector, resolved).secrets))
  return { config: parseConfig(connector, resolved), secrets }
}

function parseConfig(connector: Connector, config: unknown): unknown {
  const result = connector.manifest.config.safeParse(config)
  if (result.success) return result.data
  const known = keysOf(connector.manifest.config)
  const problems = result.error.issues.map((issue) => {
    const where = issue.path.join('.') || 'config'
    if (issue.code !== 'unrecognized_keys') return `${where}: ${issue.message}`
    return issue.keys.map((key) => `unknown key ${[...issue.path, key].join('.')}${suggestion(key, known)}`).join('; ')
  })
  throw new IngestError('invalid_config', `${connector.manifest.type} config: ${problems.join('; ')}`, {
    hint: `tidemark connectors ${connector.manifest.type} shows every setting.`,
  })
}

function suggestion(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

function keysOf(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

const REFERENCE = /^\$\{(env|file):([^}]+)\}$/

/**
 * What `${env:NAME}` or `${file:/path}` stands for; other text is itself.
 * @throws IngestError `invalid_config` when there is no such variable or file.
 */
export function readReference(text: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
  const match = REFERENCE.exec(text)
  if (match === null) return text
  const [, kind, name = ''] = match
  if (kind === 'env') {
    const value = env[name]
    if (value !== undefined) return value
    throw new IngestError('invalid_config', `${text}: the environment variable ${name} is not set`)
  }
  try {
    return readFileSync(name, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new IngestError('invalid_config', `${text}: cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((entry) => mapStrings(entry, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapStrings(entry, map)]))
}

/**
 * Parts a config into what may be shown and its secrets by dotted path. A reference is no secret: it is kept as
 * written. A password inside a URL is one: such a URL is kept whole among the secrets.
 */
export function splitSecrets(
  connector: Connector,
  config: unknown,
): { readonly config: Plain; readonly secrets: Readonly<Record<string, string>> } {
  const secrets: Record<string, string> = {}
  const open = stripSecrets(config, connector.manifest.config, [], secrets)
  return { config: (open ?? {}) as Plain, secrets }
}

function stripSecrets(
  value: unknown,
  schema: unknown,
  path: readonly string[],
  secrets: Record<string, string>,
): unknown {
  if (typeof value === 'string') {
    if (REFERENCE.test(value) || !(isSecretSchema(schema) || hasPassword(value))) return value
    secrets[path.join('.')] = value
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const shape = shapeOf(schema)
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, entry]) => [key, stripSecrets(entry, shape?.[key], [...path, key], secrets)] as const)
      .filter(([, entry]) => entry !== undefined),
  )
}

const isSecretSchema = (schema: unknown): boolean => schema instanceof z.ZodType && isSecret(schema)

function hasPassword(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:[^/?#@]+@/i.test(text) || /[?&](password|sslpassword)=/i.test(text)
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape
  const inner = (schema as { _zod?: { def: { innerType?: unknown } } } | undefined)?._zod?.def.innerType
  return inner === undefined ? undefined : shapeOf(inner)
}

/** The inverse of {@link splitSecrets}. */
export function joinSecrets(config: Plain, secrets: Readonly<Record<string, string>>): Plain {
  const joined = structuredClone(config) as Record<string, unknown>
  for (const [path, value] of Object.entries(secrets)) {
    const steps = path.split('.')
    const last = steps.pop() as string
    let target = joined
    for (const step of steps) {
      target[step] ??= {}
      target = target[step] as Record<string, unknown>
    }
    target[last] = value
  }
  return joined
}

/** Digests of what shapes a source's records, and of its filters: kept with runs and scopes to notice a change. */
export function digestConfig(
  connector: Connector,
  config: unknown,
): { readonly shape: string; readonly filter: string } {
  const { type, recordVersion, protocol, shape, filter } = connector.manifest
  return {
    shape: canonicalHash({ type, recordVersion, protocol, options: shape(config) }),
    filter: canonicalHash({ type, options: filter(config) }),
  }
}

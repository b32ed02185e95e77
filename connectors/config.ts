import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { canonicalHash } from '../model/hash.ts'
import { type Connector, isSecret } from './kit/index.ts'
import { beginReading } from './reading.ts'
import { isReference, resolveReferences } from './references.ts'
import { nearest } from './registry.ts'
import { knownKeys, shapeOf } from './shape.ts'

type Plain = Readonly<Record<string, unknown>>

/**
 * Validates a config as written, references resolved for it.
 * @throws IngestError `invalid_config` that names each wrong key and what was probably meant.
 */
export async function validateConfig(connector: Connector, config: unknown): Promise<void> {
  await prepareConfig(connector, config)
}

/** The config as the connector gets it: references resolved, validated. @throws as {@link validateConfig}. */
export async function prepareConfig(
  connector: Connector,
  config: unknown,
): Promise<{ readonly config: unknown; readonly secrets: readonly string[] }> {
  const secrets: string[] = []
  const resolved = await resolveReferences(config, {
    schema: connector.manifest.config,
    reading: beginReading(),
    onValue: (value) => secrets.push(value),
  })
  secrets.push(...Object.values(splitSecrets(connector, resolved).secrets))
  return { config: parseConfig(connector, resolved), secrets }
}

function parseConfig(connector: Connector, config: unknown): unknown {
  const result = connector.manifest.config.safeParse(config)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    const where = issue.path.join('.') || 'config'
    if (issue.code !== 'unrecognized_keys') return `${where}: ${issue.message}`
    return issue.keys
      .map(
        (key) =>
          `unknown key ${[...issue.path, key].join('.')}${suggestion(key, knownKeys(connector.manifest.config, issue.path))}`,
      )
      .join('; ')
  })
  throw new IngestError('invalid_config', `${connector.manifest.type} config: ${problems.join('; ')}`, {
    hint: `tidemark connectors ${connector.manifest.type} shows every setting.`,
  })
}

function suggestion(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  return near === undefined ? '' : ` (did you mean ${near}?)`
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
    if (isReference(value) || !(isSecretSchema(schema) || hasPassword(value))) return value
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

/** Whether a dotted path of a connector's config is that of a secret. */
export function isSecretPath(connector: Connector, path: string): boolean {
  let schema: unknown = connector.manifest.config
  for (const step of path.split('.')) schema = shapeOf(schema)?.[step]
  return isSecretSchema(schema)
}

const isSecretSchema = (schema: unknown): boolean => schema instanceof z.ZodType && isSecret(schema)

function hasPassword(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#@]*:[^/?#@]+@/i.test(text) || /[?&](password|sslpassword)=/i.test(text)
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

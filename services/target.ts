import { existsSync } from 'node:fs'
import { z } from 'zod'
import { prepareConfig, validateConfig } from '../connectors/config.ts'
import { type Connector, isSecret } from '../connectors/kit/index.ts'
import { nearest, type Registry } from '../connectors/registry.ts'
import { IngestError } from '../model/errors.ts'

export interface Target {
  readonly connector: Connector
  /** As a user would write it, not yet validated. */
  readonly config: Record<string, unknown>
}

/** Whether a word can only be a URL or a path, not a source's name. */
export function looksLikeUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) || text.includes('/') || text.includes('\\')
}

/** The connector that a URL or path belongs to, and the config it stands for. @throws IngestError `invalid_config`. */
export function readTarget(registry: Registry, text: string): Target {
  const connector = findConnector(registry, text)
  return { connector, config: { ...connector.manifest.fromUrl(text) } }
}

function findConnector(registry: Registry, text: string): Connector {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  const connectors = registry.list()
  const byScheme =
    scheme === undefined ? undefined : connectors.find(({ manifest }) => manifest.urlSchemes.includes(scheme))
  if (byScheme !== undefined) return byScheme
  const byPath = connectors.find(({ manifest }) => manifest.acceptsPath?.(text) === true)
  if (byPath !== undefined) return byPath
  const schemes = connectors.flatMap(({ manifest }) => manifest.urlSchemes)
  if (scheme === undefined) {
    const problem = existsSync(text) ? 'is no file that a connector knows' : 'is neither a URL nor a file'
    throw new IngestError('invalid_config', `${JSON.stringify(text)} ${problem}`, {
      hint: `Give a URL such as postgres://user@host/database. Known: ${schemes.map((name) => `${name}:`).join(' ')}`,
    })
  }
  const near = nearest(scheme, schemes)
  throw new IngestError('invalid_config', `no connector knows ${scheme}: URLs`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}:? `}Known: ${schemes.map((name) => `${name}:`).join(' ')}`,
  })
}

/** @throws IngestError `invalid_config` that names each wrong key. */
export async function validateTarget({ connector, config }: Target): Promise<void> {
  await validateConfig(connector, config)
}

/** A name to offer for a source, made of what a name may hold. */
export async function suggestName({ connector, config }: Target): Promise<string> {
  const suggested = connector.manifest.suggestName((await prepareConfig(connector, config)).config)
  const fit = suggested.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '')
  return fit.slice(0, 63) || connector.manifest.type
}

/**
 * Sets one value of a config by its dotted path, as `--set databases.deny=["a"]` does: JSON where it parses as such,
 * else the text itself.
 */
export function setConfigValue(config: Record<string, unknown>, assignment: string): void {
  const match = /^([^=\s]+)=([\s\S]*)$/.exec(assignment)
  if (match === null) {
    throw new IngestError('invalid_config', `${JSON.stringify(assignment)} is not key=value`, {
      hint: 'Write --set schemas.deny=\'["tmp_*"]\' or --set statementTimeout=60',
    })
  }
  const [, path = '', text = ''] = match
  const steps = path.split('.')
  const last = steps.pop() as string
  let target = config
  for (const step of steps) {
    const inner = target[step]
    target[step] = typeof inner === 'object' && inner !== null ? inner : {}
    target = target[step] as Record<string, unknown>
  }
  target[last] = parseValue(text)
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export interface MissingSetting {
  readonly key: string
  readonly secret: boolean
  readonly about: string
}

/** What to ask for: settings a config cannot do without, and a password where there may be one. */
export function missingSettings(
  connector: Connector,
  config: Readonly<Record<string, unknown>>,
): readonly MissingSetting[] {
  const schema = connector.manifest.config
  const shape = schema instanceof z.ZodObject ? (schema.shape as Readonly<Record<string, z.ZodType>>) : {}
  const result = schema.safeParse(config)
  const required = result.success
    ? []
    : result.error.issues.flatMap(({ path: [key, ...inner], message }) =>
        typeof key === 'string' && inner.length === 0 && config[key] === undefined
          ? [{ key, secret: isSecretKey(shape, key), about: shape[key]?.description ?? message }]
          : [],
      )
  const asksPassword = 'password' in shape && config.password === undefined && config.url === undefined
  return asksPassword ? [...required, { key: 'password', secret: true, about: 'empty for none' }] : required
}

function isSecretKey(shape: Readonly<Record<string, z.ZodType>>, key: string): boolean {
  const schema = shape[key]
  return schema !== undefined && isSecret(schema)
}

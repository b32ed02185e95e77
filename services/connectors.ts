import { z } from 'zod'
import type { Connector } from '../connectors/kit/index.ts'
import { isSecret } from '../connectors/kit/index.ts'
import { loadRegistry, type Registry } from '../connectors/registry.ts'
import type { Settings } from './settings.ts'

export type { Registry } from '../connectors/registry.ts'

/** The connectors built in, and those of the packages that temporal.yaml names. */
export async function loadConnectors(settings: Settings): Promise<Registry> {
  return await loadRegistry(settings.connectors)
}

export interface ConnectorSetting {
  readonly key: string
  readonly type: string
  readonly required: boolean
  readonly secret: boolean
  readonly default?: unknown
  readonly description?: string
}

export interface ConnectorFacts {
  readonly type: string
  readonly title: string
  readonly category: string
  readonly version: string
  readonly scope: string
  readonly urlSchemes: readonly string[]
  readonly kinds: readonly string[]
  readonly grants: readonly { readonly purpose: string; readonly statement: string }[]
  readonly settings: readonly ConnectorSetting[]
  readonly example: unknown
}

/** A connector's manifest for people and programs. */
export function describeConnector({ manifest }: Connector): ConnectorFacts {
  const { type, title, category, version, scopeNoun, urlSchemes, kinds, grants, example } = manifest
  return {
    type,
    title,
    category,
    version,
    scope: scopeNoun,
    urlSchemes,
    kinds: kinds.map(({ kind }) => kind),
    grants,
    settings: settingsOf(manifest.config),
    example,
  }
}

interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly description?: string
}

function settingsOf(schema: z.ZodType): readonly ConnectorSetting[] {
  // zod's own types of JSON Schema allow booleans in every place; it writes objects.
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const shape = schema instanceof z.ZodObject ? (schema.shape as Readonly<Record<string, z.ZodType>>) : {}
  return Object.entries(json.properties ?? {}).map(([key, value]) => ({
    key,
    type: typeText(value),
    required: json.required?.includes(key) === true,
    secret: shape[key] !== undefined && isSecret(shape[key]),
    ...(value.default === undefined ? {} : { default: value.default }),
    ...(value.description === undefined ? {} : { description: value.description }),
  }))
}

function typeText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' | ')
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`
  if (schema.properties !== undefined) return `{ ${Object.keys(schema.properties).join(', ')} }`
  return schema.type ?? 'any'
}

import { z } from 'zod'
import { type Connector, isSecret } from '../connectors/kit/index.ts'
import { REFERENCE_PATTERN } from '../connectors/references.ts'
import type { Registry } from '../connectors/registry.ts'
import { SOURCE_NAME } from './lookup.ts'

/** The form of a schedule; whether its hours and zones exist, the parser tells. */
const SCHEDULE =
  /^(?:none|manual|off|never|@?every\s+\S[\s\S]*|@[a-z]+(?:\s[\s\S]*)?|[{[][\s\S]*|\S+(?:\s+\S+){4}(?:\s[\s\S]*)?)$/

/** References are read when a source is used, and only its config is read then: elsewhere they would stay as they are. */
const plain = z.string().regex(/^(?!\$\{)[\s\S]+$/, 'expected text that is not empty; references belong in config')

/** A source's settings that are the same for every connector; what is left out has its default. */
const entryFields = {
  connector: z.string().describe('The type of system.'),
  url: z.string().min(1).optional().describe('As `tidemark add` takes it; settings of `config` come on top.'),
  config: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("The connector's own settings, its filters among them."),
  schedule: z
    .string()
    .regex(SCHEDULE, 'expected "every 15m", "@daily", a cron line or "none"')
    .optional()
    .describe(
      '"every 15m", "@daily", "0 3 * * mon-fri in Europe/Berlin" or "none"; absent: the default of temporal.yaml.',
    ),
  labels: z.record(z.string().min(1), plain).optional().describe('Labels, by name.'),
  owners: z.array(plain).optional().describe('Who answers for it: people or teams.'),
  taskQueue: plain.optional().describe('The task queue of the workers that reach it.'),
  preview: z.boolean().optional().describe('Whether rows may be previewed; false when absent.'),
  budget: z
    .strictObject({
      requests: z.int().positive().optional().describe('Queries or API calls.'),
      bytes: z.int().positive().optional().describe('Bytes received.'),
      cost: z.number().positive().optional().describe('What the source charges, in its own unit: credits, money.'),
    })
    .optional()
    .describe('What a run may ask of the source at most; past it the run stops, with gaps that the next one fills.'),
  paused: z.boolean().optional().describe('Whether its schedule stands still; false when absent.'),
}

const entrySchema = z.strictObject(entryFields)

/** What tidemark.yaml may say, apart from the settings of each connector; unknown keys are refused. */
export const sourceFileSchema = z.strictObject({ sources: z.record(z.string(), entrySchema) })

/** A source as the file has it. */
export type SourceEntry = z.output<typeof entrySchema>

type JsonSchema = Record<string, unknown>

/** The JSON Schema of tidemark.yaml, made of the schemas that check it, for editors. */
export function buildSourceFileSchema(registry: Registry): JsonSchema {
  const entry = toJsonSchema(entrySchema)
  const properties = entry.properties as JsonSchema
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'tidemark.yaml',
    description: 'The sources of a Tidemark catalog, as `tidemark apply` reads them.',
    type: 'object',
    required: ['sources'],
    additionalProperties: false,
    properties: {
      sources: {
        type: 'object',
        description: 'The sources, by their names.',
        propertyNames: { pattern: SOURCE_NAME.source },
        additionalProperties: {
          ...entry,
          properties: { ...properties, connector: { ...(properties.connector as object), enum: registry.types } },
          allOf: registry.list().map(connectorRule),
        },
      },
    },
  }
}

/** With a URL, `config` need not be complete. */
function connectorRule(connector: Connector): JsonSchema {
  const { type } = connector.manifest
  const { required, allOf, anyOf, ...config } = toJsonSchema(connector.manifest.config, allowMore)
  const needed = { required: withoutSecrets(connector, required), allOf, anyOf }
  const whole = Object.fromEntries(Object.entries(needed).filter(([, value]) => value !== undefined))
  return {
    if: { properties: { connector: { const: type } }, required: ['connector'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
    then: {
      properties: { config },
      if: { required: ['url'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
      then: { properties: { url: urlSchema(connector) } },
      else: { required: ['config'], properties: { config: whole } },
    },
  }
}

function urlSchema({ manifest }: Connector): JsonSchema {
  if (manifest.acceptsPath !== undefined) return {}
  const schemes = `^(?:${manifest.urlSchemes.join('|')}):`
  return { anyOf: [{ pattern: schemes }, ...(hasUrlSetting(manifest.config) ? [{ pattern: REFERENCE_PATTERN }] : [])] }
}

/** Whether a URL may stay as it is: a reference in its place is read when it is used. */
export function hasUrlSetting(schema: z.ZodType): boolean {
  return schema instanceof z.ZodObject && 'url' in schema.shape
}

/** A secret that is stored already may be left out. */
function withoutSecrets({ manifest }: Connector, required: unknown): readonly string[] | undefined {
  const shape = manifest.config instanceof z.ZodObject ? (manifest.config.shape as Record<string, z.ZodType>) : {}
  const keys = ((required ?? []) as string[]).filter((key) => shape[key] === undefined || !isSecret(shape[key]))
  return keys.length === 0 ? undefined : keys
}

type Override = (zodSchema: z.core.$ZodType, jsonSchema: JsonSchema) => void

function toJsonSchema(schema: z.ZodType, override?: Override): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => override?.(zodSchema, jsonSchema as JsonSchema),
  }) as JsonSchema
  return rest
}

/** References stand for numbers and for texts of a certain form, too; and null takes a stored secret away. */
function allowMore(zodSchema: z.core.$ZodType, jsonSchema: JsonSchema): void {
  const { description, default: fallback, ...form } = jsonSchema
  const texts = ['pattern', 'maxLength', 'enum', 'format'].some((word) => word in form) && form.type === 'string'
  const wanted = form.type === 'number' || form.type === 'integer' || texts
  const nullable = isSecret(zodSchema)
  if (!wanted && !nullable) return
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
  Object.assign(jsonSchema, {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [
      form,
      ...(wanted ? [{ type: 'string', pattern: REFERENCE_PATTERN }] : []),
      ...(nullable ? [{ type: 'null' }] : []),
    ],
  })
}

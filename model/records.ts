import { z } from 'zod'
import { FIELD_TYPES } from './types.ts'

/**
 * What a connector says of one asset and of everything inside it. Records are plain JSON: they are stored whole as the
 * asset's version, and the same facts make the rows of `field`, `asset_constraint`, `asset_index`, `facet`,
 * `definition` and `lineage_edge`. Lists are in a stable order (fields by position, the rest by name), so that two
 * descriptions of an unchanged object are equal.
 */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

const json: z.ZodType<Json> = z.json()
const namePath = z.array(z.string()).min(1)
/** A word that queries may count by, never a value: `host_and_port`. */
const fixedWord = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/)
  .max(60)

/** Families within which names are unique, a fixed list: a table and a view share one, a table and a function do not. */
export const KIND_GROUPS = [
  'container',
  'relation',
  'routine',
  'procedure',
  'type',
  'sequence',
  'file',
  'report',
  'dataset',
  'job',
  'repository',
  'code',
  'message',
  'collation',
  'extension',
  'trigger',
  'publication',
  'subscription',
  'server',
  'wrapper',
  'storage',
  'principal',
  'other',
] as const
const kindGroup = z.enum(KIND_GROUPS)
export type KindGroup = z.infer<typeof kindGroup>

/** A pointer to an asset by name, in this source's namespace unless another is given. */
const assetRef = z.strictObject({
  /** An OpenLineage namespace such as `postgres://host:5432`; absent: the source's own. */
  namespace: z.string().optional(),
  group: kindGroup,
  path: namePath,
})
export type AssetRef = z.infer<typeof assetRef>

/**
 * How a value comes about: the value itself, an expression of it, an aggregate or a window over it; or what it only decides, by
 * joining, grouping, filtering, sorting or as a condition.
 */
const TRANSFORMATIONS = [
  'identity',
  'expression',
  'aggregate',
  'window',
  'join',
  'group_by',
  'filter',
  'sort',
  'conditional',
] as const

/** A field that another one is made from, or that decides its value. */
const fieldUpstreamRecord = assetRef.extend({
  /** The name path of the field: `['id']`; of a nested one all its steps. */
  field: namePath,
  transformation: z.enum(TRANSFORMATIONS).default('identity'),
  /** `direct`: the value flows; `indirect`: it only decides. By the transformation when absent; a window may be either. */
  influence: z.enum(['direct', 'indirect']).optional(),
  /** As the source writes it, where it is more than a field. */
  expression: z.string().optional(),
})
export type FieldUpstreamRecord = z.input<typeof fieldUpstreamRecord>

const fieldRecord = z.strictObject({
  /** The column's name; for a nested field its last step. */
  name: z.string(),
  /** All the steps of a nested field, outermost first; absent for a plain column. */
  path: namePath.optional(),
  /** 1-based place among the asset's fields, gap-free. */
  position: z.int().positive(),
  /** The type as the source writes it, with its modifiers: `numeric(10,2)`. */
  nativeType: z.string(),
  type: z.enum(FIELD_TYPES),
  nullable: z.boolean(),
  default: z.string().optional(),
  /** How the value comes about: `stored`, `virtual`, `identity always`, `identity by default`; absent when plain. */
  generated: z.string().optional(),
  comment: z.string().optional(),
  /** The source's immutable id of the column within its asset. */
  nativeId: z.string().optional(),
  properties: z.record(z.string(), json).optional(),
  /** What it is made from, where the source itself tells: fields of the same asset, or of one among the record's upstreams. */
  upstreams: z.array(fieldUpstreamRecord).optional(),
})
export type FieldRecord = z.input<typeof fieldRecord>

const constraintRecord = z.strictObject({
  name: z.string(),
  kind: z.enum(['primary key', 'unique', 'foreign key', 'check', 'exclusion', 'not null']),
  /** Columns in key order; empty for a table check without plain columns. */
  columns: z.array(z.string()),
  references: z.strictObject({ asset: assetRef, columns: z.array(z.string()) }).optional(),
  definition: z.string().optional(),
  /** Inferred constraints carry a confidence below 1. */
  origin: z.enum(['declared', 'inferred']).default('declared'),
  confidence: z.number().min(0).max(1).default(1),
  properties: z.record(z.string(), json).optional(),
})
export type ConstraintRecord = z.input<typeof constraintRecord>

const indexRecord = z.strictObject({
  name: z.string(),
  /** Key columns or expressions in order, as the source writes them. */
  columns: z.array(z.string()),
  unique: z.boolean(),
  primary: z.boolean(),
  definition: z.string().optional(),
  properties: z.record(z.string(), json).optional(),
})
export type IndexRecord = z.infer<typeof indexRecord>

/** What lives inside an asset besides fields and keys: a trigger, policy, rule, grant. Unique by kind and name. */
const facetRecord = z.strictObject({
  kind: z.string(),
  name: z.string(),
  body: z.record(z.string(), json),
})
export type FacetRecord = z.infer<typeof facetRecord>

const definitionRecord = z.strictObject({
  language: z.string(),
  text: z.string(),
})

/** Where a record's edges come from. Edges parsed from definitions and query logs are the lineage step's own. */
const RECORD_EDGE_ORIGINS = ['catalogue', 'bi', 'code'] as const
const upstreamRecord = assetRef.extend({
  origin: z.enum(RECORD_EDGE_ORIGINS),
  /** By which rule a name that the source tells was found to mean the asset. */
  matchedBy: fixedWord.optional(),
  /** The fields' upstreams tell every edge between the fields of the two: a field without one has no influence. */
  columnsKnown: z.boolean().optional(),
})
export type UpstreamRecord = z.infer<typeof upstreamRecord>

/** Lineage that the connector looked for and does not know, and why. */
const gapRecord = z.strictObject({
  /** A fixed word: `unmatched_connection`. */
  reason: fixedWord,
  message: z.string(),
  /** Fields of the asset that lack lineage for it. */
  columns: z.array(z.string()).optional(),
})
export type GapRecord = z.infer<typeof gapRecord>

export const assetRecord = z.strictObject({
  /** A kind that the manifest declares, such as `table`; it fixes the kind group. */
  kind: z.string(),
  path: namePath,
  /** The asset it lives in; it must be of the same namespace. */
  parent: assetRef.omit({ namespace: true }).optional(),
  /** The source's immutable id, unique within the source and kind group; a rename is recognised by it. */
  nativeId: z.string().optional(),
  owner: z.string().optional(),
  comment: z.string().optional(),
  url: z.string().optional(),
  properties: z.record(z.string(), json).optional(),
  fields: z.array(fieldRecord).optional(),
  constraints: z.array(constraintRecord).optional(),
  indexes: z.array(indexRecord).optional(),
  facets: z.array(facetRecord).optional(),
  definition: definitionRecord.optional(),
  upstreams: z.array(upstreamRecord).optional(),
  /** Fields that decide which rows the asset has, not what is in them: of its filters, joins, orders. */
  influences: z.array(fieldUpstreamRecord).optional(),
  gaps: z.array(gapRecord).max(100).optional(),
})
export type AssetRecord = z.input<typeof assetRecord>

import type { ExportedAsset, ExportedColumn, ExportedField } from '../../db/queries-openlineage.ts'

export type Facets = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** The versions of the facets written, at https://openlineage.io/spec/facets */
const VERSIONS = {
  ColumnLineageDatasetFacet: '1-2-0',
  DatasetTypeDatasetFacet: '1-0-1',
  DatasourceDatasetFacet: '1-0-1',
  DocumentationDatasetFacet: '1-1-0',
  DocumentationJobFacet: '1-1-0',
  JobTypeJobFacet: '2-0-4',
  OwnershipDatasetFacet: '1-0-1',
  OwnershipJobFacet: '1-0-1',
  SQLJobFacet: '1-1-0',
  SchemaDatasetFacet: '1-2-0',
} as const

const facet = (producer: string, name: keyof typeof VERSIONS, body: Readonly<Record<string, unknown>>) => ({
  _producer: producer,
  _schemaURL: `https://openlineage.io/spec/facets/${VERSIONS[name]}/${name}.json#/$defs/${name}`,
  ...body,
})

/** What is known of a dataset itself. */
export function datasetFacets(producer: string, asset: ExportedAsset): Facets {
  const { namespace, kind, comment, owners, fields } = asset
  const uri = toUri(namespace)
  return {
    ...(fields.length === 0
      ? {}
      : { schema: facet(producer, 'SchemaDatasetFacet', { fields: nest(fields.map((field) => ({ field }))) }) }),
    dataSource: facet(producer, 'DatasourceDatasetFacet', { name: namespace, ...(uri === undefined ? {} : { uri }) }),
    datasetType: facet(producer, 'DatasetTypeDatasetFacet', datasetType(kind)),
    ...(comment === null
      ? {}
      : { documentation: facet(producer, 'DocumentationDatasetFacet', { description: comment }) }),
    ...(owners.length === 0
      ? {}
      : { ownership: facet(producer, 'OwnershipDatasetFacet', { owners: owners.map((name) => ({ name })) }) }),
  }
}

/** What is known of something that moves data. */
export function jobFacets(producer: string, asset: ExportedAsset): Facets {
  const { kind, comment, owners, definition, language, connector, isDataset } = asset
  return {
    jobType: facet(producer, 'JobTypeJobFacet', {
      processingType: 'BATCH',
      integration: 'TIDEMARK',
      jobType: kind.toUpperCase(),
    }),
    ...(definition === null || !/sql/i.test(language ?? '')
      ? {}
      : {
          sql: facet(producer, 'SQLJobFacet', {
            query: definition,
            ...(connector === null ? {} : { dialect: connector }),
          }),
        }),
    // Of a view they stand with the dataset.
    ...(comment === null || isDataset
      ? {}
      : { documentation: facet(producer, 'DocumentationJobFacet', { description: comment }) }),
    ...(owners.length === 0 || isDataset
      ? {}
      : { ownership: facet(producer, 'OwnershipJobFacet', { owners: owners.map((name) => ({ name })) }) }),
  }
}

/** The statements of query logs that fill a dataset, together. */
export const logJobFacets = (producer: string): Facets => ({
  jobType: facet(producer, 'JobTypeJobFacet', { processingType: 'BATCH', integration: 'TIDEMARK', jobType: 'QUERY' }),
})

/** Where the columns of one output come from; nothing where none is known. */
export function columnFacets(producer: string, columns: readonly ExportedColumn[]): Facets {
  if (columns.length === 0) return {}
  const fields = Map.groupBy(
    columns.filter(({ field }) => field !== null),
    ({ field }) => field ?? '',
  )
  const rows = columns.filter(({ field }) => field === null)
  return {
    columnLineage: facet(producer, 'ColumnLineageDatasetFacet', {
      fields: Object.fromEntries([...fields].map(([field, list]) => [field, { inputFields: inputFields(list) }])),
      ...(rows.length === 0 ? {} : { dataset: inputFields(rows) }),
    }),
  }
}

/** Each column read once, with all the ways in which it is. */
function inputFields(columns: readonly ExportedColumn[]): readonly unknown[] {
  return [...Map.groupBy(columns, ({ input }) => JSON.stringify(input)).values()].map((reads) => ({
    namespace: reads[0]?.input.namespace,
    name: reads[0]?.input.name,
    field: reads[0]?.input.field,
    transformations: uniqueBy(
      reads.flatMap(({ subtypes, expression }) => subtypes.map((subtype) => transformation(subtype, expression))),
    ),
  }))
}

const DIRECT: ReadonlySet<string> = new Set(['IDENTITY', 'TRANSFORMATION', 'AGGREGATION'])
/** Functions after which nobody can tell what was there. */
const MASKING =
  /^\s*(count|md5|sha\d*|sha[12]_\w+|hash|xxhash\w*|murmur\w*|cityhash\w*|siphash\w*|farm_fingerprint|digest|crc32|mask\w*)\s*\(/i

function transformation(subtype: string, expression: string | null): Readonly<Record<string, unknown>> {
  const direct = DIRECT.has(subtype)
  return {
    type: direct ? 'DIRECT' : 'INDIRECT',
    subtype,
    description: expression ?? '',
    masking: direct && expression !== null && MASKING.test(expression),
  }
}

function uniqueBy<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

interface Placed {
  readonly field: ExportedField
}

/** Nested fields within those that hold them. */
function nest(placed: readonly Placed[], depth = 1): readonly unknown[] {
  return placed
    .filter(({ field }) => field.path.length === depth)
    .map(({ field }, index) => {
      const inner = placed.filter(
        (other) => other.field.path.length > depth && field.path.every((step, at) => other.field.path[at] === step),
      )
      return {
        name: field.path[depth - 1],
        type: field.nativeType,
        ...(field.comment === null ? {} : { description: field.comment }),
        ordinal_position: index + 1,
        ...(inner.length === 0 ? {} : { fields: nest(inner, depth + 1) }),
      }
    })
}

/** `materialized view` is a VIEW, MATERIALIZED. */
function datasetType(kind: string): Readonly<Record<string, unknown>> {
  const words = kind.toUpperCase().split(' ')
  const last = words.at(-1) ?? ''
  const subType = words.slice(0, -1).join(' ')
  if (!/^(TABLE|VIEW)$/.test(last) || subType === '') return { datasetType: kind.toUpperCase() }
  return { datasetType: last, subType }
}

/** A namespace such as `bigquery` is no URI. */
function toUri(namespace: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:/i.test(namespace) && URL.canParse(encodeURI(namespace)) ? encodeURI(namespace) : undefined
}

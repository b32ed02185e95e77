export { IngestError } from '../../model/errors.ts'
export { displayName, keyPath, type NamePath, nameKey } from '../../model/names.ts'
export type {
  AssetRecord,
  AssetRef,
  ConstraintRecord,
  FacetRecord,
  FieldRecord,
  FieldUpstreamRecord,
  GapRecord,
  IndexRecord,
  Json,
  UpstreamRecord,
} from '../../model/records.ts'
export { FIELD_TYPES, type FieldType } from '../../model/types.ts'
export * from './capabilities.ts'
export * from './classify.ts'
export * from './facts.ts'
export * from './filter.ts'
export * from './git/codeowners.ts'
export * from './git/files.ts'
export * from './git/sql-hints.ts'
export * from './git/tree.ts'
export * from './http.ts'
export * from './paging.ts'
export { compilePattern, type Pattern } from './pattern.ts'
export * from './protocol.ts'
export * from './records.ts'
export * from './redact.ts'
export { readAvroFields } from './schemas/avro.ts'
export { readDelimitedFields } from './schemas/delimited.ts'
export { asObject, asText, type JsonObject, type SchemaField, toFieldRecords } from './schemas/fields.ts'
export { readGraphqlFields } from './schemas/graphql.ts'
export { readJsonSchemaFields, readOpenApiFields } from './schemas/json-schema.ts'
export { readProtobufFields } from './schemas/protobuf.ts'
export * from './secrets.ts'
export * from './server-url.ts'
export * from './sql.ts'
export * from './sql-texts.ts'
export * from './tunnel.ts'
export * from './warehouses.ts'
export * from './webhook.ts'

import type { FieldType } from '../kit/index.ts'

/** Of a field: https://help.tableau.com/current/api/metadata_api/en-us/reference/fielddatatype.doc.html */
const DATA_TYPES: Readonly<Record<string, FieldType>> = {
  INTEGER: 'integer',
  REAL: 'float',
  STRING: 'string',
  DATETIME: 'timestamp',
  DATE: 'date',
  BOOLEAN: 'boolean',
  SPATIAL: 'geometry',
  TUPLE: 'struct',
  TABLE: 'struct',
}

/** Of a column: OLE DB's names, and those of web data connectors (`WDC_`). */
const REMOTE_TYPES: Readonly<Record<string, FieldType>> = {
  I1: 'integer',
  I2: 'integer',
  I4: 'integer',
  I8: 'integer',
  UI1: 'integer',
  UI2: 'integer',
  UI4: 'integer',
  UI8: 'integer',
  R4: 'float',
  R8: 'float',
  CY: 'decimal',
  DECIMAL: 'decimal',
  NUMERIC: 'decimal',
  VARNUMERIC: 'decimal',
  BOOL: 'boolean',
  STR: 'string',
  WSTR: 'string',
  BSTR: 'string',
  GUID: 'uuid',
  BYTES: 'binary',
  DATE: 'date',
  DBDATE: 'date',
  DBTIME: 'time',
  DBTIMESTAMP: 'timestamp',
  FILETIME: 'timestamp',
  WDC_INT: 'integer',
  WDC_FLOAT: 'float',
  WDC_STRING: 'string',
  WDC_DATETIME: 'timestamp',
  WDC_DATE: 'date',
  WDC_BOOL: 'boolean',
  WDC_GEOMETRY: 'geometry',
}

export const fieldType = (dataType: string): FieldType => DATA_TYPES[dataType] ?? 'unknown'
export const columnType = (remoteType: string): FieldType => REMOTE_TYPES[remoteType] ?? 'unknown'

/** What a field is, by its type in the Metadata API: `CalculatedField` is a `calculated` one. */
export function fieldKind(typename: string): string {
  return typename
    .replace(/Field$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
}

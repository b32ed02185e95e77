import type { FieldType } from '../kit/index.ts'

/** By DATA_TYPE: https://dev.mysql.com/doc/refman/9.4/en/data-types.html, https://mariadb.com/kb/en/data-types/ */
const BY_NAME: Readonly<Record<string, FieldType>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  decimal: 'decimal',
  float: 'float',
  double: 'float',
  bit: 'binary',
  char: 'string',
  varchar: 'string',
  tinytext: 'string',
  text: 'string',
  mediumtext: 'string',
  longtext: 'string',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  timestamp: 'timestamp',
  json: 'json',
  enum: 'enum',
  set: 'array',
  uuid: 'uuid',
  inet4: 'network',
  inet6: 'network',
  vector: 'vector',
  xmltype: 'xml',
  geometry: 'geometry',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  multilinestring: 'geometry',
  multipolygon: 'geometry',
  geometrycollection: 'geometry',
  geomcollection: 'geometry',
}

/** The normalised type; `tinyint(1)` is what BOOLEAN stands for, and `bit` of one bit what others make of it. */
export function fieldType(dataType: string, columnType: string): FieldType {
  if (/^(tinyint|bit)\(1\)/i.test(columnType)) return 'boolean'
  return BY_NAME[dataType.toLowerCase()] ?? 'unknown'
}

const TEXT_TYPES = /^(char|varchar|(tiny|medium|long)?text|enum|set|date|time|datetime|timestamp|json|uuid|inet[46])$/i

/** Whether a literal of the type is written between quotes. */
export function isQuoted(dataType: string): boolean {
  return TEXT_TYPES.test(dataType)
}

/** The labels of `enum('a','b''c')` or `set(…)`; undefined for another type. */
export function labelsOf(columnType: string): string[] | undefined {
  const list = /^(?:enum|set)\(([\s\S]*)\)/i.exec(columnType)?.[1]
  if (list === undefined) return undefined
  return [...list.matchAll(/'((?:[^'\\]|''|\\[\s\S])*)'/g)].map(([, label = '']) =>
    label.replaceAll("''", "'").replaceAll(/\\([\s\S])/g, '$1'),
  )
}

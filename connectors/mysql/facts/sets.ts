/** Columns of the tables of information_schema, by the table's name, both in capitals: what a server can be asked. */
export interface Catalogue {
  readonly tables: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Facts of one sort: the rows of a table of information_schema (or a join of two) that tell something of an object. The
 * same description makes the statement that reads them and the one that stamps them, so that both speak of the same.
 * https://dev.mysql.com/doc/refman/8.4/en/information-schema.html, https://mariadb.com/kb/en/information-schema-tables/
 */
export interface FactSet {
  /** By the letters that its columns are written with: `t` in `t.TABLE_NAME`. */
  readonly tables: Readonly<Record<string, string>>
  readonly join?: string
  readonly database: string
  /** The name of the object that a row tells of. */
  readonly object: string
  /** By the name they get; one that the server does not have is null. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns that may hold long texts. */
  readonly long?: readonly string[]
  readonly where?: string
  /** Read with its whole database: it may tell of objects that are not there. */
  readonly whole?: boolean
}

const TABLE_TYPES = "t.TABLE_TYPE in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED', 'SEQUENCE')"
const ofTables = (table: string) => ({ tables: { t: table }, database: 't.TABLE_SCHEMA', object: 't.TABLE_NAME' })
const named = (list: string) =>
  Object.fromEntries(list.split(/\s+/).map((word) => [camelCase(word.slice(word.indexOf('.') + 1)), word]))

function camelCase(column: string): string {
  return column.toLowerCase().replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

const relation: FactSet = {
  ...ofTables('TABLES'),
  columns: named('t.TABLE_TYPE t.ENGINE t.ROW_FORMAT t.TABLE_COLLATION t.CREATE_OPTIONS t.TABLE_COMMENT'),
  where: TABLE_TYPES,
}
const column: FactSet = {
  ...ofTables('COLUMNS'),
  columns: named(`t.COLUMN_NAME t.ORDINAL_POSITION t.COLUMN_DEFAULT t.IS_NULLABLE t.DATA_TYPE t.COLUMN_TYPE
    t.CHARACTER_SET_NAME t.COLLATION_NAME t.EXTRA t.COLUMN_COMMENT t.GENERATION_EXPRESSION t.SRS_ID`),
  // Labels of an enum are part of the type.
  long: ['columnType', 'columnDefault', 'generationExpression'],
}
const index: FactSet = {
  ...ofTables('STATISTICS'),
  columns:
    named(`t.INDEX_NAME t.SEQ_IN_INDEX t.NON_UNIQUE t.COLUMN_NAME t.EXPRESSION t.SUB_PART t.COLLATION t.INDEX_TYPE
    t.INDEX_COMMENT t.IS_VISIBLE t.IGNORED`),
  long: ['expression'],
}
const foreignKey: FactSet = {
  ...ofTables('KEY_COLUMN_USAGE'),
  columns: named(`t.CONSTRAINT_NAME t.ORDINAL_POSITION t.COLUMN_NAME t.REFERENCED_TABLE_SCHEMA t.REFERENCED_TABLE_NAME
    t.REFERENCED_COLUMN_NAME`),
  where: 't.REFERENCED_TABLE_NAME is not null',
}
const foreignKeyRule: FactSet = {
  ...ofTables('REFERENTIAL_CONSTRAINTS'),
  database: 't.CONSTRAINT_SCHEMA',
  columns: named('t.CONSTRAINT_NAME t.MATCH_OPTION t.UPDATE_RULE t.DELETE_RULE'),
}
/** MySQL's names of checks are unique in their database, and tell no table. */
const check: FactSet = {
  tables: { t: 'TABLE_CONSTRAINTS', c: 'CHECK_CONSTRAINTS' },
  join: 'c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA and c.CONSTRAINT_NAME = t.CONSTRAINT_NAME',
  database: 't.TABLE_SCHEMA',
  object: 't.TABLE_NAME',
  columns: named('t.CONSTRAINT_NAME c.CHECK_CLAUSE t.ENFORCED'),
  long: ['checkClause'],
  where: "t.CONSTRAINT_TYPE = 'CHECK'",
}
/** MariaDB's are unique in their table, and those of columns have the columns' names. */
const ownCheck: FactSet = {
  ...ofTables('CHECK_CONSTRAINTS'),
  database: 't.CONSTRAINT_SCHEMA',
  columns: named('t.CONSTRAINT_NAME t.CHECK_CLAUSE t.LEVEL'),
  long: ['checkClause'],
}
const view: FactSet = {
  ...ofTables('VIEWS'),
  columns: named('t.VIEW_DEFINITION t.CHECK_OPTION t.IS_UPDATABLE t.DEFINER t.SECURITY_TYPE t.ALGORITHM'),
  long: ['viewDefinition'],
}
const viewTable: FactSet = {
  tables: { t: 'VIEW_TABLE_USAGE' },
  database: 't.VIEW_SCHEMA',
  object: 't.VIEW_NAME',
  columns: named('t.TABLE_SCHEMA t.TABLE_NAME'),
}
const viewRoutine: FactSet = { ...ofTables('VIEW_ROUTINE_USAGE'), columns: named('t.SPECIFIC_SCHEMA t.SPECIFIC_NAME') }
const trigger: FactSet = {
  tables: { t: 'TRIGGERS' },
  database: 't.EVENT_OBJECT_SCHEMA',
  object: 't.EVENT_OBJECT_TABLE',
  columns: named(`t.TRIGGER_NAME t.EVENT_MANIPULATION t.ACTION_TIMING t.ACTION_ORDER t.ACTION_STATEMENT t.DEFINER
    t.SQL_MODE`),
  long: ['actionStatement'],
}
const partition: FactSet = {
  ...ofTables('PARTITIONS'),
  columns: named(`t.PARTITION_NAME t.SUBPARTITION_NAME t.PARTITION_ORDINAL_POSITION t.SUBPARTITION_ORDINAL_POSITION
    t.PARTITION_METHOD t.SUBPARTITION_METHOD t.PARTITION_EXPRESSION t.SUBPARTITION_EXPRESSION t.PARTITION_DESCRIPTION
    t.PARTITION_COMMENT t.TABLESPACE_NAME`),
  long: ['partitionDescription', 'partitionExpression', 'subpartitionExpression'],
  where: 't.PARTITION_NAME is not null',
}
const sequence: FactSet = {
  tables: { t: 'SEQUENCES' },
  database: 't.SEQUENCE_SCHEMA',
  object: 't.SEQUENCE_NAME',
  columns: named('t.DATA_TYPE t.START_VALUE t.MINIMUM_VALUE t.MAXIMUM_VALUE t.INCREMENT t.CYCLE_OPTION'),
  long: ['startValue', 'minimumValue', 'maximumValue', 'increment'],
}
const tableGrant: FactSet = {
  ...ofTables('TABLE_PRIVILEGES'),
  columns: named('t.GRANTEE t.PRIVILEGE_TYPE t.IS_GRANTABLE'),
  whole: true,
}
const columnGrant: FactSet = {
  ...ofTables('COLUMN_PRIVILEGES'),
  columns: named('t.COLUMN_NAME t.GRANTEE t.PRIVILEGE_TYPE t.IS_GRANTABLE'),
  whole: true,
}
const schema: FactSet = {
  tables: { t: 'SCHEMATA' },
  database: 't.SCHEMA_NAME',
  object: "''",
  columns: named('t.DEFAULT_CHARACTER_SET_NAME t.DEFAULT_COLLATION_NAME t.DEFAULT_ENCRYPTION t.SCHEMA_COMMENT'),
  whole: true,
}
const routine: FactSet = {
  tables: { t: 'ROUTINES' },
  database: 't.ROUTINE_SCHEMA',
  object: 't.ROUTINE_NAME',
  columns: named(`t.ROUTINE_TYPE t.DTD_IDENTIFIER t.CHARACTER_SET_NAME t.ROUTINE_BODY t.ROUTINE_DEFINITION
    t.EXTERNAL_LANGUAGE t.IS_DETERMINISTIC t.SQL_DATA_ACCESS t.SECURITY_TYPE t.SQL_MODE t.ROUTINE_COMMENT t.DEFINER`),
  long: ['routineDefinition', 'dtdIdentifier'],
}
const parameter: FactSet = {
  tables: { t: 'PARAMETERS' },
  database: 't.SPECIFIC_SCHEMA',
  object: 't.SPECIFIC_NAME',
  columns: named('t.ROUTINE_TYPE t.ORDINAL_POSITION t.PARAMETER_MODE t.PARAMETER_NAME t.DTD_IDENTIFIER'),
  long: ['dtdIdentifier'],
}
const event: FactSet = {
  tables: { t: 'EVENTS' },
  database: 't.EVENT_SCHEMA',
  object: 't.EVENT_NAME',
  columns: named(`t.DEFINER t.TIME_ZONE t.EVENT_DEFINITION t.EVENT_TYPE t.EXECUTE_AT t.INTERVAL_VALUE t.INTERVAL_FIELD
    t.SQL_MODE t.STARTS t.ENDS t.STATUS t.ON_COMPLETION t.EVENT_COMMENT`),
  long: ['eventDefinition', 'executeAt', 'starts', 'ends', 'intervalValue'],
}
const library: FactSet = {
  tables: { t: 'LIBRARIES' },
  database: 't.LIBRARY_SCHEMA',
  object: 't.LIBRARY_NAME',
  columns: named('t.LIBRARY_DEFINITION t.LANGUAGE t.LIBRARY_COMMENT t.CREATOR'),
  long: ['libraryDefinition'],
}

/** Every sort of facts, by the word that records ask for it with; `ownCheck` is MariaDB's of `check`. */
const SETS = {
  relation,
  column,
  index,
  foreignKey,
  foreignKeyRule,
  check,
  view,
  viewTable,
  viewRoutine,
  trigger,
  partition,
  sequence,
  tableGrant,
  columnGrant,
  schema,
  routine,
  parameter,
  event,
  library,
} as const
export type FactName = keyof typeof SETS

/** The set as this server has it; undefined where it has no such facts. */
export function factSet(name: FactName, { tables }: Catalogue): FactSet | undefined {
  const own = name === 'check' && tables.get('CHECK_CONSTRAINTS')?.has('TABLE_NAME') ? ownCheck : SETS[name]
  return Object.values(own.tables).every((table) => tables.has(table)) ? own : undefined
}

export const FACT_NAMES = Object.keys(SETS) as readonly FactName[]
export const INFORMATION_SCHEMA_TABLES: readonly string[] = [
  ...new Set([...Object.values(SETS).flatMap(({ tables }) => Object.values(tables)), 'SCHEMA_PRIVILEGES']),
]

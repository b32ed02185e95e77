import { literal } from '../../../connectors/snowflake/shows.ts'
import type { Fakesnow } from './fakesnow.ts'

/** The views of ACCOUNT_USAGE that the history is read from, as tables with the columns that are documented. */
const VIEWS = [
  'create database if not exists SNOWFLAKE',
  'use database SNOWFLAKE',
  'create schema if not exists ACCOUNT_USAGE',
  'use schema ACCOUNT_USAGE',
  `create or replace table ACCESS_HISTORY (QUERY_ID varchar, QUERY_START_TIME timestamp_ltz, USER_NAME varchar,
    DIRECT_OBJECTS_ACCESSED variant, BASE_OBJECTS_ACCESSED variant, OBJECTS_MODIFIED variant)`,
  `create or replace table QUERY_HISTORY (QUERY_ID varchar, QUERY_TEXT varchar, DATABASE_NAME varchar, QUERY_TYPE varchar, USER_NAME varchar,
    QUERY_TAG varchar, EXECUTION_STATUS varchar, START_TIME timestamp_ltz, END_TIME timestamp_ltz, TOTAL_ELAPSED_TIME number)`,
  'create or replace table TABLES (TABLE_ID number, TABLE_CATALOG varchar, TABLE_TYPE varchar, DELETED timestamp_ltz)',
  `create or replace table COPY_HISTORY (STAGE_LOCATION varchar, LAST_LOAD_TIME timestamp_ltz, STATUS varchar, TABLE_CATALOG_NAME varchar,
    TABLE_SCHEMA_NAME varchar, TABLE_NAME varchar, PIPE_CATALOG_NAME varchar, PIPE_SCHEMA_NAME varchar, PIPE_NAME varchar)`,
  `create or replace table STAGES (STAGE_CATALOG varchar, STAGE_SCHEMA varchar, STAGE_NAME varchar, STAGE_URL varchar, DELETED timestamp_ltz)`,
  `create or replace table OBJECT_DEPENDENCIES (REFERENCED_DATABASE varchar, REFERENCED_SCHEMA varchar, REFERENCED_OBJECT_NAME varchar,
    REFERENCED_OBJECT_DOMAIN varchar, REFERENCING_DATABASE varchar, REFERENCING_SCHEMA varchar, REFERENCING_OBJECT_NAME varchar,
    REFERENCING_OBJECT_DOMAIN varchar)`,
]

interface Access {
  readonly id: string
  readonly tag?: string
  readonly status?: string
  readonly reads: readonly object[]
  readonly writes?: readonly object[]
}

const object = (objectName: string, more: object = {}) => ({ objectName, objectDomain: 'Table', objectId: 1, ...more })
const column = (columnName: string, ...directSources: readonly object[]) => ({ columnName, columnId: 1, directSources })
const from = (name: string, columnName: string) => object(name, { columnName })

const ORDERS = 'SHOP.APP.ORDERS'
const [LIVE, TEMPORARY, DROPPED, ELSEWHERE] = [2, 3, 4, 5]

/** What the shop's statements read and wrote. https://docs.snowflake.com/en/sql-reference/account-usage/access_history */
const ACCESSES: readonly Access[] = [
  {
    id: 'two-columns',
    reads: [object(ORDERS), object('PARTNER.PUBLIC.ORDERS', { objectDomain: 'View' })],
    writes: [
      object('SHOP.APP.DAILY', {
        objectId: LIVE,
        columns: [
          column('TOTAL', from(ORDERS, 'AMOUNT'), from('PARTNER.PUBLIC.ORDERS', 'AMOUNT')),
          column('DAY', from(ORDERS, 'PLACED_AT')),
          column('MADE_AT'),
        ],
      }),
    ],
  },
  { id: 'again', reads: [object(ORDERS), object('SHOP.APP.NET', { objectDomain: 'Function' })] },
  {
    id: 'no-columns',
    reads: [object(ORDERS)],
    writes: [object('SHOP.APP."daily ""x"""', { objectId: LIVE, columns: [] })],
  },
  ...[TEMPORARY, DROPPED, ELSEWHERE].map((objectId) => ({
    id: `table ${objectId}`,
    reads: [],
    writes: [object('SHOP.APP.GONE', { objectId, columns: [column('A', from(ORDERS, 'AMOUNT'))] })],
  })),
  { id: 'failed', status: 'FAIL', reads: [], writes: [object('SHOP.APP.FAILED', { objectId: LIVE, columns: [] })] },
  { id: 'ours', tag: 'tidemark', reads: [], writes: [object('SHOP.APP.OURS', { objectId: LIVE, columns: [] })] },
]

const json = (value: unknown) => `parse_json(${literal(JSON.stringify(value))})`
const values = (...list: readonly (string | number | null)[]) =>
  list.map((value) => (typeof value === 'string' ? literal(value) : String(value))).join(', ')

function accessRows({ id, tag = '', status = 'SUCCESS', reads, writes = [] }: Access): string[] {
  const query = `${values(id, `INSERT ${id}`, 'SHOP', writes.length > 0 ? 'INSERT' : 'SELECT', 'ETL', tag, status)}`
  return [
    `insert into ACCESS_HISTORY select ${values(id)}, current_timestamp(), 'ETL', ${json(reads)}, ${json(reads)}, ${json(writes)}`,
    `insert into QUERY_HISTORY select ${query}, current_timestamp(), current_timestamp(), 12`,
  ]
}

/** Makes the history of a shop in fakesnow, for the very statements of the connector to run on. */
export async function recordHistory({ run }: Fakesnow): Promise<void> {
  const statements = [
    ...VIEWS,
    ...ACCESSES.flatMap(accessRows),
    `insert into TABLES values (${LIVE}, 'SHOP', 'BASE TABLE', null), (${TEMPORARY}, 'SHOP', 'TEMPORARY TABLE', null)`,
    `insert into TABLES select ${DROPPED}, 'SHOP', 'BASE TABLE', current_timestamp()`,
    `insert into TABLES values (${ELSEWHERE}, 'PARTNER', 'BASE TABLE', null)`,
    `insert into STAGES values ('SHOP', 'APP', 'INBOX', 's3://acme/in/', null), ('SHOP', 'APP', 'NAMED', '', null)`,
    ...[
      ['s3://acme/in/a.csv', 'Loaded', 'ORDERS', null],
      ['s3://acme/in/b.csv', 'Partially loaded', 'ORDERS', 'INTAKE'],
      ['s3://acme/in/c.csv', 'Load failed', 'BROKEN', null],
    ].map(
      ([location = '', status = '', table = '', pipe]) =>
        `insert into COPY_HISTORY select ${values(location)}, current_timestamp(), ${values(status, 'SHOP', 'APP', table)},
           ${pipe === null ? 'null, null, null' : values('SHOP', 'APP', pipe ?? '')}`,
    ),
    `insert into OBJECT_DEPENDENCIES values (${values('PARTNER', 'PUBLIC', 'ORDERS', 'TABLE', 'SHOP', 'APP', 'a "b".c', 'VIEW')})`,
  ]
  for (const statement of statements) await run(statement)
}

import type { SQLInputValue } from 'node:sqlite'
import { type Account, shownTable } from './account.ts'

type Values = Readonly<Record<string, SQLInputValue>>

export interface Column {
  readonly name: string
  /** As INFORMATION_SCHEMA has it: NUMBER, TEXT, VARIANT … */
  readonly type?: string
  readonly more?: Values
}

export interface TableOptions {
  readonly type?: string
  readonly columns?: readonly Column[]
  readonly more?: Values
  /** Text of a view; hidden in INFORMATION_SCHEMA from a role that does not own it. */
  readonly text?: string
  readonly owned?: boolean
}

/** What people do to an account, as it shows in its catalogue. */
export class Scene {
  readonly account: Account
  #ids = 1000

  constructor(account: Account) {
    this.account = account
  }

  database(name: string, more: Values = {}): void {
    this.#show('DATABASES', {
      name,
      owner: 'ACCOUNTADMIN',
      comment: '',
      origin: '',
      options: '',
      retention_time: '1',
      kind: 'STANDARD',
      ...more,
    })
    this.schema(name, 'PUBLIC')
  }

  schema(database: string, name: string, more: Values = {}): void {
    const row = {
      SCHEMA_OWNER: 'SYSADMIN',
      IS_TRANSIENT: 'NO',
      IS_MANAGED_ACCESS: 'NO',
      RETENTION_TIME: 1,
      COMMENT: null,
      SCHEMA_ID: this.#id(),
      DELETED: null,
    }
    this.account.insert('all_SCHEMATA', { CATALOG_NAME: database, SCHEMA_NAME: name, PLACE: '', ...row, ...more })
    this.#show('SCHEMAS', { name, database_name: database, dropped_on: null })
  }

  dropSchema(database: string, name: string): void {
    this.account.run(
      'update all_SCHEMATA set DELETED = ? where CATALOG_NAME = ? and SCHEMA_NAME = ? and DELETED is null',
      this.account.tick(),
      database,
      name,
    )
    this.account.run(
      'update show_schemas set dropped_on = ? where database_name = ? and name = ?',
      this.account.tick(),
      database,
      name,
    )
    const names = this.account.database
      .prepare(
        'select TABLE_NAME as name from all_TABLES where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and DELETED is null',
      )
      .all(database, name)
    for (const row of names) this.drop(database, name, String(row.name))
  }

  table(database: string, schema: string, name: string, options: TableOptions = {}): void {
    const { type = 'BASE TABLE', columns = [{ name: 'ID', type: 'NUMBER' }], more = {}, text, owned = true } = options
    const now = this.account.tick()
    const isView = type.includes('VIEW')
    this.account.insert('all_TABLES', {
      TABLE_CATALOG: database,
      TABLE_SCHEMA: schema,
      TABLE_NAME: name,
      TABLE_TYPE: type,
      TABLE_OWNER: 'SYSADMIN',
      IS_TRANSIENT: isView ? null : 'NO',
      CLUSTERING_KEY: null,
      ROW_COUNT: isView ? null : 0,
      BYTES: isView ? null : 0,
      RETENTION_TIME: isView ? null : 1,
      COMMENT: null,
      IS_ICEBERG: 'NO',
      IS_DYNAMIC: 'NO',
      IS_HYBRID: 'NO',
      CREATED: now,
      LAST_DDL: now,
      TABLE_ID: this.#id(),
      DELETED: null,
      ...more,
    })
    for (const column of columns) this.column(database, schema, name, column)
    if (type === 'VIEW') {
      this.account.insert('all_VIEWS', {
        TABLE_CATALOG: database,
        TABLE_SCHEMA: schema,
        TABLE_NAME: name,
        VIEW_DEFINITION: owned ? (text ?? '') : null,
        IS_SECURE: 'NO',
        DELETED: null,
      })
      this.#show('VIEWS', {
        name,
        database_name: database,
        schema_name: schema,
        owner: 'SYSADMIN',
        comment: '',
        text: text ?? '',
        is_secure: 'false',
        is_materialized: 'false',
      })
    }
  }

  /** Adds a column, at the end; the table's time of DDL is moved by `alter`. */
  column(database: string, schema: string, table: string, { name, type = 'TEXT', more = {} }: Column): void {
    const [count] = this.account.database
      .prepare(
        'select coalesce(max(ORDINAL_POSITION), 0) as last from all_COLUMNS where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null',
      )
      .all(database, schema, table) as { last: number }[]
    this.account.insert('all_COLUMNS', {
      TABLE_CATALOG: database,
      TABLE_SCHEMA: schema,
      TABLE_NAME: table,
      COLUMN_NAME: name,
      ORDINAL_POSITION: (count?.last ?? 0) + 1,
      COLUMN_DEFAULT: null,
      IS_NULLABLE: 'YES',
      DATA_TYPE: type,
      CHARACTER_MAXIMUM_LENGTH: type === 'TEXT' ? 16_777_216 : null,
      NUMERIC_PRECISION: type === 'NUMBER' ? 38 : null,
      NUMERIC_SCALE: type === 'NUMBER' ? 0 : null,
      COLLATION_NAME: null,
      IS_IDENTITY: 'NO',
      COMMENT: null,
      DTD_IDENTIFIER: null,
      DELETED: null,
      ...more,
    })
  }

  /** Changes columns of a row of TABLES, and moves its time of DDL. */
  alter(database: string, schema: string, table: string, values: Values = {}): void {
    const set = Object.keys({ ...values, LAST_DDL: '' })
      .map((name) => `"${name}" = ?`)
      .join(', ')
    this.account.run(
      `update all_TABLES set ${set} where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null`,
      ...Object.values({ ...values, LAST_DDL: this.account.tick() }),
      database,
      schema,
      table,
    )
  }

  addColumn(database: string, schema: string, table: string, column: Column): void {
    this.column(database, schema, table, column)
    this.alter(database, schema, table)
  }

  renameColumn(database: string, schema: string, table: string, from: string, to: string): void {
    this.account.run(
      'update all_COLUMNS set COLUMN_NAME = ? where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and COLUMN_NAME = ?',
      to,
      database,
      schema,
      table,
      from,
    )
    this.alter(database, schema, table)
  }

  dropColumn(database: string, schema: string, table: string, name: string): void {
    this.account.run(
      'delete from all_COLUMNS where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and COLUMN_NAME = ?',
      database,
      schema,
      table,
      name,
    )
    this.alter(database, schema, table)
  }

  /** Rows in a table: data, so that its time of DDL stands still. */
  load(database: string, schema: string, table: string, rows: number): void {
    this.account.run(
      'update all_TABLES set ROW_COUNT = ?, BYTES = ? where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null',
      rows,
      rows * 100,
      database,
      schema,
      table,
    )
  }

  rename(database: string, schema: string, from: string, to: string, toSchema = schema): void {
    for (const view of ['COLUMNS', 'VIEWS', 'EXTERNAL_TABLES', 'TABLES']) {
      this.account.run(
        `update all_${view} set TABLE_SCHEMA = ?, TABLE_NAME = ? where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null`,
        toSchema,
        to,
        database,
        schema,
        from,
      )
    }
    this.account.run(
      'update all_OBJECT_PRIVILEGES set OBJECT_SCHEMA = ?, OBJECT_NAME = ? where OBJECT_CATALOG = ? and OBJECT_SCHEMA = ? and OBJECT_NAME = ?',
      toSchema,
      to,
      database,
      schema,
      from,
    )
    this.account.run(
      'update show_views set schema_name = ?, name = ? where database_name = ? and schema_name = ? and name = ?',
      toSchema,
      to,
      database,
      schema,
      from,
    )
    for (const keys of ['show_primary_keys', 'show_unique_keys']) {
      this.account.run(
        `update ${keys} set schema_name = ?, table_name = ? where database_name = ? and schema_name = ? and table_name = ?`,
        toSchema,
        to,
        database,
        schema,
        from,
      )
    }
    for (const side of ['fk', 'pk']) {
      this.account.run(
        `update show_imported_keys set ${side}_schema_name = ?, ${side}_table_name = ? where ${side}_database_name = ? and ${side}_schema_name = ? and ${side}_table_name = ?`,
        toSchema,
        to,
        database,
        schema,
        from,
      )
    }
    this.alter(database, toSchema, to)
  }

  drop(database: string, schema: string, name: string): void {
    const now = this.account.tick()
    for (const view of ['COLUMNS', 'VIEWS', 'EXTERNAL_TABLES', 'TABLES']) {
      this.account.run(
        `update all_${view} set DELETED = ? where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null`,
        now,
        database,
        schema,
        name,
      )
    }
    this.account.run(
      'update all_OBJECT_PRIVILEGES set DELETED = ? where OBJECT_CATALOG = ? and OBJECT_SCHEMA = ? and OBJECT_NAME = ?',
      now,
      database,
      schema,
      name,
    )
    this.account.run(
      'delete from show_views where database_name = ? and schema_name = ? and name = ?',
      database,
      schema,
      name,
    )
    this.account.run(
      'delete from show_primary_keys where database_name = ? and schema_name = ? and table_name = ?',
      database,
      schema,
      name,
    )
    this.account.run(
      'delete from show_unique_keys where database_name = ? and schema_name = ? and table_name = ?',
      database,
      schema,
      name,
    )
    this.account.run(
      'delete from show_imported_keys where (fk_database_name = ? and fk_schema_name = ? and fk_table_name = ?) or (pk_database_name = ? and pk_schema_name = ? and pk_table_name = ?)',
      database,
      schema,
      name,
      database,
      schema,
      name,
    )
  }

  /** CREATE OR REPLACE VIEW. */
  replaceView(database: string, schema: string, name: string, text: string): void {
    this.account.run(
      'update all_VIEWS set VIEW_DEFINITION = case when VIEW_DEFINITION is null then null else ? end where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null',
      text,
      database,
      schema,
      name,
    )
    this.account.run(
      'update show_views set text = ? where database_name = ? and schema_name = ? and name = ?',
      text,
      database,
      schema,
      name,
    )
    this.alter(database, schema, name, { TABLE_ID: this.#id() })
  }

  primaryKey(database: string, schema: string, table: string, columns: readonly string[], kind = 'PRIMARY KEYS'): void {
    for (const [index, column] of columns.entries()) {
      this.#show(kind, {
        database_name: database,
        schema_name: schema,
        table_name: table,
        column_name: column,
        key_sequence: index + 1,
        constraint_name: `SYS_CONSTRAINT_${kind[0]}_${table}`,
        rely: 'false',
        comment: null,
      })
    }
    this.alter(database, schema, table)
  }

  foreignKey(
    database: string,
    schema: string,
    table: string,
    column: string,
    to: readonly [string, string, string],
  ): void {
    const [toSchema, toTable, toColumn] = to
    this.#show('IMPORTED KEYS', {
      pk_database_name: database,
      pk_schema_name: toSchema,
      pk_table_name: toTable,
      pk_column_name: toColumn,
      fk_database_name: database,
      fk_schema_name: schema,
      fk_table_name: table,
      fk_column_name: column,
      key_sequence: 1,
      update_rule: 'NO ACTION',
      delete_rule: 'NO ACTION',
      fk_name: `FK_${table}_${column}`,
      pk_name: null,
      deferrability: 'NOT DEFERRABLE',
      rely: 'false',
      comment: null,
    })
    this.alter(database, schema, table)
  }

  grant(privilege: string, type: string, place: readonly (string | null)[], grantee: string): void {
    const [database = null, schema = null, name = null] = place
    this.account.insert('all_OBJECT_PRIVILEGES', {
      OBJECT_CATALOG: database,
      OBJECT_SCHEMA: schema,
      OBJECT_NAME: name,
      OBJECT_TYPE: type,
      GRANTEE: grantee,
      GRANTED_TO: 'ROLE',
      PRIVILEGE_TYPE: privilege,
      IS_GRANTABLE: 'NO',
      DELETED: null,
    })
  }

  revoke(privilege: string, place: readonly string[], grantee: string): void {
    this.account.run(
      'update all_OBJECT_PRIVILEGES set DELETED = ? where OBJECT_CATALOG = ? and OBJECT_SCHEMA = ? and OBJECT_NAME = ? and PRIVILEGE_TYPE = ? and GRANTEE = ?',
      this.account.tick(),
      ...(place as [string, string, string]),
      privilege,
      grantee,
    )
  }

  tag(place: readonly [string, string, string], tag: string, value: string, column: string | null = null): void {
    const [database, schema, name] = place
    this.account.insert('usage_TAG_REFERENCES', {
      OBJECT_DATABASE: database,
      OBJECT_SCHEMA: schema,
      OBJECT_NAME: name,
      DOMAIN: column === null ? 'TABLE' : 'COLUMN',
      COLUMN_NAME: column,
      TAG_DATABASE: database,
      TAG_SCHEMA: 'PUBLIC',
      TAG_NAME: tag,
      TAG_VALUE: value,
      APPLY_METHOD: 'MANUAL',
      OBJECT_DELETED: null,
    })
  }

  untag(tag: string): void {
    this.account.run('delete from usage_TAG_REFERENCES where TAG_NAME = ?', tag)
  }

  policy(place: readonly [string, string, string], kind: string, policy: string, column: string | null = null): void {
    const [database, schema, name] = place
    this.account.insert('usage_POLICY_REFERENCES', {
      REF_DATABASE_NAME: database,
      REF_SCHEMA_NAME: schema,
      REF_ENTITY_NAME: name,
      REF_ENTITY_DOMAIN: 'TABLE',
      REF_COLUMN_NAME: column,
      REF_ARG_COLUMN_NAMES: column === null ? '["ID"]' : null,
      POLICY_DB: database,
      POLICY_SCHEMA: 'PUBLIC',
      POLICY_NAME: policy,
      POLICY_KIND: kind,
      TAG_NAME: null,
      POLICY_STATUS: 'ACTIVE',
    })
  }

  /** What only SHOW lists: streams, tasks, shares, semantic views and their parts. */
  shown(what: string, row: Values): void {
    this.#show(what, { owner: 'SYSADMIN', comment: '', ...row })
  }

  changeShown(what: string, name: string, values: Values): void {
    const set = Object.keys(values)
      .map((column) => `"${column}" = ?`)
      .join(', ')
    this.account.run(`update ${shownTable(what)} set ${set} where name = ?`, ...Object.values(values), name)
  }

  dropShown(what: string, name: string): void {
    this.account.run(`delete from ${shownTable(what)} where name = ?`, name)
  }

  /** A routine, sequence, stage, file format or pipe: one row of its view, by the view's first word. */
  object(view: string, word: string, place: readonly [string, string, string], values: Values): void {
    const [database, schema, name] = place
    this.account.insert(`all_${view}`, {
      [`${word}_CATALOG`]: database,
      [`${word}_SCHEMA`]: schema,
      [`${word}_NAME`]: name,
      [`${word}_OWNER`]: 'SYSADMIN',
      COMMENT: null,
      DELETED: null,
      ...values,
    })
  }

  changeObject(view: string, word: string, name: string, values: Values): void {
    const set = Object.keys(values)
      .map((column) => `"${column}" = ?`)
      .join(', ')
    this.account.run(
      `update all_${view} set ${set} where ${word}_NAME = ? and DELETED is null`,
      ...Object.values(values),
      name,
    )
  }

  #show(what: string, row: Values): void {
    const columns = this.account.database
      .prepare(`select name from pragma_table_info('${shownTable(what)}')`)
      .all() as { name: string }[]
    const known = new Set(columns.map(({ name }) => name))
    this.account.insert(shownTable(what), Object.fromEntries(Object.entries(row).filter(([name]) => known.has(name))))
  }

  #id(): number {
    this.#ids += 1
    return this.#ids
  }
}

import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AssetRecord } from '../../connectors/kit/index.ts'
import connector from '../../connectors/mysql/index.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { readRows, type SqlRow } from './rows.ts'
import type { MysqlServer } from './servers.ts'
import { quote, quoteText } from './support.ts'

/** Names that would break out of a statement, be folded together, or be read as a pattern, were they not taken exactly. */
const NAMES = [
  'plain',
  'Case',
  'case',
  'CASE',
  'with space',
  'a.b',
  'tick`',
  '``two``',
  "quote'",
  '"double"',
  'back\\slash',
  '; drop table x; -- ',
  '/* comment */',
  '#hash',
  'percent%',
  'under_score',
  'underXscore',
  '\\_escaped',
  'naïve',
  'naive',
  '数据库表',
  'Ελληνικά',
  'line\nbreak',
  '\u0001control',
  '${env:HOME}',
  'select',
  'x'.repeat(50),
].map((name) => name.replace(/ $/, '')) as readonly string[]

const DATABASES = ["sh`op; -- 'x'", 'Case.db', 'case.db'] as const

/** Three databases with an object of every kind by each name; those of one sort of names refer to those of another. */
async function makeWorld(server: MysqlServer, sql: Connection): Promise<void> {
  for (const database of DATABASES) await sql.query(`create database ${quote(database)}`)
  for (const [at, database] of DATABASES.entries()) {
    await sql.query(`use ${quote(database)}`)
    for (const [number, name] of NAMES.entries()) {
      for (const statement of statementsFor(name, number, server.mariadb)) await sql.query(statement)
    }
    await sql.query(
      `create or replace view ${quote(`across ${at}`)} as select count(*) as n from ${quote(database)}.${quote('a.b')}`,
    )
    if (at > 0) {
      await sql.query(
        `alter table ${quote('case')} add constraint ${quote(`to; another's ${at}`)} foreign key (${quote('case')})
         references ${quote(DATABASES[0])}.${quote('select')} (${quote('select')}) on delete cascade`,
      )
    }
  }
  await sql.query(
    `create view ${quote(DATABASES[0])}.${quote('of all')} as select a.n as one, b.n as two
     from ${quote('Case.db')}.${quote('across 1')} a, ${quote('case.db')}.${quote('across 2')} b`,
  )
}

function statementsFor(name: string, number: number, mariadb: boolean): string[] {
  const [own, text] = [quote(name), quoteText(name)]
  const statements = [
    `create table ${own} (
       ${own} int not null, ${quote(`${name} 2`)} varchar(30) character set latin1 default ${quoteText(`it's \\ ${number}`)} comment ${text},
       label enum(${text}, 'b') collate utf8mb4_bin, many set('x', ${quoteText(name.replaceAll(',', ''))}), doubled bigint as (${own} * 2),
       primary key (${own}), unique key ${quote(`u ${name}`)} (${quote(`${name} 2`)}(5), ${own}), key ${quote(`k ${name}`)} (label)
     ) comment ${text}${number % 7 === 3 ? ` partition by hash (${own}) partitions 3` : ''}`,
    `create view ${quote(`v ${name}`)} as select ${own} as ${own}, ${quote(`${name} 2`)} as ${quote(`as ${name}`)} from ${own}`,
  ]
  if (number % 2 === 0) {
    statements.push(
      `create trigger ${quote(`t ${name}`)} before insert on ${own} for each row set new.${quote(`${name} 2`)} = ${text}`,
      `create function ${quote(`r ${name}`)}(${quote(`p ${name}`)} int) returns varchar(10) deterministic comment ${text} return ${text}`,
      `create procedure ${quote(`r ${name}`)}(in ${quote(`p ${name}`)} int, out b enum('x')) comment ${text} select ${text}`,
      `create event ${quote(`e ${name}`)} on schedule every 3 day disable comment ${text} do select ${text}`,
    )
  }
  if (mariadb && number % 5 === 0) statements.push(`create sequence ${quote(`s ${name}`)} start with ${number + 1}`)
  return statements
}

/** Every record against what SHOW tells, which takes another way through the server than information_schema. */
export function describeMysqlEquality(server: () => MysqlServer): void {
  let sql: Connection
  let records: readonly AssetRecord[]
  const of = (kind: RegExp, database: string) =>
    records.filter((found) => kind.test(found.kind) && found.path[0] === database)
  const show = (statement: string) => readRows(sql, statement)

  beforeAll(async () => {
    sql = await server().connect()
    await sql.query('set names utf8mb4')
    await makeWorld(server(), sql)
    // SHOW leaves the name of the current database out.
    await sql.query('use information_schema')
    const config = { host: '127.0.0.1', port: server().port, user: 'root', databases: [...DATABASES] }
    await using opened = await openConnector(connector, config)
    records = (await crawl(opened.handle)).flatMap((item) => item.records)
  }, 300_000)
  afterAll(async () => {
    await sql.query('set foreign_key_checks = 0')
    for (const database of DATABASES) await sql.query(`drop database ${quote(database)}`)
    await sql.end()
  })

  test('there are more than two hundred, each once', () => {
    expect(records.length).toBeGreaterThan(200)
    const identities = records.map(({ kind, path }) => JSON.stringify([kind, path]))
    expect(new Set(identities).size).toBe(identities.length)
    expect(of(/^database$/, DATABASES[0])).toHaveLength(1)
  })

  describe.each(DATABASES)('in %s', (database) => {
    test('tables, views and sequences, with their columns', async () => {
      const found = of(/table$|^view$|^sequence$/, database)
      const shown = await show(`show full tables from ${quote(database)}`)
      expect(found.map(({ kind, path }) => [path[1], shortKind(kind)]).sort()).toEqual(
        shown.map((row) => [textOf(Object.values(row)[0]), String(row.Table_type)]).sort(),
      )
      for (const record of found.filter(({ kind }) => kind !== 'sequence')) {
        const columns = await show(`show full columns from ${quote(record.path[1] ?? '')} from ${quote(database)}`)
        expect([record.path, (record.fields ?? []).map(fieldAsShown)]).toEqual([
          record.path,
          columns.map(columnAsShown),
        ])
      }
    })

    test('keys, indexes and comments, as in the statement that makes the table', async () => {
      for (const record of of(/table$/, database)) {
        const [row] = await show(`show create table ${quote(database)}.${quote(record.path[1] ?? '')}`)
        const statement = squeeze(String(row?.['Create Table']))
        const indexes = (record.indexes ?? []).map(({ definition }) =>
          squeeze(definition ?? '').replace(/ USING BTREE$/, ''),
        )
        expect(indexes.filter((definition) => !statement.includes(definition))).toEqual([])
        expect(indexes).toHaveLength([...statement.matchAll(/^ *(PRIMARY |UNIQUE )?KEY /gm)].length)
        const keys = (record.constraints ?? []).filter(({ kind }) => kind === 'foreign key').map(foreignKeyText)
        expect(keys.filter((key) => !statement.includes(key))).toEqual([])
        expect(keys).toHaveLength([...statement.matchAll(/^ *CONSTRAINT .* FOREIGN KEY /gm)].length)
        const [status] = await show(
          `show table status from ${quote(database)} where name = ${quoteText(record.path[1] ?? '')} collate utf8mb4_bin`,
        )
        expect(record.comment).toBe(textOf(status?.Comment))
      }
    })

    test('views: text and what they read', async () => {
      const mariadb = server().mariadb
      for (const { path, definition, upstreams } of of(/^view$/, database)) {
        const [row] = await show(`show create view ${quote(database)}.${quote(path[1] ?? '')}`)
        expect(String(row?.['Create View'])).toContain(definition?.text.replace(/ from[\s\S]*/, ''))
        if (mariadb) expect(upstreams).toBeUndefined()
        else if (path[1]?.startsWith('v ')) {
          expect(upstreams).toEqual([{ group: 'relation', path: [database, path[1].slice(2)], origin: 'catalogue' }])
        }
      }
    })

    test('triggers, routines and events', async () => {
      const triggers = of(/table$/, database).flatMap(({ path, facets = [] }) =>
        facets.filter(({ kind }) => kind === 'trigger').map(({ name, body }) => [name, path[1], body.statement]),
      )
      expect(triggers.sort()).toEqual(
        (await show(`show triggers from ${quote(database)}`))
          .map((row) => [row.Trigger, row.Table, String(row.Statement)].map(textOf))
          .sort(),
      )
      for (const kind of ['function', 'procedure']) {
        const shown = await show(`show ${kind} status where db = ${quoteText(database)} collate utf8mb4_bin`)
        expect(
          of(new RegExp(`^${kind}$`), database)
            .map(({ path, comment }) => [path[1], comment])
            .sort(),
        ).toEqual(shown.map((row) => [textOf(row.Name), textOf(row.Comment)]).sort())
      }
      const events = await show(`show events from ${quote(database)}`)
      expect(
        of(/^event$/, database)
          .map(({ path }) => path[1])
          .sort(),
      ).toEqual(events.map((row) => textOf(row.Name)).sort())
    })
  })

  test('foreign keys and views lead across databases', () => {
    const keys = of(/table$/, 'Case.db').flatMap(({ constraints = [] }) =>
      constraints.flatMap(({ references }) => references ?? []),
    )
    expect(keys.map(({ asset }) => asset.path)).toEqual([[DATABASES[0], 'select']])
    const [all] = of(/^view$/, DATABASES[0]).filter(({ path }) => path[1] === 'of all')
    expect(all?.definition?.text).toContain('`Case.db`')
  })

  test('statistics and previews know the same names', async () => {
    const config = { host: '127.0.0.1', port: server().port, user: 'root', databases: [...DATABASES] }
    await using opened = await openConnector(connector, config)
    const told: string[] = []
    for (const scope of (await opened.handle.scopes()).scopes) {
      for await (const page of opened.handle.statistics?.(scope) ?? [])
        told.push(...page.map(({ path }) => JSON.stringify(path)))
    }
    const tables = records.filter(({ kind }) => kind.endsWith('table')).map(({ path }) => JSON.stringify(path))
    expect(told.sort()).toEqual(tables.sort())
    for (const { path, fields } of of(/table$|^view$/, DATABASES[0])) {
      const preview = await opened.handle.preview?.({ group: 'relation', path }, 1)
      expect(preview?.columns.map(({ name }) => name)).toEqual(fields?.map(({ name }) => name))
    }
  })
}

const textOf = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('utf8') : (value as string))

function shortKind(kind: string): string {
  if (kind === 'view' || kind === 'sequence') return kind.toUpperCase()
  return 'BASE TABLE'
}

function fieldAsShown({ name, nativeType, nullable, comment, properties }: NonNullable<AssetRecord['fields']>[number]) {
  return [name, nativeType, nullable, properties?.collation ?? null, comment ?? '']
}

function columnAsShown(row: SqlRow) {
  return [textOf(row.Field), textOf(row.Type), row.Null === 'YES', row.Collation, textOf(row.Comment)]
}

/** Without what differs in layout alone. */
function squeeze(text: string): string {
  return text.replaceAll(', ', ',').replaceAll(/ (USING BTREE|COMMENT '')/g, '')
}

function foreignKeyText({ name, columns, references }: NonNullable<AssetRecord['constraints']>[number]): string {
  const list = (names: readonly string[]) => names.map(quote).join(',')
  const target = (references?.asset.path ?? []).map(quote).join('.')
  return squeeze(
    `CONSTRAINT ${quote(name)} FOREIGN KEY (${list(columns)}) REFERENCES ${target} (${list(references?.columns ?? [])})`,
  )
}

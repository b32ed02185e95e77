import { describe, expect, test } from 'vitest'
import { deriveLineage } from '../../lineage/derive.ts'
import type { Dialect } from '../../lineage/dialects.ts'
import { createLookup } from '../../lineage/lookup.ts'
import type { DeriveInput, StatementLineage } from '../../lineage/types.ts'

const lookup = createLookup([
  { name: ['db', 's', 'users'], columns: ['id', 'name', 'country'] },
  { name: ['db', 's', 'orders'], columns: ['id', 'user_id', 'amount'] },
  { name: ['db', 's', 'Mixed'], columns: ['Id', 'id', 'Name'] },
])

function derive(text: string, options: Partial<DeriveInput> = {}): readonly StatementLineage[] {
  const defaults = { database: 'db', schemas: ['s'] }
  return deriveLineage({ text, dialect: 'postgres', defaults, lookup, ...options }).statements
}

function only(text: string, dialect: Dialect = 'postgres'): StatementLineage {
  const statements = derive(text, { dialect })
  expect(statements).toHaveLength(1)
  return statements[0] as StatementLineage
}

const ways = (statement: StatementLineage, column: string) =>
  Object.fromEntries(
    (statement.columns.find((one) => one.column === column)?.reads ?? []).map((read) => [
      read.column,
      read.subtypes.join(),
    ]),
  )

describe('what an edge says', () => {
  test('values, aggregates, conditions and windows are kept apart', () => {
    const statement = only(
      `SELECT u.name, upper(u.name) AS up, sum(o.amount) AS total, CASE WHEN u.country = 'x' THEN o.id END AS c,
        rank() OVER (PARTITION BY u.id ORDER BY o.amount) AS r, 1 AS one FROM users u JOIN orders o ON o.user_id = u.id`,
    )
    expect(ways(statement, 'name')).toEqual({ name: 'IDENTITY' })
    expect(ways(statement, 'up')).toEqual({ name: 'TRANSFORMATION' })
    expect(ways(statement, 'total')).toEqual({ amount: 'AGGREGATION' })
    expect(ways(statement, 'c')).toEqual({ country: 'CONDITIONAL', id: 'TRANSFORMATION' })
    expect(ways(statement, 'r')).toEqual({ id: 'WINDOW', amount: 'WINDOW' })
    const kinds = statement.columns.map(({ transformation }) => transformation)
    expect(kinds).toEqual(['identity', 'expression', 'aggregate', 'expression', 'window', 'constant'])
    expect(statement.columns[1]?.expression).toBe('upper(u.name)')
  })

  test('a column is told with the lines that compute it, however often it is passed on', () => {
    const text = [
      '-- totals',
      'with paid as (',
      '  select user_id,',
      '    sum(',
      '      amount',
      '    ) as total',
      '  from orders group by user_id',
      '), named as (select u.name, p.total from paid p join users u on u.id = p.user_id)',
      'select *, upper(name) as loud',
      'from named;',
      'select id',
      '  from users',
    ].join('\n')
    const [first, second] = derive(text)
    expect(first?.lines).toEqual({ first: 2, last: 10 })
    expect(first?.columns.map(({ column, lines }) => [column, lines.first, lines.last])).toEqual([
      ['name', 8, 8],
      ['total', 4, 6],
      ['loud', 9, 9],
    ])
    expect(second?.columns[0]?.lines).toEqual({ first: 11, last: 11 })
  })

  test('lines are those of the text as it is written: of templates, of bodies of routines', () => {
    const model = [
      "{{ config(materialized='table') }}",
      'select id,',
      "  {% if var('loud') %}",
      '  upper(name) as name',
      '  {% else %} name {% endif %}',
      "from {{ ref('users') }}",
    ].join('\n')
    const manifest = { refs: { users: ['db', 's', 'users'] }, sources: {} }
    const lines = derive(model, { manifest })[0]?.columns.map((column) => [column.column, column.lines.first])
    expect(lines).toEqual([
      ['id', 2],
      ['name', 4],
    ])
    const routine = [
      'create function f() returns void language plpgsql as $$',
      'begin',
      '  create temp table t as select id, amount * 2 as twice from orders;',
      '  insert into users (id)',
      '  select twice from t;',
      'end $$',
    ].join('\n')
    const insert = derive(routine).find(({ kind }) => kind === 'insert')
    expect(insert?.columns.map((column) => [column.column, column.lines.first])).toEqual([['id', 5]])
  })

  test('filters, joins, groups and order are of the rows', () => {
    const statement = only(
      `CREATE VIEW v AS SELECT u.name, count(*) AS n FROM users u JOIN orders o ON o.user_id = u.id
        WHERE u.country = 'x' GROUP BY u.name HAVING max(o.amount) > 1 ORDER BY min(o.id)`,
    )
    const [influence] = statement.influences
    expect(influence?.table).toEqual(['db', 's', 'v'])
    const reads = Object.fromEntries(
      (influence?.reads ?? []).map((read) => [`${read.table.at(-1)}.${read.column}`, read.subtypes.join()]),
    )
    expect(reads).toEqual({
      'orders.user_id': 'JOIN',
      'users.id': 'JOIN',
      'users.country': 'FILTER',
      'users.name': 'GROUP_BY',
      'orders.amount': 'FILTER',
      'orders.id': 'SORT',
    })
  })

  test('what chooses the rows of a CTE chooses those that come out of it', () => {
    const statement = only('WITH a AS (SELECT id FROM users WHERE country = 1) SELECT id FROM a')
    expect(statement.influences[0]?.reads).toMatchObject([{ column: 'country', subtypes: ['FILTER'] }])
  })

  test('a column placed by elimination is less certain than one that is said', () => {
    const confidence = (text: string) => only(text).columns[0]?.reads[0]?.confidence
    expect(confidence('SELECT u.name FROM users u')).toBe(1)
    expect(confidence('SELECT x.other FROM unheard x')).toBe(1)
    expect(confidence('SELECT other FROM users, unheard')).toBeLessThan(1)
  })

  test('equal statements have equal hashes, whatever stands around them', () => {
    const [a, b, c] = derive('SELECT id FROM users;  SELECT id FROM users ; SELECT name FROM users')
    expect(a?.hash).toBe(b?.hash)
    expect(a?.hash).not.toBe(c?.hash)
  })
})

describe('names', () => {
  test('fold by the dialect: unquoted ones do, quoted ones do not', () => {
    expect(only('CREATE VIEW "Vw" AS SELECT ID AS "Key", NAME FROM USERS').columns.map(({ column }) => column)).toEqual(
      ['Key', 'name'],
    )
    expect(
      only('CREATE VIEW vw AS SELECT id AS "Key", name FROM users', 'snowflake').columns.map(({ column }) => column),
    ).toEqual(['Key', 'NAME'])
  })

  test('columns that differ in case alone are told apart by their quotes', () => {
    const reads = (text: string) => only(text).columns.map((column) => column.reads[0]?.column)
    expect(reads('SELECT "Id", id, "Name" FROM "Mixed"')).toEqual(['Id', 'id', 'Name'])
  })

  test('the search path is gone through in order', () => {
    const [statement] = derive('SELECT name FROM users', { defaults: { database: 'db', schemas: ['other', 's'] } })
    expect(statement?.inputs.map(({ name }) => name)).toEqual([['db', 's', 'users']])
  })

  test('consulted names are told, so that a change of their columns is known to matter', () => {
    const { consulted } = deriveLineage({
      text: 'SELECT * FROM users, unheard',
      dialect: 'postgres',
      defaults: { database: 'db', schemas: ['s'] },
      lookup,
    })
    expect(consulted.map((name) => name.join('.'))).toEqual(['db.s.users', 'db.s.unheard'])
  })
})

describe('gaps', () => {
  const gaps = (text: string, dialect: Dialect = 'postgres') =>
    only(text, dialect).gaps.map(({ reason, columns }) => [reason, ...columns])

  test('a column no source has', () => expect(gaps('SELECT nope AS n FROM users')).toEqual([['unknown_column', 'n']]))
  test('a column two sources have', () =>
    expect(gaps('SELECT id FROM users, orders')).toEqual([['ambiguous_column', 'id']]))
  test('a column two unknown sources may have', () =>
    expect(gaps('SELECT x FROM a, b')).toEqual([['ambiguous_column', 'x']]))
  test('a star over an unknown table', () =>
    expect(gaps('CREATE VIEW v AS SELECT * FROM a')).toEqual([['unknown_table']]))
  test('dynamic SQL', () => expect(gaps('EXECUTE IMMEDIATE x || y', 'oracle')).toEqual([['dynamic_sql']]))
  test('branches of different width', () =>
    expect(gaps('SELECT id FROM users UNION SELECT id, name FROM users')).toEqual([['column_count']]))
  test('a language that is no SQL', () =>
    expect(gaps('CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS $$ x $$')).toEqual([['unsupported_language']]))
  test('an unknown clause', () =>
    expect(gaps('SELECT id FROM users FROBNICATE BY name')).toEqual([['unsupported_clause']]))

  test('tables survive what columns do not', () => {
    const statement = only('CREATE VIEW v AS SELECT x FROM a, b')
    expect(statement.outcome).toBe('partial')
    expect(statement.inputs.map(({ name }) => name.at(-1))).toEqual(['a', 'b'])
    expect(statement.outputs.map(({ name }) => name.at(-1))).toEqual(['v'])
  })

  test('a statement that cannot be read says where, and harms no other', () => {
    const statements = derive('SELECT name FROM users;\nSELECT id FROM\n  WHERE;\nSELECT country FROM users')
    expect(statements.map(({ outcome }) => outcome)).toEqual(['resolved', 'failed', 'resolved'])
    expect(statements[1]?.gaps[0]).toMatchObject({
      reason: 'parse_error',
      position: { offset: 41, line: 3, column: 3 },
    })
  })

  test.each([
    ['CREATE VIEW v AS SELCT name FROM users', 17],
    ['CREATE VIEW v AS', 16],
    ['CREATE VIEWW v AS SELECT name FROM users', 7],
  ])('%s is not taken for a statement without lineage', (text, offset) => {
    const { outcome, gaps } = only(text)
    expect({ outcome, gaps }).toMatchObject({
      outcome: 'failed',
      gaps: [{ reason: 'parse_error', position: { offset } }],
    })
    expect(only('ALTER VIEW v OWNER TO ada').outcome).toBe('resolved')
  })

  test('what a statement takes over by a pipe counts as read by it, also where no column comes through', () => {
    const text = `SELECT id FROM users WHERE country = 'x' ->> SELECT count(*) AS n FROM $1
      ->> CREATE TABLE counted AS SELECT n FROM $1; SHOW TABLES ->> CREATE TABLE shown AS SELECT * FROM $1`
    const statements = derive(text, { dialect: 'snowflake' })
    const tables = (uses: StatementLineage['inputs']) => uses.map(({ name }) => name.at(-1)?.toLowerCase())
    expect(statements.map(({ inputs, outputs }) => [tables(inputs), tables(outputs)])).toEqual([
      [['users'], []],
      [['users'], []],
      [['users'], ['counted']],
      [[], []],
      [[], ['shown']],
    ])
    expect(statements.flatMap(({ gaps }) => gaps)).toEqual([])
  })

  test('a quote that never closes fails its statement alone', () => {
    const statements = derive("SELECT name FROM users; SELECT 'x FROM users")
    expect(statements.map(({ outcome }) => outcome)).toEqual(['resolved', 'failed'])
  })

  test('positions inside a body are those of the whole text', () => {
    const text = 'CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$\n  INSERT INTO t (a) SELECT nope FROM users\n$$'
    expect(only(text).gaps[0]?.position).toMatchObject({ offset: text.indexOf('nope'), line: 2, column: 28 })
    expect(only(text).routine).toEqual(['f'])
  })
})

describe('templates', () => {
  test('refs and sources are rendered by their names, or by the manifest', () => {
    const text = "select u.name from {{ ref('users') }} u join {{ source('s', 'orders') }} o on true"
    const names = (manifest?: DeriveInput['manifest']) =>
      derive(text, manifest === undefined ? {} : { manifest })[0]?.inputs.map(({ name }) => name.join('.'))
    expect(names()).toEqual(['db.s.users', 'db.s.orders'])
    expect(names({ refs: { users: ['db', 'marts', 'users'] }, sources: { 's.orders': ['raw', 'x', 'y'] } })).toEqual([
      'db.marts.users',
      'raw.x.y',
    ])
  })

  test('what only adds rows when incremental is left out, comments and config vanish', () => {
    const text =
      "{{ config(materialized='table') }}{# a note #}select name from users {% if is_incremental() %} where broken( {% endif %}"
    expect(only(text).outcome).toBe('resolved')
  })

  test('a loop over a list that the text spells out is written out, and what is behind it keeps its place', () => {
    const text = `{% set kinds = ['country', 'name'] %}
select {% for kind in kinds %}max(u.{{ kind }}) as {{ kind }}_max{% if not loop.last %}, {% endif %}{% endfor %}, nope.x
from users u`
    const statement = only(text)
    expect(statement.columns.map(({ column, reads }) => [column, reads.map((read) => read.column).join()])).toEqual([
      ['country_max', 'country'],
      ['name_max', 'name'],
      ['x', ''],
    ])
    expect(statement.gaps).toMatchObject([{ reason: 'unknown_column', position: { offset: text.indexOf('nope') } }])
  })

  test('a loop over what only running tells is a gap; a hostile list takes no time', () => {
    const [gap] = only('select {% for c in columns() %}{{ c }}{% endfor %} 1 from users').gaps
    expect(gap).toMatchObject({ reason: 'template', message: 'a loop of a template is read once' })
    const started = performance.now()
    derive(`{% set x = [${'1'.repeat(50_000)} ${' '.repeat(50_000)}! %} select 1`)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('what is not rendered is a gap where it stands', () => {
    const statement = only('select {{ some_macro(1) }} as x, name from users')
    expect(statement.gaps).toMatchObject([{ reason: 'template', position: { offset: 7, line: 1, column: 8 } }])
    expect(statement.columns[1]?.reads).toHaveLength(1)
  })
})

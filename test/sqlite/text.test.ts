import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  namesInFrom,
  readCreateIndex,
  readCreateTrigger,
  readCreateVirtualTable,
} from '../../connectors/sqlite/create-other.ts'
import { readCreateTable } from '../../connectors/sqlite/create-table.ts'
import { tokenize } from '../../connectors/sqlite/tokens.ts'

describe('tokens', () => {
  test.each([
    ['a "b""c" `d``e` [f]]', ['a', 'b"c', 'd`e', 'f', ']']],
    ["'it''s' x'0fF' 1.5e-3 .5 0x1F 1_000", ["it's", "x'0fF'", '1.5e-3', '.5', '0x1F', '1_000']],
    ['a--b\nc/* d */e/* open', ['a', 'c', 'e']],
    ['"open', ['open']],
    ['é\u00a0ü$1 x', ['é\u00a0ü$1', 'x']],
    ['a->>1||b', ['a', '-', '>', '>', '1', '|', '|', 'b']],
    ["''", ['']],
  ])('%s', (sql, values) => {
    expect(tokenize(sql).map((token) => token.value)).toEqual(values)
  })

  test('a long literal does not exhaust the pattern matcher', () => {
    expect(tokenize(`'${"x''".repeat(500_000)}' /*${'*'.repeat(500_000)}*/ a`)).toHaveLength(2)
  })
})

describe('CREATE TABLE', () => {
  test('names, checks, keys and options', () => {
    const text = readCreateTable(`CREATE TABLE "t(" ( -- check (no)
      id integer CONSTRAINT "p k" PRIMARY KEY AUTOINCREMENT,
      a decimal(10, 2) NOT NULL CONSTRAINT positive CHECK (a > 0 AND a <> ')' /* ) */),
      [b] text COLLATE NoCase DEFAULT 'check (x)' CHECK (length([b]) < (1 + 2)) UNIQUE,
      c int DEFAULT -1 CONSTRAINT c_fk REFERENCES "x" ON DELETE SET DEFAULT CHECK (c),
      d GENERATED ALWAYS AS (a || ')') STORED, e AS (a) CONSTRAINT gone NOT NULL CHECK (e),
      CONSTRAINT u UNIQUE (a, "b" COLLATE nocase DESC) ON CONFLICT IGNORE CONSTRAINT k CHECK (a < b)
      FOREIGN KEY (a, c) REFERENCES y(q, r) DEFERRABLE INITIALLY DEFERRED,
      FOREIGN KEY (a) REFERENCES z NOT DEFERRABLE INITIALLY DEFERRED
    ) strict`)
    expect(text).toEqual({
      columns: new Map([
        ['id', {}],
        ['a', {}],
        ['b', { collation: 'NoCase' }],
        ['c', {}],
        ['d', { expression: "a || ')'" }],
        ['e', { expression: 'a' }],
      ]),
      primaryKeyName: 'p k',
      uniques: [{ columns: ['b'] }, { name: 'u', columns: ['a', 'b'] }],
      foreignKeys: [{ name: 'c_fk', deferred: false }, { deferred: true }, { deferred: false }],
      checks: [
        { name: 'positive', expression: "a > 0 AND a <> ')'", column: 'a' },
        { expression: 'length([b]) < (1 + 2)', column: 'b' },
        { expression: 'c', column: 'c' },
        { expression: 'e', column: 'e' },
        { name: 'k', expression: 'a < b' },
      ],
      autoincrement: true,
      strict: true,
      withoutRowid: false,
    })
  })

  test.each([
    ['CREATE TABLE t("check" int, \'unique\' text, [primary] x)', 0],
    ["CREATE TABLE t(a DEFAULT (CASE WHEN 1 THEN 'x)' END) CHECK (a))", 1],
    ['CREATE TABLE t(a "check" CHECK (1))', 1],
    ['CREATE TABLE t(a, constraint check_me check(a), constraint x)', 1],
  ])('%s', (sql, checks) => {
    new DatabaseSync(':memory:').exec(sql)
    expect(readCreateTable(sql).checks).toHaveLength(checks)
  })

  test('whatever SQLite accepts is read back: names in every quotation, expressions with literals and comments', () => {
    const word = fc.constantFrom(
      'a',
      'B',
      'check',
      'x y',
      'é',
      ')',
      '(',
      ',',
      "'",
      '"',
      '`',
      '--',
      '/*',
      'unique',
      '[',
      '1',
    )
    const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''))
    const style = fc.constantFrom<(text: string) => string>(
      (text) => `"${text.replaceAll('"', '""')}"`,
      (text) => `\`${text.replaceAll('`', '``')}\``,
      (text) => (text.includes(']') ? `"${text.replaceAll('"', '""')}"` : `[${text}]`),
    )
    const blank = fc.constantFrom(' ', '\n', ' /* ,)( */ ', ' -- ,)(\n')
    const literal = name.map((text) => `'${text.replaceAll("'", "''")}'`)
    const expression = fc.oneof(
      literal.map((text) => `${text} <> 'x'`),
      literal.map((text) => `(1 + (2)) > 0 AND ${text} = ${text}`),
      fc.constant("x'00' IS NOT NULL"),
    )
    const column = fc.record({
      name,
      style,
      check: fc.option(expression),
      label: fc.option(name),
      generated: fc.boolean(),
    })
    const columns = fc.uniqueArray(column, {
      minLength: 1,
      maxLength: 4,
      selector: (entry) => entry.name.toLowerCase(),
    })
    fc.assert(
      fc.property(columns, blank, (list, space) => {
        const parts = list.map(({ name: own, style: quote, check, label, generated }) => {
          const as = generated ? `${space}AS${space}('),' || 1)` : `${space}text${space}DEFAULT${space}'CHECK (1)'`
          const named = label === null ? '' : `${space}CONSTRAINT${space}${quote(label)}`
          return `${quote(own)}${as}${check === null ? '' : `${named}${space}CHECK${space}(${check})`}`
        })
        const sql = `CREATE TABLE${space}t(plain,${space}${parts.join(`,${space}`)})`
        new DatabaseSync(':memory:').exec(sql)
        const text = readCreateTable(sql)
        expect([...text.columns.keys()]).toHaveLength(list.length + 1)
        expect(text.checks).toEqual(
          list.flatMap(({ name: own, check, label }) =>
            check === null ? [] : [{ expression: check, column: own, ...(label === null ? {} : { name: label }) }],
          ),
        )
        expect([...text.columns.values()].map((entry) => entry.expression)).toEqual([
          undefined,
          ...list.map(({ generated }) => (generated ? "')," + "' || 1" : undefined)),
        ])
      }),
      { numRuns: 300 },
    )
  })
})

test('CREATE INDEX', () => {
  const sql = `CREATE UNIQUE INDEX "i on" ON "t(" (a COLLATE nocase DESC, lower(b||',') ASC, (c)) WHERE a = ')' -- end`
  expect(readCreateIndex(sql)).toEqual({ terms: ['a COLLATE nocase', "lower(b||',')", '(c)'], where: "a = ')'" })
  expect(readCreateIndex('CREATE INDEX i ON t(a)')).toEqual({ terms: ['a'] })
})

test.each([
  ['CREATE TRIGGER t DELETE ON x BEGIN SELECT 1; END', { timing: 'before', event: 'delete' }],
  [
    'CREATE TRIGGER "after" AFTER UPDATE OF "a b", c ON x FOR EACH ROW WHEN new.begin > 1 BEGIN SELECT 1; END',
    { timing: 'after', event: 'update', columns: ['a b', 'c'], when: 'new.begin > 1' },
  ],
  [
    'CREATE TRIGGER before INSTEAD OF INSERT ON [when] BEGIN SELECT CASE WHEN 1 THEN 2 END; END',
    { timing: 'instead of', event: 'insert' },
  ],
])('%s', (sql, expected) => {
  expect(readCreateTrigger(sql)).toEqual(expected)
})

test('CREATE VIRTUAL TABLE', () => {
  expect(readCreateVirtualTable(`CREATE VIRTUAL TABLE "using" USING fts5(a, tokenize = 'porter (x)')`)).toEqual({
    module: 'fts5',
    arguments: `a, tokenize = 'porter (x)'`,
  })
  expect(readCreateVirtualTable('CREATE VIRTUAL TABLE d USING dbstat')).toEqual({ module: 'dbstat', arguments: '' })
})

test.each([
  ['SELECT t.a, b FROM "T" t JOIN main.u AS v USING (x), [w], \'y\' WHERE a IN z', ['t', 'u', 'w', 'y', 'z']],
  ['SELECT a, b FROM (SELECT c, d FROM x, y GROUP BY c, d), (z CROSS JOIN q)', ['x', 'y', 'z', 'q']],
  ['SELECT a FROM x WHERE a IN (b, c) ORDER BY d, e', ['x']],
  ['SELECT f(a, b) FROM x JOIN y ON x.a = y.a, z', ['x', 'y', 'z']],
  ['WITH c AS (SELECT 1 FROM x) SELECT * FROM c UNION SELECT a, b FROM y', ['x', 'c', 'y']],
])('tables named in %s', (sql, expected) => {
  expect([...namesInFrom(sql)].sort()).toEqual([...expected].sort())
})

import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { crawl, recordsOf, run, temporaryFolder } from './support.ts'

function makeFile(sql: string): string {
  const file = path.join(temporaryFolder(), 'shop.db')
  run(file, sql)
  return file
}

const plain = { withoutRowid: false, strict: false, autoincrement: false }
const inFile = (name: string) => ({ path: ['shop.db', name], parent: { group: 'container', path: ['shop.db'] } })

test('the file itself', async () => {
  const items = await crawl(makeFile('PRAGMA user_version = 7; PRAGMA application_id = -5; CREATE TABLE a(b)'))
  expect([...items.keys()]).toEqual(['shop\\.db', 'shop\\.db.a'])
  expect(items.get('shop\\.db')?.records).toEqual([
    { kind: 'database file', path: ['shop.db'], properties: { encoding: 'UTF-8', userVersion: 7, applicationId: -5 } },
  ])
})

test('a table with everything', async () => {
  const records = await recordsOf(
    makeFile(`
      CREATE TABLE Customer(id INTEGER PRIMARY KEY, "Tax No" TEXT, region, UNIQUE ("Tax No", region));
      CREATE TABLE "orders; drop table x""" (
        id INTEGER CONSTRAINT order_pk PRIMARY KEY AUTOINCREMENT,
        customer INT NOT NULL REFERENCES customer ON DELETE CASCADE,
        tax text collate nocase DEFAULT 'none', region VARCHAR(20) UNIQUE,
        total DECIMAL(10,2) DEFAULT (1 + 1) CONSTRAINT positive CHECK (total > 0),
        due DATE, flag BOOLEAN, gross AS (total * 1.2) STORED, label TEXT GENERATED ALWAYS AS (upper(tax)) VIRTUAL,
        CHECK (due <> 'total' AND Flag IN (0, 1)),
        CONSTRAINT to_tax FOREIGN KEY (tax, region) REFERENCES CUSTOMER("tax no", Region)
          ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED);
      CREATE INDEX by_due ON "orders; drop table x"""(due DESC, lower(tax), total COLLATE nocase) WHERE flag = 1;
      CREATE TRIGGER late AFTER UPDATE OF due, total ON "ORDERS; drop table x""" WHEN new.due > old.due
        BEGIN SELECT raise(ABORT, 'late'); END;`),
  )
  expect(records.get('orders; drop table x"')).toEqual({
    kind: 'table',
    ...inFile('orders; drop table x"'),
    fields: [
      { name: 'id', position: 1, nativeType: 'INTEGER', type: 'integer', nullable: false },
      { name: 'customer', position: 2, nativeType: 'INT', type: 'integer', nullable: false },
      {
        ...{ name: 'tax', position: 3, nativeType: 'TEXT', type: 'string', nullable: true, default: "'none'" },
        properties: { collation: 'nocase' },
      },
      { name: 'region', position: 4, nativeType: 'VARCHAR(20)', type: 'string', nullable: true },
      { name: 'total', position: 5, nativeType: 'DECIMAL(10,2)', type: 'decimal', nullable: true, default: '1 + 1' },
      { name: 'due', position: 6, nativeType: 'DATE', type: 'date', nullable: true },
      { name: 'flag', position: 7, nativeType: 'BOOLEAN', type: 'boolean', nullable: true },
      {
        ...{ name: 'gross', position: 8, nativeType: '', type: 'unknown', nullable: true, generated: 'stored' },
        properties: { expression: 'total * 1.2' },
      },
      {
        ...{ name: 'label', position: 9, nativeType: 'TEXT', type: 'string', nullable: true, generated: 'virtual' },
        properties: { expression: 'upper(tax)' },
      },
    ],
    constraints: [
      {
        ...{ name: 'ck_due_flag', kind: 'check', columns: ['due', 'flag'] },
        definition: "CHECK (due <> 'total' AND Flag IN (0, 1))",
      },
      {
        ...{ name: 'fk_customer', kind: 'foreign key', columns: ['customer'] },
        references: { asset: { group: 'relation', path: ['shop.db', 'Customer'] }, columns: ['id'] },
        properties: { onUpdate: 'NO ACTION', onDelete: 'CASCADE' },
      },
      { name: 'order_pk', kind: 'primary key', columns: ['id'] },
      { name: 'positive', kind: 'check', columns: ['total'], definition: 'CHECK (total > 0)' },
      {
        ...{ name: 'to_tax', kind: 'foreign key', columns: ['tax', 'region'] },
        references: { asset: { group: 'relation', path: ['shop.db', 'Customer'] }, columns: ['Tax No', 'region'] },
        properties: { onUpdate: 'SET NULL', onDelete: 'NO ACTION', deferred: true },
      },
      { name: 'uq_region', kind: 'unique', columns: ['region'] },
    ],
    indexes: [
      {
        ...{ name: 'by_due', columns: ['due', 'lower(tax)', 'total'], unique: false, primary: false },
        definition:
          'CREATE INDEX by_due ON "orders; drop table x"""(due DESC, lower(tax), total COLLATE nocase) WHERE flag = 1',
        properties: { where: 'flag = 1' },
      },
      {
        ...{ name: 'sqlite_autoindex_orders; drop table x"_1', columns: ['region'] },
        ...{ unique: true, primary: false },
      },
    ],
    facets: [
      {
        kind: 'trigger',
        name: 'late',
        body: {
          sql: expect.stringContaining('CREATE TRIGGER late'),
          ...{ timing: 'after', event: 'update', columns: ['due', 'total'], when: 'new.due > old.due' },
        },
      },
    ],
    properties: { ...plain, autoincrement: true },
  })
})

test('primary keys: rowid aliases and the quirks about nulls', async () => {
  const records = await recordsOf(
    makeFile(`
      CREATE TABLE alias(a INTEGER, b, PRIMARY KEY (a));
      CREATE TABLE quirk(a INTEGER PRIMARY KEY DESC);
      CREATE TABLE nulls(a INT PRIMARY KEY, b TEXT CONSTRAINT named UNIQUE);
      CREATE TABLE pair(a, b, c, PRIMARY KEY (c, a));
      CREATE TABLE tree(a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID;
      CREATE TABLE one(a INTEGER PRIMARY KEY) WITHOUT ROWID, STRICT;
      CREATE TABLE tight(a ANY PRIMARY KEY, b INTEGER NOT NULL) STRICT;`),
  )
  const nullable = [...records].map(([name, { fields }]) => [name, fields?.map((field) => field.nullable)])
  expect(Object.fromEntries(nullable)).toEqual({
    alias: [false, true],
    quirk: [true],
    nulls: [true, true],
    pair: [true, true, true],
    tree: [false, false],
    one: [false],
    tight: [false, false],
  })
  const keys = [...records].map(([name, { constraints }]) => [
    name,
    constraints?.map((entry) => [entry.name, ...entry.columns]),
  ])
  expect(Object.fromEntries(keys)).toEqual({
    alias: [['pk', 'a']],
    quirk: [['pk', 'a']],
    nulls: [
      ['named', 'b'],
      ['pk', 'a'],
    ],
    pair: [['pk', 'c', 'a']],
    tree: [['pk', 'b', 'a']],
    one: [['pk', 'a']],
    tight: [['pk', 'a']],
  })
  expect(records.get('one')?.properties).toEqual({ withoutRowid: true, strict: true, autoincrement: false })
  expect(records.get('pair')?.indexes).toEqual([
    { name: 'sqlite_autoindex_pair_1', columns: ['c', 'a'], unique: true, primary: true },
  ])
})

test('constraint names that clash, and keys to nowhere', async () => {
  const records = await recordsOf(
    makeFile(`CREATE TABLE t(a CHECK (a > 1) CHECK (a > 2), b CONSTRAINT ck_a CHECK (b) CONSTRAINT ck_a CHECK (b < 9),
      c REFERENCES gone, d REFERENCES gone(x), CONSTRAINT fk_c FOREIGN KEY (c) REFERENCES T)`),
  )
  const constraints = records.get('t')?.constraints ?? []
  expect(constraints.map(({ name, definition }) => [name, definition])).toEqual([
    ['ck_a', 'CHECK (b)'],
    ['ck_a_2', 'CHECK (b < 9)'],
    ['ck_a_3', 'CHECK (a > 1)'],
    ['ck_a_4', 'CHECK (a > 2)'],
    ['fk_c', undefined],
    ['fk_c_2', undefined],
    ['fk_d', undefined],
  ])
  const references = constraints.flatMap(({ name, references }) =>
    references === undefined ? [] : [[name, references.asset.path[1], references.columns]],
  )
  expect(references).toEqual([
    ['fk_c', 't', []],
    ['fk_c_2', 'gone', []],
    ['fk_d', 'gone', ['x']],
  ])
})

test('views: columns, definitions, direct upstreams, and one that is broken', async () => {
  const records = await recordsOf(
    makeFile(`
      CREATE TABLE Base(id INTEGER PRIMARY KEY, "a.b" TEXT); CREATE TABLE other(x); CREATE TABLE gone(x);
      CREATE VIEW first AS SELECT id AS "Id", "A.B" FROM base;
      CREATE VIEW second(n, label) AS WITH c AS (SELECT * FROM FIRST) SELECT count(*), 'base' FROM c, (SELECT 1 FROM other) base;
      CREATE VIEW lost AS SELECT * FROM gone;
      CREATE VIEW quoted AS SELECT "no column" AS a FROM other;
      CREATE TRIGGER into_first INSTEAD OF INSERT ON first BEGIN SELECT 1; END;
      DROP TABLE gone;`),
  )
  const first = records.get('first')
  expect(first).toMatchObject({
    kind: 'view',
    ...inFile('first'),
    fields: [
      { name: 'Id', position: 1, nativeType: 'INTEGER', type: 'integer', nullable: true },
      { name: 'a.b', position: 2, nativeType: 'TEXT', type: 'string', nullable: true },
    ],
    definition: { language: 'sql', text: 'CREATE VIEW first AS SELECT id AS "Id", "A.B" FROM base' },
    facets: [{ kind: 'trigger', name: 'into_first', body: { timing: 'instead of', event: 'insert' } }],
  })
  const upstreams = [...records].flatMap(([name, entry]) =>
    entry.upstreams ? [[name, entry.upstreams.map((one) => one.path[1])]] : [],
  )
  expect(Object.fromEntries(upstreams)).toEqual({
    first: ['Base'],
    second: ['first', 'other'],
    lost: [],
    quoted: ['other'],
  })
  expect(records.get('lost')?.fields).toBeUndefined()
  expect(records.get('lost')?.properties).toEqual({ error: 'no such table: main.gone' })
  expect(records.get('quoted')?.fields?.map((field) => field.name)).toEqual(['a'])
})

test('virtual and shadow tables, as SQLite itself tells them', async () => {
  const file = makeFile(`
    CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize = 'porter'); CREATE VIRTUAL TABLE Old USING fts4(x);
    CREATE VIRTUAL TABLE old3 USING fts3(x); CREATE VIRTUAL TABLE box USING rtree(id, a, b);
    CREATE VIRTUAL TABLE box32 USING rtree_i32(id, a, b); CREATE VIRTUAL TABLE shape USING geopoly(x);
    CREATE TABLE docs_more(a); CREATE TABLE box_data(a); CREATE TABLE _data(a); CREATE VIEW docs_v AS SELECT title FROM docs;`)
  const records = await recordsOf(file)
  const database = new DatabaseSync(file, { readOnly: true })
  const listed = database.prepare(`SELECT name, type FROM pragma_table_list WHERE schema = 'main'`).all()
  database.close()
  const words: Record<string, string> = { virtual: 'virtual table', shadow: 'shadow table' }
  const expected = listed
    .filter(({ name }) => name !== 'sqlite_schema')
    .map(({ name, type }) => [name, words[`${type}`] ?? type])
  expect(Object.fromEntries([...records].map(([name, { kind }]) => [name, kind]))).toEqual(Object.fromEntries(expected))
  expect(records.get('docs')).toMatchObject({
    fields: [{ name: 'title' }, { name: 'body' }, { name: 'docs', properties: { hidden: true } }, { name: 'rank' }],
    properties: { module: 'fts5', arguments: "title, body, tokenize = 'porter'" },
  })
  expect(records.get('docs_v')?.upstreams?.map((one) => one.path[1])).toEqual(['docs'])
})

test('a virtual table whose module is not there', async () => {
  const file = makeFile('CREATE TABLE a(b)')
  run(
    file,
    `PRAGMA writable_schema = ON;
     INSERT INTO sqlite_schema VALUES ('table', 'map', 'map', 0, 'CREATE VIRTUAL TABLE map USING spatial(x, y)')`,
  )
  const map = (await recordsOf(file)).get('map')
  expect(map?.fields).toBeUndefined()
  expect(map).toMatchObject({
    kind: 'virtual table',
    properties: { module: 'spatial', arguments: 'x, y', error: 'no such module: spatial' },
  })
})

test('hostile names: empty, blank, quotes, dots, unicode, keywords, bytes that are no text', async () => {
  const names = [
    '',
    ' ',
    '"; drop',
    "it's",
    'a.b',
    'A.b.c',
    'tabelle-ä',
    '表',
    '👩‍💻',
    'select',
    '[x]',
    '`',
    '\\',
    'a\nb',
    '%s',
    '?#%41',
  ]
  const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
  const file = makeFile(
    names
      .map((name) => {
        const own = quote(name)
        const view = quote(`v${name}`)
        return `CREATE TABLE ${own}(${own} PRIMARY KEY); CREATE INDEX ${quote(`i${name}`)} ON ${own}(${own});
          CREATE TRIGGER ${quote(`t${name}`)} DELETE ON ${own} BEGIN SELECT 1; END; CREATE VIEW ${view} AS SELECT * FROM ${own};`
      })
      .join('\n'),
  )
  run(
    file,
    `PRAGMA writable_schema = ON;
     INSERT INTO sqlite_schema SELECT 'table', CAST(x'61ff' AS TEXT), CAST(x'61ff' AS TEXT), rootpage, 'CREATE TABLE "a' || CAST(x'ff' AS TEXT) || '"(b)' FROM sqlite_schema WHERE name = '';
     INSERT INTO sqlite_schema SELECT 'table', CAST(x'61fe' AS TEXT), CAST(x'61fe' AS TEXT), rootpage, 'CREATE TABLE "a' || CAST(x'fe' AS TEXT) || '"(b)' FROM sqlite_schema WHERE name = '';`,
  )
  const records = await recordsOf(file)
  const badNames = ["a\ufffd (x'61FF')", "a\ufffd (x'61FE')"]
  expect([...records.keys()].sort()).toEqual([...names.flatMap((name) => [name, `v${name}`]), ...badNames].sort())
  for (const name of names) {
    expect(records.get(name)).toMatchObject({
      fields: [{ name }],
      constraints: [{ name: 'pk', columns: [name] }],
      indexes: expect.arrayContaining([expect.objectContaining({ name: `i${name}`, columns: [name] })]),
      facets: [{ name: `t${name}` }],
    })
    expect(records.get(`v${name}`)?.upstreams?.map((one) => one.path)).toEqual([['shop.db', name]])
  }
  for (const name of badNames) expect(records.get(name)?.fields?.map((field) => field.name)).toEqual(['b'])
})

test('UTF-16 files', async () => {
  const file = makeFile(
    `PRAGMA encoding = 'UTF-16be'; CREATE TABLE "tabelle-ä"(é TEXT DEFAULT 'ü'); CREATE VIEW v AS SELECT * FROM "Tabelle-ä"`,
  )
  const records = await recordsOf(file)
  expect(records.get('tabelle-ä')?.fields).toMatchObject([{ name: 'é', default: "'ü'" }])
  expect(records.get('v')?.upstreams).toHaveLength(1)
})

test('normalised types follow the declared name, then the affinity', async () => {
  const types = {
    INTEGER: 'integer',
    BIGINT: 'integer',
    'UNSIGNED BIG INT': 'integer',
    CHARINT: 'integer',
    'NVARCHAR(9)': 'string',
    CLOB: 'string',
    BLOB: 'binary',
    'DOUBLE PRECISION': 'float',
    FLOAT: 'float',
    NUMERIC: 'decimal',
    'DECIMAL(5,1)': 'decimal',
    bool: 'boolean',
    DateTime: 'timestamp',
    'TIMESTAMP(3)': 'timestamp',
    TIME: 'time',
    JSONB: 'json',
    UUID: 'uuid',
    INTERVAL: 'interval',
    POINT: 'geometry',
    ANY: 'unknown',
    MONEY: 'decimal',
    constructor: 'decimal',
  }
  const declared = Object.keys(types)
  const records = await recordsOf(
    makeFile(`CREATE TABLE t(${declared.map((type, index) => `c${index} ${type}`).join()}, none)`),
  )
  expect(records.get('t')?.fields?.map((field) => field.type)).toEqual([...Object.values(types), 'unknown'])
})

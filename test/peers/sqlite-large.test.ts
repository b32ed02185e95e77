import path from 'node:path'
import { expect, test } from 'vitest'
import { open, run, temporaryFolder } from '../sqlite/support.ts'

const COUNT = 50_000

test('50,000 tables and views: pages stay small, and none is read ahead of the consumer', {
  timeout: 120_000,
}, async () => {
  const file = path.join(temporaryFolder(), 'large.db')
  // Written into the schema table directly: as many CREATE statements would take minutes. The tables share one page.
  run(
    file,
    `CREATE TABLE base(id INTEGER PRIMARY KEY, a TEXT, b REFERENCES base); PRAGMA writable_schema = ON;
     WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${COUNT / 2})
     INSERT INTO sqlite_schema SELECT 'table', 't' || i, 't' || i, 2,
       'CREATE TABLE t' || i || '(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b INT REFERENCES t' || max(1, i - 1) || ', CHECK (a))' FROM n;
     WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${COUNT / 2})
     INSERT INTO sqlite_schema SELECT 'view', 'v' || i, 'v' || i, 0, 'CREATE VIEW v' || i || ' AS SELECT id, a FROM t' || i FROM n;`,
  )
  const keys = new Set<string>()
  let largest = 0
  for await (const page of (await open(file)).inventory({ key: 'large.db', name: 'large.db' })) {
    largest = Math.max(largest, page.length)
    for (const { key } of page) keys.add(key)
  }
  expect(keys.size).toBe(COUNT + 2)
  expect(largest).toBeLessThanOrEqual(500)
})

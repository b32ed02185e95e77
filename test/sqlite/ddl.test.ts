import path from 'node:path'
import { expect, test } from 'vitest'
import { crawl, list, run, temporaryFolder } from './support.ts'

const SCHEMA = `
  CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT);
  CREATE TABLE child(id INTEGER PRIMARY KEY, parent REFERENCES parent, note TEXT);
  CREATE TABLE lone(a, b, c);
  CREATE INDEX by_note ON child(note);
  CREATE VIEW report AS SELECT * FROM parent;
  CREATE VIEW outer_report AS SELECT * FROM report;
  CREATE TRIGGER audit AFTER INSERT ON lone BEGIN SELECT 1; END;
  INSERT INTO parent VALUES (1, 'x');`

interface Difference {
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  readonly moved?: readonly string[]
}

/** Each change, and what of the inventory it must touch: nothing more, nothing less. */
const CHANGES: readonly (readonly [sql: string, difference: Difference])[] = [
  ['CREATE TABLE fresh(a)', { added: ['fresh'] }],
  ['CREATE TABLE copy AS SELECT * FROM parent', { added: ['copy'] }],
  ['DROP TABLE lone', { removed: ['lone'] }],
  ['ALTER TABLE lone RENAME TO other', { removed: ['lone'], added: ['other'] }],
  ['ALTER TABLE parent RENAME TO mother', { removed: ['parent'], added: ['mother'], moved: ['child', 'report'] }],
  ['ALTER TABLE lone ADD COLUMN d TEXT DEFAULT 1', { moved: ['lone'] }],
  ['ALTER TABLE lone DROP COLUMN c', { moved: ['lone'] }],
  ['ALTER TABLE lone RENAME COLUMN a TO z', { moved: ['lone'] }],
  ['ALTER TABLE parent ADD COLUMN extra', { moved: ['parent', 'report', 'outer_report'] }],
  ['ALTER TABLE parent RENAME COLUMN id TO key', { moved: ['parent', 'child', 'report', 'outer_report'] }],
  ['CREATE INDEX partial ON lone(lower(a)) WHERE b > 1', { moved: ['lone'] }],
  ['CREATE UNIQUE INDEX one ON lone(b, c)', { moved: ['lone'] }],
  ['DROP INDEX by_note', { moved: ['child'] }],
  ['DROP INDEX by_note; CREATE INDEX by_note ON child(note DESC)', { moved: ['child'] }],
  ['CREATE TRIGGER guard BEFORE DELETE ON parent BEGIN SELECT 1; END', { moved: ['parent'] }],
  ['CREATE TRIGGER into_it INSTEAD OF INSERT ON report BEGIN SELECT 1; END', { moved: ['report'] }],
  ['DROP TRIGGER audit', { moved: ['lone'] }],
  ['DROP TRIGGER audit; CREATE TRIGGER audit AFTER INSERT ON lone BEGIN SELECT 2; END', { moved: ['lone'] }],
  ['CREATE VIEW other AS SELECT 1', { added: ['other'] }],
  ['DROP VIEW outer_report', { removed: ['outer_report'] }],
  ['DROP VIEW report', { removed: ['report'], moved: ['outer_report'] }],
  ['DROP VIEW report; CREATE VIEW report AS SELECT 2 AS x', { moved: ['report', 'outer_report'] }],
  ['DROP TABLE parent', { removed: ['parent'], moved: ['child', 'report', 'outer_report'] }],
  ['DROP TABLE lone; CREATE TABLE lone(a, b, c)', { moved: ['lone'] }],
  ['DROP TABLE lone; CREATE VIEW lone AS SELECT 1', { moved: ['lone'] }],
  ['DROP TABLE lone; CREATE TABLE lone(a, b, c CHECK (c))', { moved: ['lone'] }],
  ['DROP TABLE lone; CREATE TABLE lone(a ANY, b ANY, c ANY) STRICT', { moved: ['lone'] }],
  ['CREATE VIRTUAL TABLE f USING rtree(id, a, b)', { added: ['f', 'f_node', 'f_parent', 'f_rowid'] }],
  ['PRAGMA user_version = 3', { moved: [''] }],
  ['PRAGMA application_id = 3', { moved: [''] }],
  ["INSERT INTO parent VALUES (2, 'y'); UPDATE lone SET a = 1; DELETE FROM parent", {}],
  ['ANALYZE; VACUUM; REINDEX', {}],
  ['PRAGMA journal_mode = WAL', {}],
  ['CREATE TEMP TABLE t(a)', {}],
  ['BEGIN; DROP TABLE lone; ROLLBACK', {}],
]

test.each(CHANGES)('%s', async (sql, expected) => {
  const file = path.join(temporaryFolder(), 'f.db')
  run(file, SCHEMA)
  const [before, scopesBefore] = [await crawl(file), (await list(file)).scopes]
  run(file, `PRAGMA foreign_keys = OFF; ${sql}`)
  const [after, scopesAfter] = [await crawl(file), (await list(file)).scopes]
  const name = (key: string) => key.slice('f\\.db.'.length)
  const moved = [...after].filter(([key, item]) => before.has(key) && before.get(key)?.fingerprint !== item.fingerprint)
  const difference = {
    added: [...after.keys()].filter((key) => !before.has(key)).map(name),
    removed: [...before.keys()].filter((key) => !after.has(key)).map(name),
    moved: moved.map(([key]) => name(key)),
  }
  const sorted = ({ added = [], removed = [], moved: changed = [] }: Difference) => ({
    added: [...added].sort(),
    removed: [...removed].sort(),
    moved: [...changed].sort(),
  })
  expect(sorted(difference)).toEqual(sorted(expected))
  const isSame = Object.values(difference).every((names) => names.length === 0)
  if (!isSame) expect(scopesAfter[0]?.fingerprint).not.toBe(scopesBefore[0]?.fingerprint)
  else if (sql.startsWith('INSERT')) expect(scopesAfter).toEqual(scopesBefore)
})

test('a file replaced by one with the same counter, or edited under the counter, has another fingerprint', async () => {
  const folder = temporaryFolder()
  const [first, second] = [path.join(folder, 'a.db'), path.join(folder, 'b.db')]
  run(first, 'CREATE TABLE t(a)')
  run(second, 'CREATE TABLE t(b)')
  const fingerprints = (await list(folder)).scopes.map(({ fingerprint }) => fingerprint)
  expect(fingerprints[0]).not.toBe(fingerprints[1])
  run(first, `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE t(c)'`)
  expect((await list(folder)).scopes[0]?.fingerprint).not.toBe(fingerprints[0])
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { nameKey } from '../../connectors/kit/index.ts'
import connector from '../../connectors/sqlite/index.ts'
import { describeConnector } from './describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from './harness.ts'

const seed = await readFile(new URL('../fixtures/sqlite/seed.sql', import.meta.url), 'utf8')

const pathOf = ({ config }: Fixture, name = 'shop.db'): string => join(String(config.path), name)
const key = (...parts: string[]): string => nameKey(['shop.db', ...parts])

function run(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

async function folder(fill: (path: string) => void): Promise<Fixture> {
  const path = await mkdtemp(join(tmpdir(), 'tidemark-contract-'))
  fill(path)
  return {
    config: { path, lockTimeoutMs: 0 },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

const change = (name: string, sql: string, described: string[], allowed: string[] = []): ChangeCase => ({
  name,
  apply: (fixture) => run(pathOf(fixture), sql),
  described,
  allowed,
})

const harness: ContractHarness = {
  kind: 'file',
  published: true,
  drivers: ['node:sqlite'],
  createFixture: () =>
    folder((path) => {
      run(join(path, 'shop.db'), seed)
      run(join(path, 'second.sqlite'), 'CREATE TABLE alone (id INTEGER)')
    }),
  async failures(fixture) {
    await writeFile(pathOf(fixture, 'text.db'), 'this is no database, whatever its name says')
    return [
      { name: 'a path that is not there', config: { path: pathOf(fixture, 'nothing') }, category: 'not_found' },
      { name: 'a file that is no database', config: { path: pathOf(fixture, 'text.db') }, category: 'invalid_config' },
    ]
  },
  changes: [
    change('a new column', 'ALTER TABLE setting ADD COLUMN note TEXT', [key('setting')]),
    change('a new table', 'CREATE TABLE extra (id INTEGER PRIMARY KEY, name TEXT)', [key('extra')]),
    change('a new index', 'CREATE INDEX extra_name ON extra (name)', [key('extra')]),
    change('a new trigger', 'CREATE TRIGGER seen AFTER DELETE ON extra BEGIN SELECT 1; END', [key('extra')]),
    change('a new view', 'CREATE VIEW names AS SELECT * FROM extra', [key('names')]),
    change('a column that a view shows', 'ALTER TABLE extra ADD COLUMN more REAL', [key('extra'), key('names')]),
    change('a renamed column', 'ALTER TABLE extra RENAME COLUMN name TO title', [key('extra'), key('names')]),
    change('a replaced view', 'DROP VIEW names; CREATE VIEW names AS SELECT id FROM extra', [key('names')]),
    change('a renamed table', 'DROP VIEW names; ALTER TABLE extra RENAME TO other', [key('other')]),
    change('a dropped index', 'DROP INDEX extra_name', [key('other')]),
    change('a table made anew', 'DROP TABLE other; CREATE TABLE other (x TEXT)', [key('other')]),
    change('a dropped table', 'DROP TABLE other', []),
    change('rows', "INSERT INTO customer (email) VALUES ('a@example.com'); DELETE FROM customer", []),
    change('a vacuum', 'VACUUM', []),
    change('the version of the application', 'PRAGMA user_version = 8', [key()]),
    {
      name: 'a new file',
      apply: (fixture) => run(pathOf(fixture, 'third.db'), 'CREATE TABLE one (id INTEGER)'),
      described: [nameKey(['third.db']), nameKey(['third.db', 'one'])],
    },
  ],
  faults: [
    {
      name: 'a file locked by a writer',
      category: 'source_unavailable',
      async provoke({ fixture, handle }) {
        const writer = new DatabaseSync(pathOf(fixture))
        try {
          writer.exec('BEGIN EXCLUSIVE')
          await handle.inventory({ key: 'shop.db', name: 'shop.db' }).next()
        } finally {
          writer.close()
        }
      },
    },
    {
      name: 'a damaged file',
      category: 'data_integrity',
      async provoke({ fixture, handle }) {
        const bytes = await readFile(pathOf(fixture))
        await writeFile(pathOf(fixture), bytes.fill(0x2a, 100, 400))
        await handle.inventory({ key: 'shop.db', name: 'shop.db' }).next()
      },
    },
  ],
  big: (objects) =>
    folder((path) => {
      const database = new DatabaseSync(join(path, 'big.db'), { defensive: false })
      // Written as rows: SQLite takes minutes over so many CREATE TABLE. All share one empty tree.
      database.exec('CREATE TABLE pattern (id INTEGER); PRAGMA writable_schema = ON; BEGIN')
      const insert = database.prepare(
        "INSERT INTO sqlite_schema VALUES ('table', ?1, ?1, 2, 'CREATE TABLE ' || ?1 || ' (id INTEGER)')",
      )
      for (let n = 0; n < objects; n += 1) insert.run(`t${n}`)
      database.exec('COMMIT')
      database.close()
    }),
}

describeConnector(connector, harness)

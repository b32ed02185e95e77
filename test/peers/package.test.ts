import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const project = mkdtempSync(join(tmpdir(), 'tidemark-package-'))
const home = join(project, 'home')

const npm = (args: string[], cwd: string) => run('npm', args, { cwd, maxBuffer: 1 << 26 })
/** The published program, as somebody runs it who has installed it. */
async function tidemark(...args: string[]): Promise<string> {
  const env = { ...process.env, TIDEMARK_HOME: home, DATABASE_URL: '', TEMPORAL_ADDRESS: '' }
  const { stdout } = await run('npx', ['--no-install', 'tidemark', ...args], { cwd: project, env, maxBuffer: 1 << 26 })
  return stdout
}

beforeAll(async () => {
  await npm(['pack', '--pack-destination', project], root)
  const [tarball] = readdirSync(project).filter((name) => name.endsWith('.tgz'))
  cpSync(join(root, 'test/fixtures/connector-package'), join(project, 'tides'), { recursive: true })
  mkdirSync(join(project, 'data'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'somebody', private: true }))
  writeFileSync(join(project, 'temporal.yaml'), 'connectors: [tidemark-connector-tides]\n')
  await npm(['install', '--prefer-offline', '--install-links', `./${tarball}`, './tides'], project)
  const shop = new DatabaseSync(join(project, 'data/shop.db'))
  shop.exec(
    'create table orders (id integer primary key, total real); create view big as select * from orders where total > 100',
  )
  shop.close()
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

test('the installed package says its version and lists its connectors and one of another package', async () => {
  expect(await tidemark('--version')).toMatch(/^\d+\.\d+\.\d+\s*$/)
  const connectors = await tidemark('connectors')
  for (const type of ['postgres', 'sqlite', 'tides']) expect(connectors).toContain(type)
})

test('it crawls an SQLite file into its own store, and what the other package brings', async () => {
  await tidemark('add', 'data/shop.db', '--name', 'shop', '--yes')
  await tidemark('add', 'tides://dover,calais', '--name', 'tides', '--yes')
  const assets = JSON.parse(
    await tidemark('sql', '--json', 'select asset, kind from catalog.assets order by asset'),
  ) as unknown
  expect(assets).toEqual(
    expect.arrayContaining([
      { asset: 'calais', kind: 'tide table' },
      { asset: '"shop.db".orders', kind: 'table' },
      { asset: '"shop.db".big', kind: 'view' },
    ]),
  )
})

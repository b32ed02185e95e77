import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { createPlace } from '../cli/support.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { GithubWorld } from '../helpers/github/world.ts'
import { createDatabase } from '../helpers/store.ts'

const DEMO = fileURLToPath(new URL('../../examples/shop-code', import.meta.url))
const SHOP = readFileSync(new URL('../../cli/sample/shop.sql', import.meta.url), 'utf8')

const demoFiles = () =>
  readdirSync(DEMO, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(DEMO.length + 1), readFileSync(path, 'utf8')] as const)

/** The README's own settings and commands, with the places of this test. */
test('the demo monorepo, as its README goes: from a column to the file and line that computes it', async () => {
  const readme = readFileSync(join(DEMO, 'README.md'), 'utf8')
  await using database = await createDatabase()
  const sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await sql.unsafe(SHOP)
  await sql.end()
  const world = new GithubWorld()
  world.addOwner('ann', 'User')
  const repository = world.addRepository('ann', 'shop-code')
  repository.visibility = 'public'
  const commit = world.push(repository, Object.fromEntries(demoFiles()), { message: "The shop's code" })
  await using fake = await startFakeGithub(world, { token: 'github_pat_of_ann' })
  await using place = await createPlace({ GITHUB_TOKEN: 'github_pat_of_ann' })
  const here = (text: string) => text.replaceAll('sample_shop', database.name)
  const run = async (command: string) => {
    const { code, stdout, stderr } = await place.run(...words(here(command)))
    expect(code, `${command}: ${stderr}`).toBe(0)
    return stdout
  }

  await run(`add ${database.url} --name shop`)
  const { data } = await place.json('show', 'shop')
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const settings = here(yaml.replace(/^ {3}/gm, ''))
    .replaceAll('YOU', 'ann')
    .replace(/namespace: \S+/, `namespace: ${data.source.namespace}`)
    .replace('owners:', `baseUrl: ${fake.url}\n      owners:`)
  const file = join(place.env.TIDEMARK_HOME ?? '', 'code.yaml')
  writeFileSync(file, settings)
  await run(`apply ${file} --yes`)
  await run('sync shop')
  const commands = [...readme.matchAll(/^ +npx tidemark ((?:sync code|lineage|sql) ?[^\n]*(?:\n {17,}[^\n]+)*)/gm)]
  const outputs: string[] = []
  for (const [, command = ''] of commands) outputs.push(await run(command))
  const [, revenue = '', customers = '', gaps = '', rows = ''] = outputs

  const place12 = commit.slice(0, 12)
  expect(revenue).toContain(`${database.name}.sales.order_item.amount`)
  expect(revenue).toMatch(
    new RegExp(`monthly_revenue\\.revenue +ann\\.shop-code +sql/monthly_revenue\\.sql:6 +${place12}`),
  )
  expect(customers).toMatch(
    new RegExp(`best_customers\\.revenue +ann\\.shop-code +analytics/models/marts/best_customers\\.sql:7 +${place12}`),
  )
  // customer_value is computed by the database alone; what it reads is computed by a migration.
  expect(customers).toMatch(
    new RegExp(`order_total\\.total +ann\\.shop-code +migrations/V2__order_total\\.sql:7 +${place12}`),
  )
  expect(gaps).toBe('No gaps: 5 of 5 statements are wholly known.\n')
  const lines = rows.split('\n').slice(1, 4)
  expect(lines.map((line) => line.split(/ +/).slice(0, 5))).toEqual(
    [
      ['category', '5'],
      ['month', '4'],
      ['revenue', '6'],
    ].map(([column, line]) => [column, 'sql/monthly_revenue.sql', line, line, commit]),
  )
}, 120_000)

/** A command line as a shell splits it. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { writeDocument } from '../../cli/document.ts'
import { createPlace, makeHome } from './support.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function makeFile(name = 'shop.db'): string {
  const path = join(makeHome(), name)
  const database = new DatabaseSync(path)
  database.exec('create table customer (id integer primary key, email text)')
  database.close()
  return path
}

test('one result in every form', async () => {
  await using place = await createPlace()
  await place.run('add', makeFile(), '--name', 'shop', '--yes', '--label', 'note=a, "b"')
  const json = JSON.parse((await place.run('sources', '--output', 'json')).stdout)
  expect(json).toEqual((await place.json('sources')).data)
  expect(parse((await place.run('sources', '--output=yaml')).stdout)).toEqual(json)
  expect((await place.run('-o', 'table', 'sources')).stdout).toMatch(/^SOURCE +CONNECTOR/)
  const [head, row, ...rest] = (await place.run('sources', '-o', 'csv')).stdout.split('\r\n')
  expect(head?.split(',').slice(0, 3)).toEqual(['source', 'connector', 'namespace'])
  expect(row).toMatch(/^shop,sqlite,sqlite:/)
  expect(row).toContain('"{""note"":""a, \\""b\\""""}"')
  expect(rest).toEqual([''])
  for (const verb of [
    ['runs'],
    ['search', 'email'],
    ['changes', '--baseline'],
    ['connectors'],
    ['status'],
    ['sql', 'select 1 as one'],
  ]) {
    expect((await place.run(...verb, '--output', 'csv')).stdout.split('\r\n').length).toBeGreaterThan(2)
  }
})

test('errors come in the form asked for; a form that is none is a usage error', async () => {
  await using place = await createPlace()
  expect(parse((await place.run('runs', 'nobody', '--output', 'yaml')).stdout)).toMatchObject({
    error: { category: 'invalid_config' },
  })
  expect(await place.run('runs', 'nobody', '--output', 'csv')).toMatchObject({ code: 2, stdout: '' })
  const wrong = await place.run('runs', '--output', 'xml')
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain("argument 'xml' is invalid. Allowed choices are table, json, yaml, csv.")
})

test('CSV keeps what is in a cell', () => {
  const rows = [
    { a: 'x,y', b: null, c: 1.5, d: [1, 'two'], e: new Date(0) },
    { a: 'line\nbreak "q"', c: true, f: ' padded' },
  ]
  expect(writeDocument('csv', { rows })).toBe(
    'a,b,c,d,e,f\r\n"x,y",,1.5,"[1,""two""]",1970-01-01T00:00:00.000Z,\r\n"line\nbreak ""q""",,true,,," padded"\r\n',
  )
  expect(writeDocument('csv', { one: [], two: 5 })).toBe('')
  expect(writeDocument('csv', { source: { name: 's', status: 'paused' } })).toBe('name,status\r\ns,paused\r\n')
  expect(() => writeDocument('csv', { run: {}, scopes: [], changes: [] })).toThrow('more than one list')
})

const hasScript = spawnSync('script', ['--version']).status === 0
test.skipIf(!hasScript)(
  `colours on a terminal alone, and not with NO_COLOR${hasScript ? '' : ' (skipped: no `script` to make a terminal)'}`,
  async () => {
    await using place = await createPlace()
    await place.run('add', makeFile(), '--name', 'shop', '--yes')
    const command = `${join(ROOT, 'node_modules/node/bin/node')} ${join(ROOT, 'cli/bin.ts')} status`
    const inherited = { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm-256color', ...place.env }
    const onTerminal = (env: Record<string, string>) =>
      spawnSync('script', ['-qec', command, '/dev/null'], { env: { ...inherited, ...env }, encoding: 'utf8' }).stdout
    const coloured = onTerminal({})
    expect(coloured).toContain('\u001b[32mAll is well: 1 source.')
    const plain = onTerminal({ NO_COLOR: '1' })
    expect(plain).toContain('All is well: 1 source.')
    expect(plain).not.toContain('\u001b[')
    const piped = spawnSync('sh', ['-c', command], { env: inherited, encoding: 'utf8' }).stdout
    expect(piped).not.toContain('\u001b[')
  },
)

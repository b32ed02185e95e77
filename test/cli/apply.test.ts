import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createPlace, makeHome, tidemark } from './support.ts'

function makeDatabase(folder: string, name: string): void {
  const database = new DatabaseSync(join(folder, name))
  database.exec('create table t (id integer)')
  database.close()
}

test('a file of sources: shown, applied, exported, pruned', async () => {
  await using place = await createPlace()
  const folder = makeHome()
  for (const name of ['a.db', 'b.db']) makeDatabase(folder, name)
  const file = join(folder, 'tidemark.yaml')
  const entry = (name: string, more = '') =>
    `  ${name}: { connector: sqlite, config: { path: ${folder}/${name}.db }${more} }\n`
  writeFileSync(file, `sources:\n${entry('a')}${entry('b', ', labels: { team: web }')}`)

  const shown = await place.run('apply', file, '--dry-run')
  expect(shown.code).toBe(0)
  expect(shown.stdout).toContain('+ a  sqlite\n')
  expect(shown.stdout).toContain('    labels.team: web\n')
  expect(shown.stdout).toMatch(/2 to add, 0 to change, 0 unchanged\n$/)
  expect((await place.json('sources')).data.sources).toEqual([])

  const applied = await place.json('apply', file)
  expect(applied).toMatchObject({
    code: 0,
    data: {
      dryRun: false,
      sources: [
        { source: 'a', action: 'add', status: 'saved', error: null },
        { source: 'b', action: 'add', status: 'saved', error: null },
      ],
    },
  })
  expect((await place.run('apply', file)).stdout).toBe('0 to add, 0 to change, 2 unchanged\n')

  const exported = join(makeHome(), 'out.yaml')
  expect((await place.run('export', 'sources', exported)).code).toBe(0)
  expect(readFileSync(exported, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=tidemark.schema.json')
  const schema = readFileSync(join(exported, '..', 'tidemark.schema.json'), 'utf8')
  expect(schema).toBe((await place.run('schema')).stdout)
  expect((await place.run('export', 'sources', exported)).code).toBe(2)
  expect((await place.run('export', 'sources')).stdout).toBe(readFileSync(exported, 'utf8'))
  expect((await place.run('apply', exported)).stdout).toBe('0 to add, 0 to change, 2 unchanged\n')

  // One source becomes unreachable, one is no longer in the file.
  writeFileSync(file, `sources:\n  a: { connector: sqlite, config: { path: ${folder}/gone.db } }\n`)
  const failed = await place.run('apply', file)
  expect(failed.code).toBe(1)
  expect(failed.stdout).toContain('✖ a: not saved, as its test failed')
  expect(failed.stdout).toContain('not in the file: b (it stays')
  expect(await place.json('apply', file, '--no-test', '--prune')).toMatchObject({
    code: 2,
    data: { error: { category: 'invalid_config', message: expect.stringContaining('takes b') } },
  })
  expect((await place.run('apply', file, '--no-test', '--prune', '--yes')).code).toBe(0)
  const { sources } = (await place.json('sources')).data
  expect(sources.map(({ source }: { source: string }) => source)).toEqual(['a'])
})

test('what is wrong with a file is told with its place, before any store is opened', async () => {
  const folder = makeHome()
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, 'sources:\n  a: { connector: sqlit, config: {} }\n')
  const { code, stderr } = await tidemark(['apply', file], {
    TIDEMARK_HOME: folder,
    DATABASE_URL: 'postgres://u@127.0.0.1:1/d',
  })
  expect(code).toBe(2)
  expect(stderr).toContain(`error: ${file}:2:19: unknown connector "sqlit"`)
  expect(stderr).toContain('hint: Did you mean sqlite?')
  const absent = await tidemark(['apply', join(folder, 'no.yaml')], { TIDEMARK_HOME: folder })
  expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('no.yaml cannot be read') })
})

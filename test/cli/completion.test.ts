import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRegistry } from '../../connectors/registry.ts'
import { createPlace, makeHome, type Place, tidemark } from './support.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0
/** Why a shell's tests are left out. */
const without = (shell: string) => (has(shell) ? '' : ` (skipped: ${shell} is not installed)`)

const connectors = [...(await loadRegistry()).types]
let place: Place
let folder: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  place = await createPlace()
  folder = makeHome()
  for (const name of ['shop', 'tills']) {
    const path = join(folder, `${name}.db`)
    const database = new DatabaseSync(path)
    database.exec('create table t (id integer)')
    database.close()
    await place.run('add', path, '--name', name, '--yes', '--no-sync', '--no-test')
  }
  // The command as a person has it on the PATH.
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(
    join(bin, 'tidemark'),
    `#!/bin/sh\nexec ${join(ROOT, 'node_modules/node/bin/node')} ${join(ROOT, 'cli/bin.ts')} "$@"\n`,
  )
  chmodSync(join(bin, 'tidemark'), 0o755)
  env = { HOME: folder, PATH: `${bin}:${process.env.PATH}`, ...place.env }
  for (const shell of ['bash', 'zsh', 'fish']) {
    writeFileSync(join(folder, shell), (await tidemark(['completion', shell], {})).stdout)
  }
})
afterAll(() => place[Symbol.asyncDispose]())

const run = (shell: string, args: readonly string[]) =>
  execFileSync(shell, args, { env, cwd: folder, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')

describe('bash', () => {
  const complete = (...words: string[]) => {
    const array = words.map((word) => `'${word}'`).join(' ')
    const script = `source ./bash; COMP_WORDS=(tidemark ${array}); COMP_CWORD=${words.length}; _tidemark; printf '%s\\n' "\${COMPREPLY[@]}"`
    return run('bash', ['--norc', '-c', script])
  }
  test.skipIf(!has('bash'))(`verbs, options, their values, sources, connectors and files${without('bash')}`, () => {
    expect(complete('')).toEqual(expect.arrayContaining(['add', 'apply', 'status', 'sync', 'completion']))
    expect(complete('')).not.toContain('__complete')
    expect(complete('st')).toEqual(['status'])
    expect(complete('sync', '--fu')).toEqual(['--full'])
    expect(complete('sync', '--full', '')).toEqual(['shop', 'tills'])
    expect(complete('sync', 'shop', 't')).toEqual(['tills'])
    expect(complete('--output', 'yaml', 'runs', 's')).toEqual(['shop'])
    expect(complete('runs', '--limit', '5', 'sh')).toEqual(['shop'])
    expect(complete('runs', 'shop', '')).toEqual([])
    expect(complete('changes', '--severity', 'r')).toEqual(['risky'])
    expect(complete('sources', '--output', '=', 'j')).toEqual(['json'])
    expect(complete('connectors', '')).toEqual(connectors)
    expect(complete('export', '')).toEqual(['sources', 'openlineage'])
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(complete('apply', 'sh')).toEqual(['shop.db'])
    expect(complete('help', 'rot')).toEqual(['rotate-key'])
  })
})

describe('fish', () => {
  const complete = (line: string) =>
    run('fish', ['--no-config', '-c', `source ./fish; complete -C '${line}'`]).map((word) => word.split('\t')[0])
  test.skipIf(!has('fish'))(`verbs, options, their values, sources, connectors and files${without('fish')}`, () => {
    expect(complete('tidemark ')).toEqual(expect.arrayContaining(['add', 'apply', 'status', 'sync']))
    expect(complete('tidemark sync --fu')).toEqual(['--full'])
    expect(complete('tidemark sync ')).toEqual(['shop', 'tills'])
    expect(complete('tidemark changes --severity ')).toEqual(['breaking', 'risky', 'safe'])
    expect(complete('tidemark connectors ')).toEqual(connectors)
    expect(complete('tidemark apply sh')).toEqual(['shop.db'])
  })
})

describe('zsh', () => {
  test.skipIf(!has('zsh'))(`the script is read, and registers itself${without('zsh')}`, () => {
    expect(spawnSync('zsh', ['-n', join(folder, 'zsh')]).status).toBe(0)
    const script =
      'autoload -U compinit; compinit -u -D; source ./zsh; print $_comps[tidemark]; _tidemark_asked() { print asked }; functions _tidemark | wc -l'
    const [registered, lines] = run('zsh', ['-f', '-c', script])
    expect(registered).toBe('_tidemark')
    expect(Number(lines)).toBeGreaterThan(30)
  })
})

test('without zsh or fish their scripts are in balance all the same', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { stdout } = await tidemark(['completion', shell], {})
    // Quotes come in pairs on every line, but for the escaped ones.
    const bare = stdout
      .replaceAll(String.raw`'\''`, '')
      .replaceAll(/\\['"]/g, '')
      .split('\n')
    expect(bare.filter((line) => !line.startsWith('#') && (line.split("'").length - 1) % 2 === 1)).toEqual([])
    for (const verb of ['sync', 'apply', 'rotate-key']) expect(stdout).toContain(verb)
  }
})

test('what is asked for while typing starts nothing, and says nothing when there is nothing', async () => {
  expect(await tidemark(['__complete', 'sources'], { TIDEMARK_HOME: makeHome() })).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  const away = { TIDEMARK_HOME: makeHome(), DATABASE_URL: 'postgres://u@127.0.0.1:1/d' }
  expect(await tidemark(['__complete', 'sources'], away)).toEqual({ code: 0, stdout: '', stderr: '' })
})

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { startFakeVault } from '../helpers/fake-vault.ts'
import { createDatabase, testServer } from '../helpers/store.ts'
import { makeHome, start, tidemark } from './support.ts'

/** Planted where Tidemark handles secrets; each is searched for by the words that no escaping changes. */
const PLANTED = {
  stored: 'Planted0ne/p@ss "w0rd"',
  wrong: 'PlantedTwo wr0ng',
  replaced: 'PlantedThree-next',
  environment: 'PlantedF0ur-env',
  vault: 'PlantedFive-vault',
}

/** The forms in which a secret could lie in a file. */
function formsOf(secret: string): Buffer[] {
  return [
    Buffer.from(secret),
    Buffer.from(encodeURIComponent(secret)),
    Buffer.from(JSON.stringify(secret).slice(1, -1)),
    Buffer.from(secret, 'utf16le'),
    Buffer.from(Buffer.from(secret).toString('hex')),
    // Base64 of a text that begins anywhere: its middle stands still in one of three shifts.
    ...[0, 1, 2].map((shift) =>
      Buffer.from(
        Buffer.from(' '.repeat(shift) + secret)
          .toString('base64')
          .slice(4, -4),
      ),
    ),
  ]
}

/** Every file below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** The files below a folder in which each of the needles is found. */
function searchFiles(home: string, needles: Readonly<Record<string, readonly Buffer[]>>): Record<string, string[]> {
  const found: Record<string, string[]> = Object.fromEntries(Object.keys(needles).map((name) => [name, []]))
  for (const path of filesIn(home)) {
    const content = readFileSync(path)
    for (const [name, forms] of Object.entries(needles)) {
      if (forms.some((form) => content.includes(form))) found[name]?.push(relative(home, path))
    }
  }
  return found
}

test("no planted secret is in the store's files, Temporal's database or the logs", async () => {
  const home = makeHome()
  await using source = await createDatabase()
  await using vault = await startFakeVault()
  await vault.put('secret/shop', { password: PLANTED.vault })
  const admin = postgres(testServer(), { max: 1, onnotice: () => {} })
  const roles = ['stored', 'replaced', 'environment', 'vault'] as const
  const roleOf = (name: string) => `${source.name}_${name}`
  let up: ReturnType<typeof start> | undefined
  for (const name of roles) {
    await admin.unsafe(`create role ${roleOf(name)} login password '${PLANTED[name].replaceAll("'", "''")}'`)
  }
  try {
    const { hostname, port } = new URL(source.url)
    const settings = join(home, 'temporal.yaml')
    const quick = '{ initialInterval: 10ms, maximumInterval: 10ms, maximumAttempts: 2 }'
    writeFileSync(settings, `retry: { source: ${quick}, store: ${quick} }\n`)
    const env = {
      TIDEMARK_HOME: home,
      TIDEMARK_CONFIG: settings,
      LOG_LEVEL: 'debug',
      PLANTED_ENV: PLANTED.environment,
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.root,
    }
    const entry = (name: string, role: string, password: string) => `  ${name}:
    connector: postgres
    config: { host: ${hostname}, port: ${port}, user: ${roleOf(role)}, password: ${JSON.stringify(password)}, databases: [${source.name}] }
    schedule: none
`
    const file = join(makeHome(), 'tidemark.yaml')
    const refused = `  marker_refused:
    connector: postgres
    config: { url: "postgres://me:${encodeURIComponent(PLANTED.wrong)}@127.0.0.1:1/shop" }
`
    const write = (first: string) =>
      writeFileSync(
        file,
        `sources:\n${first}${refused}${entry('marker_env', 'environment', '${env:PLANTED_ENV}')}${entry('marker_vault', 'vault', '${vault:secret/shop#password}')}`,
      )
    const running = start(['up'], env)
    up = running
    await new Promise<void>((resolve) => {
      running.child.stderr.on('data', (chunk: Buffer) => chunk.toString().includes('Tidemark is up') && resolve())
      running.child.once('close', () => resolve())
    })
    write(entry('marker_stored', 'stored', PLANTED.stored))
    const run = (...args: string[]) => tidemark(args, env)
    const applied = await run('apply', file, '--no-test')
    expect(applied).toMatchObject({ code: 0 })
    const synced = await run('sync', '--json')
    const outcomes = Object.fromEntries(
      JSON.parse(synced.stdout).runs.map((one: { source: string; outcome: string }) => [one.source, one.outcome]),
    )
    expect(outcomes).toEqual({
      marker_stored: 'succeeded',
      marker_refused: 'failed',
      marker_env: 'succeeded',
      marker_vault: 'succeeded',
    })
    write(entry('marker_stored', 'replaced', PLANTED.replaced))
    const others = [
      await run('apply', file),
      await run('rotate-key', '--data-keys'),
      await run('sync', 'marker_stored', '--full'),
      await run('doctor'),
      await run('test', 'marker_refused'),
      await run('export', 'sources'),
    ]
    expect(others.slice(0, 3).map(({ code }) => code)).toEqual([0, 0, 0])
    running.child.kill('SIGINT')
    const told = [applied, synced, ...others, await running.finished()].flatMap(({ stdout, stderr }) => [
      stdout,
      stderr,
    ])

    // The search finds what is there: the sources' names are in the files of both servers.
    const secrets = Object.fromEntries(Object.entries(PLANTED).map(([name, secret]) => [name, formsOf(secret)]))
    const { marker, ...inFiles } = searchFiles(home, { marker: [Buffer.from('marker_refused')], ...secrets })
    expect(marker).toContain('temporal.db')
    expect(marker?.some((path) => path.startsWith('postgres/'))).toBe(true)
    for (const [name, forms] of Object.entries(secrets)) {
      const inOutput = told.filter((text) => forms.some((form) => Buffer.from(text).includes(form)))
      expect({ name, files: inFiles[name], inOutput }).toEqual({ name, files: [], inOutput: [] })
    }
  } finally {
    up?.child.kill('SIGINT')
    for (const name of roles) await admin.unsafe(`drop role ${roleOf(name)}`)
    await admin.end()
  }
}, 180_000)

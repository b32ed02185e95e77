// docs/operations.md, followed step by step: its blocks marked with `<!-- step -->` run in one shell, as they are written, with
// real servers behind the names that the page uses. Only systemd is a stand-in, which starts and stops what the page's unit says.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { freePort } from '../../runtime/process.ts'
import { startScratchTemporal, type TemporalServer } from '../../runtime/temporal.ts'
import { locateTemporal } from '../../runtime/temporal-binary.ts'
import { NODE } from '../cli/support.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const PASSWORD = 'admins0nly'

const machine = mkdtempSync(join(tmpdir(), 'tidemark-operations-'))
const bin = join(machine, 'bin')
let server: Awaited<ReturnType<typeof startScratchPostgres>>
let temporal: TemporalServer
let replacements: readonly (readonly [string, string])[]

/** Starts, stops and restarts what a unit file says. */
const SYSTEMCTL = `#!/usr/bin/env bash
set -euo pipefail
units="${machine}/etc/systemd/system"; state="${machine}/run"
start() {
  local file="$units/$1.service"
  local env; env=$(sed -n 's/^EnvironmentFile=//p' "$file")
  local command; command=$(sed -n 's/^ExecStart=//p' "$file")
  ( set -a; . "$env"; set +a; exec setsid $command ) >>"$state/$1.log" 2>&1 &
  echo $! > "$state/$1.pid"
}
stop() {
  local pid; pid=$(cat "$state/$1.pid")
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.1; done
  echo "$1 did not stop within 30 s" >&2; return 1
}
verb=$1; shift
[ "\${1:-}" = --now ] && shift
for unit in "$@"; do
  case $verb in
    enable|start) start "$unit" ;;
    stop) stop "$unit" ;;
    restart) stop "$unit"; start "$unit" ;;
  esac
done
`

function addProgram(name: string, text: string): void {
  writeFileSync(join(bin, name), text)
  chmodSync(join(bin, name), 0o755)
}

beforeAll(async () => {
  if (spawnSync('pg_dump', ['--version']).error !== undefined || spawnSync('curl', ['--version']).error !== undefined) {
    spawnSync('sh', ['-c', 'apt-get update -q && apt-get install -qy postgresql-client curl openssl'], {
      stdio: 'inherit',
    })
  }
  for (const folder of ['bin', 'run', 'etc/systemd/system', 'var/backups'])
    mkdirSync(join(machine, folder), { recursive: true })
  // pg_dump refuses a server newer than itself.
  server = await startScratchPostgres({ directory: join(machine, 'postgres'), version: '15', password: PASSWORD })
  const started = await startScratchTemporal({ directory: join(machine, 'temporal') })
  const binary = await locateTemporal()
  if (started === undefined || binary === undefined)
    throw new Error('no Temporal server can be had: see runtime/temporal.ts')
  temporal = started
  symlinkSync(binary.path, join(bin, 'temporal'))
  addProgram('tidemark', `#!/bin/sh\nexec "${NODE}" "${join(ROOT, 'cli/bin.ts')}" "$@"\n`)
  addProgram('systemctl', SYSTEMCTL)
  // The machine's own accounts stay as they are.
  for (const name of ['useradd', 'chown', 'chgrp']) addProgram(name, '#!/bin/sh\nexit 0\n')
  addProgram(
    'install',
    `#!/usr/bin/env bash\nargs=()\nwhile [ $# -gt 0 ]; do case $1 in -o|-g) shift 2 ;; *) args+=("$1"); shift ;; esac; done\nexec /usr/bin/install "\${args[@]}"\n`,
  )
  const [main, branch] = [await freePort(), await freePort()]
  replacements = [
    ['PGHOST=db.internal PGPORT=5432', `PGHOST=127.0.0.1 PGPORT=${server.port}`],
    ['5432/tidemark$|5432/', `${server.port}/tidemark$|${server.port}/`],
    ['db.internal:5432', `127.0.0.1:${server.port}`],
    ['crawler@shop.internal:5432', `crawler:crawls@127.0.0.1:${server.port}`],
    ['temporal.internal:7233', temporal.address],
    ['9464', String(main)],
    ['9465', String(branch)],
    ['/etc/', `${machine}/etc/`],
    ['/var/', `${machine}/var/`],
  ]
  await makeSources()
}, 300_000)

afterAll(async () => {
  spawnSync(join(bin, 'systemctl'), ['stop', 'tidemark-worker', 'tidemark-branch'], { stdio: 'ignore' })
  await temporal?.stop()
  await server?.stop()
  rmSync(machine, { recursive: true, force: true })
})

async function makeSources(): Promise<void> {
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create role crawler login password 'crawls'`)
  for (const name of ['shop', 'branch']) {
    await admin.unsafe(`create database ${name}`)
    const url = new URL(server.url)
    url.pathname = `/${name}`
    const sql = postgres(url.href, { max: 1, onnotice: () => {} })
    await sql.unsafe(
      `create table orders (id int primary key, total numeric); create view revenue as select sum(total) as total from orders`,
    )
    await sql.end()
  }
  await admin.end()
}

/** The page's commands, in order. */
function readSteps(): string[] {
  const blocks = [...PAGE.matchAll(/<!-- step -->\n```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text)
  return blocks.map((text) => replacements.reduce((all, [from, to]) => all.replaceAll(from, to), text))
}

/** One shell, as a person would keep it open; a command that fails ends it. */
function openShell() {
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: machine, PGPASSWORD: PASSWORD, NO_COLOR: '1' }
  const shell = spawn('bash', ['-e', '-o', 'pipefail'], { cwd: machine, env, stdio: 'pipe' })
  let output = ''
  const collect = (chunk: Buffer) => {
    output += chunk.toString()
  }
  shell.stdout.on('data', collect)
  shell.stderr.on('data', collect)
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()))
  let count = 0
  return {
    async run(commands: string): Promise<string> {
      output = ''
      count += 1
      const mark = `== step ${count} done`
      shell.stdin.write(`${commands}\necho '${mark}'\n`)
      let over = false
      void ended.then(() => {
        over = true
      })
      await expect.poll(() => over || output.includes(mark), { timeout: 120_000, interval: 50 }).toBe(true)
      if (!output.includes(mark)) throw new Error(`the shell ended at:\n${commands}\n${output}`)
      return output.replace(mark, '')
    },
    close: () => shell.stdin.end(),
  }
}

test('the page works as it is written, on an external PostgreSQL and Temporal, through a restart and a restore', async () => {
  const steps = readSteps()
  expect(steps).toHaveLength(11)
  const shell = openShell()
  const told: string[] = []
  for (const step of steps) told.push(await shell.run(step))
  const outputOf = (words: string) => told[steps.findIndex((step) => step.includes(words))] ?? ''

  const installed = outputOf('doctor\n')
  expect(installed).toContain('✔ worker: serves task queue tidemark')
  expect(installed).toContain('✔ Temporal: namespace tidemark, with search attributes')
  expect(installed).toContain('✔ schedule of health: every 15m')
  expect(outputOf('--name shop')).toMatch(/public\s+orders\s+2/)
  expect(outputOf('--queue branch')).toMatch(/✔ worker of task queue branch: .* serve branch/)
  // The full sync that the restart cut into has ended well, and so has the one after it.
  const runs = outputOf('systemctl restart')
    .trimEnd()
    .split('\n')
    .filter((line) => /^\s*\d+\s+shop/.test(line))
  expect(runs.length).toBeGreaterThanOrEqual(2)
  for (const run of runs) expect(run).toContain('succeeded')
  expect(runs.some((run) => run.includes('full'))).toBe(true)

  // The restored store goes on where the dump was made: secrets open, nothing is added or removed, history is there.
  const restored = outputOf('pg_restore')
  expect(restored).not.toMatch(/✖/)
  expect(restored).toMatch(/^shop: succeeded in .* 0 described, nothing changed/m)
  expect(outputOf('in role tidemark_cli_reader')).toContain('orders')

  const after = await shell.run('tidemark doctor --json')
  expect(JSON.parse(after)).toMatchObject({ healthy: true })
  const same = await shell.run(
    `tidemark sql --json "select count(*)::int as runs, count(*) filter (where added > 0)::int as adding from catalog.sync_history where source = 'shop'"`,
  )
  expect(JSON.parse(same)).toEqual([{ runs: runs.length + 1, adding: 1 }])
  shell.close()
}, 600_000)

import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { runCli } from '../../cli/program.ts'
import { createDatabase, TEMPLATE } from '../helpers/store.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The Node that runs the scripts of the package, whatever runs the tests. */
export const NODE = join(ROOT, 'node_modules/node/bin/node')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Environment = Readonly<Record<string, string | undefined>>

export const makeHome = () => mkdtempSync(join(tmpdir(), 'tidemark-cli-'))

/** What the command looks at. */
const OURS = /^(TIDEMARK|TEMPORAL|DATABASE_URL|NODE_OPTIONS|VITEST)/

function cleanEnvironment(env: Environment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !OURS.test(name))
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env }
}

/** Starts the command as a person's shell would, without a terminal; `wrapper` is a command that runs it. */
export function start(args: readonly string[], env: Environment, wrapper: readonly string[] = []) {
  const [command = '', ...rest] = [...wrapper, NODE, join(ROOT, 'cli/bin.ts'), ...args]
  const child = spawn(command, rest, {
    cwd: ROOT,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const finished = async (): Promise<Finished> => {
    const [stdout, stderr] = await output
    return { code: await exited, stdout, stderr }
  }
  return { child, finished }
}

export async function spawnTidemark(args: readonly string[], env: Environment): Promise<Finished> {
  return await start(args, env).finished()
}

function capture(): { readonly stream: Writable; readonly text: () => string } {
  let all = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      all += String(chunk)
      done()
    },
  })
  return { stream, text: () => all }
}

/** The command in this process, one at a time: what `bin.ts` does, without the start of a Node for each. */
export async function tidemark(args: readonly string[], env: Environment): Promise<Finished> {
  const before = { ...process.env }
  for (const name of Object.keys(before)) if (OURS.test(name)) delete process.env[name]
  for (const [name, value] of Object.entries(env)) if (value !== undefined) process.env[name] = value
  const [stdout, stderr] = [capture(), capture()]
  try {
    const code = await runCli(args, { stdin: process.stdin, stdout: stdout.stream, stderr: stderr.stream })
    return { code, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  }
}

export interface Place extends AsyncDisposable {
  readonly env: Environment
  run(...args: string[]): Promise<Finished>
  /** Runs with --json and reads what comes. */
  // biome-ignore lint/suspicious/noExplicitAny: each command's shape is what the test looks at
  json(...args: string[]): Promise<{ readonly code: number | null; readonly data: any }>
}

/** A store and a home of its own. */
export async function createPlace(env: Environment = {}): Promise<Place> {
  const database = await createDatabase(TEMPLATE)
  const all = { DATABASE_URL: database.url, TIDEMARK_HOME: makeHome(), TIDEMARK_ACTOR: 'tester', ...env }
  return {
    env: all,
    run: (...args) => tidemark(args, all),
    async json(...args) {
      const { code, stdout, stderr } = await tidemark([...args, '--json'], all)
      try {
        return { code, data: JSON.parse(stdout) }
      } catch {
        throw new Error(`no JSON from ${args.join(' ')} (exit ${code}): ${stdout}${stderr}`)
      }
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

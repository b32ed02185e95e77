import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createDatabase, TEMPLATE } from '../helpers/store.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The Node that runs the scripts of the package, whatever runs the tests. */
const NODE = join(ROOT, 'node_modules/node/bin/node')

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Environment = Readonly<Record<string, string | undefined>>

export const makeHome = () => mkdtempSync(join(tmpdir(), 'tidemark-cli-'))

function cleanEnvironment(env: Environment): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TIDEMARK|TEMPORAL|DATABASE_URL|NODE_OPTIONS|VITEST)/.test(name),
  )
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env }
}

/** Starts the command as a person's shell would, without a terminal. */
export function start(args: readonly string[], env: Environment) {
  const child = spawn(NODE, [join(ROOT, 'cli/bin.ts'), ...args], {
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

export async function tidemark(args: readonly string[], env: Environment): Promise<Finished> {
  return await start(args, env).finished()
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

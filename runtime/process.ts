import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IngestError } from '../model/errors.ts'
import { isAlive } from './process-table.ts'

// Shared ways with child processes: run to the end, start in the background, wait with a deadline, stop, find a port.

const LOG_LIMIT_BYTES = 10_000_000
const OUTPUT_LIMIT_CHARACTERS = 1_000_000

/** What to run, and as whom. `uid` and `gid` need root. */
export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
  readonly env?: NodeJS.ProcessEnv
}

export interface RunOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Text for the standard input. */
  readonly input?: string
}

export interface RunResult {
  /** The exit code; -1 when it could not be started, was killed or ran out of time. */
  readonly code: number
  /** Standard output and error as they came, the end of it when long. */
  readonly output: string
  readonly timedOut: boolean
}

/** Runs a command to its end, never rejecting: what went wrong is in the result. Past its time, or on abort, its whole group is killed. */
export function run(command: Command, { timeoutMs, signal, input }: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    let output = ''
    let timedOut = false
    const child = spawn(command.command, [...command.args], { ...spawnOptions(command), stdio: 'pipe' })
    const kill = () => killGroup(child)
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, timeoutMs)
    const finish = (code: number) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      resolve({ code, output: output.trim(), timedOut })
    }
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT_CHARACTERS)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
    child.on('error', (error) => {
      output += error.message
      finish(-1)
    })
    child.on('close', (code) => finish(code ?? -1))
    signal?.addEventListener('abort', kill, { once: true })
    if (signal?.aborted) kill()
  })
}

/** A server started in the background. */
export interface ServerProcess {
  readonly pid: number
  /** Settles when it ends, however it ends. */
  readonly exited: Promise<void>
  readonly hasExited: () => boolean
  /** Sends each signal in turn until it is gone. */
  readonly stop: (steps: readonly StopStep[]) => Promise<void>
  /** What it wrote to its log since this start: the last lines. */
  readonly logTail: () => string
}

/**
 * Starts a server whose output goes to `logFile`. It gets a process group of its own, so that the terminal's Ctrl-C reaches only
 * us, and we stop it in order; when we exit without having done so it is sent `exitSignal`.
 */
export function startServer(
  command: Command,
  options: { logFile: string; exitSignal: NodeJS.Signals },
): Promise<ServerProcess> {
  const { logFile, exitSignal } = options
  rotateLog(logFile)
  const log = openSync(logFile, 'a', 0o600)
  const logStart = statSync(logFile).size
  const child = spawn(command.command, [...command.args], { ...spawnOptions(command), stdio: ['ignore', log, log] })
  closeSync(log)
  const exited = new Promise<void>((resolve) => {
    child.on('exit', () => resolve())
    child.on('error', () => resolve())
  })
  child.unref()
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new IngestError('dependency_unavailable', `Could not start ${command.command}: ${cause.message}`, { cause }),
      )
    })
    child.once('spawn', () => {
      const pid = child.pid as number // set once spawned
      stopWithUs(child, pid, exitSignal)
      resolve({
        pid,
        exited,
        hasExited: () => hasExited(child),
        stop: (steps) => stopChild(child, pid, steps),
        logTail: () => tailFile(logFile, logStart),
      })
    })
  })
}

/** Polls until `check` gives something other than undefined or false. Rejects with `timeout` past the deadline, `cancelled` on abort. */
export async function waitFor<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs, intervalMs = 10, signal }: { timeoutMs: number; intervalMs?: number; signal?: AbortSignal },
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    if (signal?.aborted) throw new IngestError('cancelled', `Stopped while waiting for ${what}`)
    const result = await check()
    if (result !== undefined && result !== false) return result
    if (Date.now() >= deadline) {
      throw new IngestError('timeout', `Gave up waiting for ${what} after ${Math.round(timeoutMs / 1000)} s`)
    }
    await delay(intervalMs)
  }
}

/** A signal and how long to wait for the process to obey it before the next one. */
export interface StopStep {
  readonly signal: NodeJS.Signals
  readonly waitMs: number
}

/** Sends each signal in turn until the process is gone; true when it is. Works for processes that are not our children. */
export async function stopProcess(pid: number, steps: readonly StopStep[]): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (!sendSignal(pid, signal)) return true
    const gone = await waitFor(`process ${pid}`, () => !isAlive(pid), { timeoutMs: waitMs }).catch(() => false)
    if (gone) return true
  }
  return !isAlive(pid)
}

/** Sends a signal; false when there was no such process. */
function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/** Whether nothing listens on this loopback port. */
function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * A free loopback port: `preferred` when it is free, else one by chance from 20000 to 29999, which lies below the ranges that
 * systems take outgoing ports from, so that a remembered port is seldom taken in between.
 */
export async function freePort(preferred?: number, avoid: readonly number[] = []): Promise<number> {
  if (preferred !== undefined && !avoid.includes(preferred) && (await isPortFree(preferred))) return preferred
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (!avoid.includes(port) && (await isPortFree(port))) return port
  }
  throw new IngestError('dependency_unavailable', 'Found no free port on 127.0.0.1 between 20000 and 29999')
}

/** The port a person asked for, or an error when it is taken. */
export async function requestedPort(port: number, what: string): Promise<number> {
  if (await isPortFree(port)) return port
  throw new IngestError('invalid_config', `Port ${port} on 127.0.0.1, asked for ${what}, is in use`, {
    code: 'EADDRINUSE',
    hint: 'Ask for another port, or none to have a free one chosen.',
  })
}

/** The last lines of a text. */
export function lastLines(text: string, count = 12): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/** The full path of a program on PATH. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, file)).find((path) => existsSync(path))
}

/** Throws `cancelled` when the signal is aborted. */
export function checkCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new IngestError('cancelled', `${what} was cancelled`)
}

function tailFile(path: string, from: number): string {
  try {
    const size = statSync(path).size
    const start = Math.max(from, size - 16_384)
    const buffer = Buffer.alloc(Math.max(0, size - start))
    const descriptor = openSync(path, 'r')
    const count = readSync(descriptor, buffer, 0, buffer.length, start)
    closeSync(descriptor)
    return lastLines(buffer.toString('utf8', 0, count))
  } catch {
    return ''
  }
}

function rotateLog(path: string): void {
  try {
    if (statSync(path).size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`)
  } catch {
    // There is none yet.
  }
}

function spawnOptions(command: Command) {
  return {
    // The root directory: ours may be one that the server's account cannot enter.
    cwd: process.platform === 'win32' ? undefined : '/',
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(command.env ? { env: command.env } : {}),
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  if (process.platform === 'win32' || !sendSignal(-child.pid, 'SIGKILL')) child.kill('SIGKILL')
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function stopChild(child: ChildProcess, pid: number, steps: readonly StopStep[]): Promise<void> {
  if (hasExited(child)) return
  await stopProcess(pid, steps)
  // Until Node has noticed too; the child holds no event loop open by itself.
  await waitFor('the exit', () => hasExited(child), { timeoutMs: 2_000 }).catch(() => {})
}

const running = new Map<number, NodeJS.Signals>()
let exitHookSet = false

function stopWithUs(child: ChildProcess, pid: number, signal: NodeJS.Signals): void {
  running.set(pid, signal)
  child.once('exit', () => running.delete(pid))
  if (exitHookSet) return
  exitHookSet = true
  process.on('exit', () => {
    for (const [id, exitSignal] of running) sendSignal(id, exitSignal)
  })
}

/** The text of a file, or undefined when it is missing or may not be read. */
export function readTextIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

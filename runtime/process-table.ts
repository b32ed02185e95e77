import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'

// What the machine's process table says. Linux answers from /proc; elsewhere `ps` does, and on Windows PowerShell.

const execute = promisify(execFile)
const LOOKUP_LIMIT_MS = 5_000

/** One running process. `args` is its command line, words joined by blanks. */
export interface ProcessEntry {
  readonly pid: number
  readonly args: string
}

/** Whether a process of this id runs. A zombie, which only waits to be reaped, counts as dead. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const stat = linuxStat(pid)
  // While its other threads still end, it holds its files and locks.
  return !(stat?.state === 'Z' && stat.threads <= 1)
}

/**
 * A text that tells this process from any other that ever had the same id: the boot and the tick it started at, or its
 * start time. undefined when no such process runs (or nobody can tell).
 */
export function processStamp(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return Promise.resolve(undefined)
  const stat = linuxStat(pid)
  if (stat) return Promise.resolve(`${bootId()}:${stat.startTicks}`)
  if (process.platform === 'win32') {
    return firstLine('powershell', ['-NoProfile', '-Command', `(Get-Process -Id ${pid}).StartTime.Ticks`])
  }
  return firstLine('ps', ['-o', 'lstart=', '-p', String(pid)])
}

/** The command line of a process, or undefined when it is gone or may not be seen. */
export async function processArgs(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined
  if (process.platform === 'linux') return linuxArgs(pid)
  if (process.platform === 'win32') {
    return firstLine('powershell', [
      '-NoProfile',
      '-Command',
      `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`,
    ])
  }
  return firstLine('ps', ['-ww', '-o', 'args=', '-p', String(pid)])
}

/** All processes that can be seen; empty on Windows, where callers rely on remembered ids. */
export async function listProcesses(): Promise<readonly ProcessEntry[]> {
  if (process.platform === 'win32') return []
  if (process.platform === 'linux') {
    return linuxPids().flatMap((pid) => {
      const args = linuxArgs(pid)
      return args ? [{ pid, args }] : []
    })
  }
  const { stdout } = await execute('ps', ['-axww', '-o', 'pid=,args='], { timeout: LOOKUP_LIMIT_MS, maxBuffer: 1e8 })
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line)
    return match ? [{ pid: Number(match[1]), args: match[2] ?? '' }] : []
  })
}

/** Processes working in a directory. Linux only (elsewhere empty): nothing portable tells. */
export function processesIn(directory: string): readonly number[] {
  if (process.platform !== 'linux') return []
  return linuxPids().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === directory && isAlive(pid)
    } catch {
      return false
    }
  })
}

function linuxPids(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    return []
  }
}

function linuxArgs(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined
  } catch {
    return undefined
  }
}

function linuxStat(pid: number): { state: string; threads: number; startTicks: string } | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets and may hold blanks and brackets itself; what follows is field 3 on.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state, startTicks] = [fields[0], fields[19]]
    return state && startTicks ? { state, threads: Number(fields[17]), startTicks } : undefined
  } catch {
    return undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'boot'
  }
}

async function firstLine(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await execute(command, [...args], {
      timeout: LOOKUP_LIMIT_MS,
      env: { ...process.env, LC_ALL: 'C' },
    })
    return stdout.split('\n')[0]?.trim() || undefined
  } catch {
    return undefined
  }
}

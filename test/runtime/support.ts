import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { waitFor } from '../../runtime/process.ts'
import { isAlive } from '../../runtime/process-table.ts'

/** A folder that is removed by `cleanUp`. */
export function makeFolder(mode = 0o700): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-runtime-'))
  chmodSync(folder, mode)
  folders.push(folder)
  return folder
}

const folders: string[] = []
const owners: ChildProcess[] = []

/** Kills what tests started as other processes and removes their folders. */
export function cleanUp(): void {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

export interface Owner {
  readonly pid: number
  /** Of what it started. */
  readonly server: { readonly url: string; readonly pid: number; readonly port: number }
  /** kill -9, of the owner alone. */
  kill(): Promise<void>
}

/** Starts a server from another process, which then owns it. */
export async function startOwner(kind: 'postgres' | 'temporal', home: string): Promise<Owner> {
  const script = fileURLToPath(new URL('owner.ts', import.meta.url))
  const child = spawn(process.execPath, [script, kind, home], { stdio: ['ignore', 'pipe', 'inherit'] })
  owners.push(child)
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)))
  })
  const pid = Number(child.pid)
  return {
    pid,
    server: JSON.parse(line),
    async kill() {
      child.kill('SIGKILL')
      await waitFor('the owner to die', () => !isAlive(pid), { timeoutMs: 5_000 })
    },
  }
}

/** Runs one statement and gives its rows. */
export async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 })
  try {
    return await sql.unsafe(statement)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** The account a process runs as. */
export function accountOf(pid: number): string {
  return execFileSync('ps', ['-o', 'user=', '-p', String(pid)], { encoding: 'utf8' }).trim()
}

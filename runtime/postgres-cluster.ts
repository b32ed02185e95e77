import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { accountFor, chooseOwner, type ServerAccount } from './postgres-account.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { checkCancelled, lastLines, readTextIfAny, run } from './process.ts'

// Data directories: made whole or not at all, and checked before use. `postgres-server.ts` runs them.

const INIT_LIMIT_MS = 120_000
const SINGLE_LIMIT_MS = 300_000

/** A data directory and what is needed to run it. */
export interface Cluster {
  readonly binaries: PostgresBinaries
  readonly account: ServerAccount
  readonly dataDirectory: string
  readonly logFile: string
}

export interface InitOptions {
  /** Further arguments for initdb. */
  readonly initArgs: readonly string[]
  /** The whole text of pg_hba.conf; without it, initdb's. */
  readonly accessRules?: string
  /** Statements to run in the new cluster, one a line. */
  readonly statements?: readonly string[]
  /** Called before a new cluster is made. */
  readonly onInit?: () => void
  readonly signal?: AbortSignal
}

/**
 * Opens the cluster in `<directory>/data`, making it when there is none. It is made beside its place and renamed, so a half-made
 * one is never used. The caller holds the directory's lock.
 */
export async function openCluster(
  binaries: PostgresBinaries,
  place: { readonly directory: string; readonly logFile: string },
  init: InitOptions,
): Promise<Cluster & { readonly isNew: boolean }> {
  const { directory, logFile } = place
  const dataDirectory = join(directory, 'data')
  for (const name of readdirSync(directory)) {
    if (name.startsWith('init-')) rmSync(join(directory, name), { recursive: true, force: true })
  }
  const owner = await chooseOwner(dataDirectory)
  if (dataVersion(dataDirectory)) {
    checkData(dataDirectory, binaries)
    await adoptOwner(dataDirectory, owner)
    const account = await accountFor(owner, binaries, dataDirectory)
    return { binaries, account, dataDirectory, logFile, isNew: false }
  }
  init.onInit?.()
  const temporary = join(directory, `init-${randomBytes(6).toString('hex')}`)
  mkdirSync(temporary, { mode: 0o700 })
  try {
    if (owner) chownSync(temporary, owner.uid, owner.gid)
    const account = await accountFor(owner, binaries, temporary)
    await initialize({ binaries, account, dataDirectory: temporary, logFile }, init)
    // An empty folder of that name may be there, as when a person made a mount point.
    renameSync(temporary, dataDirectory)
    return { binaries, account, dataDirectory, logFile, isNew: true }
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error instanceof IngestError ? error : placeError(dataDirectory, error)
  }
}

/** Runs statements in a cluster that no server runs, as its superuser, without any password. */
export async function runOffline(cluster: Cluster, statements: readonly string[], signal?: AbortSignal): Promise<void> {
  const { binaries, account, dataDirectory } = cluster
  const args = ['--single', '-D', dataDirectory, '-c', 'log_min_error_statement=panic', 'postgres']
  const input = `${statements.join('\n')}\n`
  const result = await run(account.wrap(binaries.postgres, args), { timeoutMs: SINGLE_LIMIT_MS, input, signal })
  checkCancelled(signal, 'Preparing the database')
  // Single-user mode goes on after an error and ends with 0.
  if (result.code === 0 && !/\b(ERROR|FATAL|PANIC):/.test(result.output)) return
  throw commandError('Could not prepare the database', result)
}

async function initialize(cluster: Cluster, { initArgs, accessRules, statements, signal }: InitOptions): Promise<void> {
  const { binaries, account, dataDirectory } = cluster
  const args = ['-D', dataDirectory, '-U', 'postgres', '-E', 'UTF8', ...initArgs]
  const result = await run(account.wrap(binaries.initdb, args), { timeoutMs: INIT_LIMIT_MS, signal })
  checkCancelled(signal, 'Making the database')
  if (result.code !== 0) throw commandError('Could not make the database (initdb failed)', result)
  // Written into the file that initdb made, which keeps its owner and mode.
  if (accessRules !== undefined) writeFileSync(join(dataDirectory, 'pg_hba.conf'), accessRules)
  if (statements?.length) await runOffline(cluster, statements, signal)
}

function dataVersion(dataDirectory: string): string | undefined {
  const text = readTextIfAny(join(dataDirectory, 'PG_VERSION'))?.trim()
  if (text !== undefined) return text
  const entries = listFolder(dataDirectory)
  if (entries.length === 0) return undefined
  throw new IngestError(
    'invalid_config',
    `${dataDirectory} holds files but no readable PostgreSQL cluster (PG_VERSION is missing)`,
    {
      hint: 'If nothing in it is needed, move it away; a new one is made then. Otherwise restore it from a backup.',
    },
  )
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw placeError(path, error)
  }
}

function checkData(dataDirectory: string, binaries: PostgresBinaries): void {
  const found = Number.parseInt(dataVersion(dataDirectory) ?? '', 10)
  if (found !== binaries.major) {
    throw new IngestError(
      'invalid_config',
      `The data in ${dataDirectory} is of PostgreSQL ${found}; this Tidemark brings PostgreSQL ${binaries.version}`,
      {
        code: 'data_version',
        hint:
          `Dump it with pg_dump under PostgreSQL ${found} (or the Tidemark that made it), move the folder away, start, and restore. ` +
          'Or set DATABASE_URL to a server that runs it. Moving it away without a dump starts an empty store.',
      },
    )
  }
  const { uid } = statSync(dataDirectory)
  const us = process.getuid?.()
  if (us !== undefined && us !== 0 && uid !== us) {
    throw new IngestError(
      'permission',
      `${dataDirectory} belongs to another account (uid ${uid}), not to this one (uid ${us})`,
      {
        hint: 'Run Tidemark as the account that made it (sudo, perhaps), or set TIDEMARK_HOME to another folder.',
      },
    )
  }
}

// Data restored by root belongs to root, whom PostgreSQL refuses.
async function adoptOwner(dataDirectory: string, owner: ServerAccount['owner']): Promise<void> {
  if (!owner || statSync(dataDirectory).uid === owner.uid) return
  await run({ command: 'chown', args: ['-R', `${owner.uid}:${owner.gid}`, dataDirectory] }, { timeoutMs: 60_000 })
}

function commandError(message: string, { output, timedOut }: { output: string; timedOut: boolean }): IngestError {
  const detail = timedOut ? 'it took too long' : lastLines(output) || 'it said nothing'
  return serverError(message, detail)
}

/** An error of the server, from the last lines it wrote. */
export function serverError(message: string, detail: string): IngestError {
  const full = /No space left on device|disk quota exceeded|Check free disk space/i.test(detail)
  const denied = /Permission denied|wrong ownership/i.test(detail)
  const hint = full
    ? 'The disk is full: make room, or set TIDEMARK_HOME to a folder on another disk.'
    : denied
      ? 'This account cannot use the folder: correct its permissions, or set TIDEMARK_HOME to another one.'
      : 'Its last lines say why. DATABASE_URL can name a PostgreSQL of your own instead.'
  return new IngestError('dependency_unavailable', `${message}:\n${detail}`, {
    hint,
    ...(full ? { code: 'ENOSPC' } : {}),
  })
}

function placeError(path: string, cause: unknown): IngestError {
  return new IngestError('invalid_config', `Cannot use the database folder ${path}: ${(cause as Error).message}`, {
    cause,
    hint: 'The folder must be readable and writable for this account; set TIDEMARK_HOME to choose another.',
  })
}

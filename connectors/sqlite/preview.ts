import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ErrorSummary } from '../../model/errors.ts'
import {
  type ConnectorContext,
  IngestError,
  type NamedAsset,
  PREVIEW_MAX_ROWS,
  PREVIEW_TIMEOUT_MS,
  type Preview,
  whyLeftOut,
} from '../kit/index.ts'
import { type Root, resolveRoot, walkFiles } from './files.ts'
import type { SqliteConfig } from './manifest.ts'
import type { RowsRequest } from './rows-process.ts'

/** `tsc` leaves the names of files that are not imported as they are. */
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? 'rows-process.ts' : 'rows-process.js', import.meta.url),
)
/** Starting Node takes a fraction of a second; much longer only where nothing moves. */
const START_TIMEOUT_MS = 10_000

type Answer = 'ready' | { readonly preview: Preview } | { readonly error: ErrorSummary }

/** The first rows of a table or view, read by a process that is killed when it takes too long. */
export async function readPreview(
  config: SqliteConfig,
  { signal, meter }: Pick<ConnectorContext, 'signal' | 'meter'>,
  { group, path }: NamedAsset,
  limit: number,
): Promise<Preview> {
  const [key, name] = path
  if (group !== 'relation' || key === undefined || name === undefined) {
    throw new IngestError('unsupported', `${path.join('.')} has no rows`, { hint: 'Preview a table or a view.' })
  }
  const root = await resolveRoot(config.path)
  await requireFile(config, root, key, signal)
  const why = whyLeftOut(config.tables, name)
  if (why !== undefined) throw filtered(path, why)
  meter.request()
  // Waiting for a writer must leave time to read.
  const lockTimeoutMs = Math.min(config.lockTimeoutMs, PREVIEW_TIMEOUT_MS / 2)
  const rows = Math.min(Math.trunc(limit), PREVIEW_MAX_ROWS)
  return await askProcess({ target: { root, key, lockTimeoutMs }, name, limit: rows }, signal)
}

/** Only files that the source crawls: a name from elsewhere must not lead out of its folder. */
async function requireFile(config: SqliteConfig, root: Root, key: string, signal: AbortSignal): Promise<void> {
  for await (const found of walkFiles(root, config, signal)) {
    if (found.key !== key) continue
    if (found.kind === 'file') return
    if (found.kind === 'unlisted') throw found.error
    throw filtered([key], found.message)
  }
  throw new IngestError('not_found', `there is no file ${key}, or no longer`)
}

function filtered(path: readonly string[], why: string): IngestError {
  return new IngestError('permission', `${path.join('.')} is left out by the filters of the source: ${why}`)
}

async function askProcess(request: RowsRequest, signal: AbortSignal): Promise<Preview> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Preview>()
  const child = fork(PROGRAM, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const what = `preview of ${request.target.key}.${request.name}`
  const late = (ms: number) =>
    setTimeout(() => reject(new IngestError('timeout', `${what}: no rows within ${ms / 1000} s`)), ms)
  let timer = late(START_TIMEOUT_MS)
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  child.once('error', reject)
  child.once('exit', () => reject(new IngestError('internal', `${what}: its process ended without an answer`)))
  child.on('message', (message) => {
    // Ours sends these and nothing else.
    const answer = message as Answer
    if (answer === 'ready') {
      clearTimeout(timer)
      timer = late(PREVIEW_TIMEOUT_MS)
      child.send(request, (error) => error && reject(error))
    } else if ('preview' in answer) resolve(answer.preview)
    else reject(toError(what, answer.error))
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    await end(child)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

function toError(what: string, { category, message, hint, code }: ErrorSummary): IngestError {
  return new IngestError(category, `${what}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(code === undefined ? {} : { code }),
  })
}

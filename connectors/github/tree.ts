import { findDialect } from '../../lineage/dialects.ts'
import {
  CODEOWNERS_PATHS,
  type CodeFileKind,
  codeFileKind,
  createOwnersLookup,
  createSqlHints,
  isGarbledPath,
  isSqlHintFile,
  judgeName,
  kindOfMode,
  parseCodeowners,
  type SqlHint,
} from '../kit/index.ts'
import type { Blobs } from './blobs.ts'
import type { Client } from './client.ts'
import type { GithubConfig } from './config.ts'
import { digest, type Repository } from './repositories.ts'

/** A file to catalogue. */
export interface TreeFile {
  readonly path: string
  readonly sha: string
  readonly kind: CodeFileKind | 'submodule'
  readonly size: number
  /** By CODEOWNERS. */
  readonly owners: readonly string[]
  /** Of SQL: what the repository says of its database. */
  readonly sql?: SqlHint
}

/** What one commit's tree holds for the catalogue. */
export interface Tree {
  readonly commit: string
  readonly files: ReadonlyMap<string, TreeFile>
  /** dbt projects: the folder (empty for the root), and what moves with anything in it and what it is read by. */
  readonly projects: ReadonlyMap<string, string>
  /** What the repository says of the database that a path is of. */
  readonly sqlHint: (path: string) => SqlHint | undefined
  /** Files of dbt projects, whatever their kind, by path. */
  readonly projectFiles: ReadonlyMap<string, { readonly sha: string; readonly size: number }>
  /** SHAs of texts that are read for what they say of other files, and of files in projects that are not catalogued. */
  readonly texts: readonly string[]
  /** Whether names that are no UTF-8 were met: those may look alike. */
  readonly garbled: boolean
}

interface RawEntry {
  readonly path: string
  readonly mode: string
  readonly sha: string
  readonly size?: number
}

/** Keys are names, and those longer than this do not fit. */
const LONGEST_PATH_BYTES = 800

/** Reads a commit's tree: in one request, or folder by folder where GitHub cuts it short. */
export async function readTree(
  client: Client,
  blobs: Blobs,
  config: GithubConfig,
  repository: Repository,
  commit: string,
): Promise<Tree> {
  const entries: RawEntry[] = []
  const root = await collect(client, repository, { sha: commit, prefix: '' }, entries)
  const trees = new Map(entries.filter(({ mode }) => kindOfMode(mode) === 'folder').map(({ path, sha }) => [path, sha]))
  trees.set('', root)
  const hints = entries.filter(isHint).slice(0, MOST_HINT_FILES)
  const sqlHint = await readSqlHints(blobs, hints)
  const projects = findProjects(entries, trees, sqlHint)
  const rules = findOwners(entries)
  const owners = createOwnersLookup(await readOwners(blobs, rules))
  const files = new Map<string, TreeFile>()
  const projectFiles = new Map<string, { sha: string; size: number }>()
  let garbled = false
  for (const { path, mode, sha, size = 0 } of entries) {
    const entry = kindOfMode(mode)
    if (entry === 'folder' || entry === 'symlink') continue
    const inProject = projectOf(projects.keys(), path) !== undefined
    if (inProject && entry === 'file') projectFiles.set(path, { sha, size })
    const kind = entry === 'submodule' ? entry : kindOf(config, path, inProject)
    if (kind === undefined || Buffer.byteLength(path) > LONGEST_PATH_BYTES) continue
    // Its bytes are lost: the object tells it from others of the same looks.
    const name = isGarbledPath(path) ? `${path}#${sha}` : path
    garbled ||= name !== path
    const sql = kind === 'sql file' || kind === 'migration' ? sqlHint(path) : undefined
    files.set(name, { path: name, sha, kind, size, owners: owners(path), ...(sql === undefined ? {} : { sql }) })
  }
  const others = [...projectFiles].flatMap(([path, { sha }]) => (files.has(path) ? [] : [sha]))
  const texts = [...new Set([...hints, ...rules].map(({ sha }) => sha).concat(others))]
  return { commit, files, projects, projectFiles, sqlHint, texts, garbled }
}

async function collect(
  client: Client,
  repository: Repository,
  { sha, prefix }: { readonly sha: string; readonly prefix: string },
  into: RawEntry[],
): Promise<string> {
  const parameters = { owner: repository.owner, repo: repository.name, sha }
  const path = '/repos/{owner}/{repo}/git/trees/{sha}'
  type Raw = { readonly sha: string; readonly tree: readonly RawEntry[]; readonly truncated: boolean }
  // Not conditional: there is always a body.
  const whole = (await client.get<Raw>(path, { ...parameters, recursive: 1 })).data as Raw
  const placed = (entry: RawEntry): RawEntry => ({ ...entry, path: `${prefix}${entry.path}` })
  if (!whole.truncated) {
    into.push(...whole.tree.map(placed))
    return whole.sha
  }
  const own = (await client.get<Raw>(path, parameters)).data as Raw
  for (const entry of own.tree.map(placed)) {
    into.push(entry)
    if (kindOfMode(entry.mode) === 'folder')
      await collect(client, repository, { sha: entry.sha, prefix: `${entry.path}/` }, into)
  }
  return own.sha
}

/** What a file is to the catalogue. In a dbt project its SQL is the project's: the models have it. */
function kindOf(config: GithubConfig, path: string, inProject: boolean): CodeFileKind | undefined {
  const { files } = config
  const known = codeFileKind(path)
  const kind =
    inProject && (known === 'sql file' || known === 'migration' || known === undefined) ? inProjectKind(path) : known
  if (files?.allow === undefined && kind === undefined) return undefined
  return judgeName(files, path).kept ? (kind ?? 'file') : undefined
}

function inProjectKind(path: string): CodeFileKind | undefined {
  return /\.(sql|ya?ml|py)$/i.test(path) ? 'dbt file' : undefined
}

function findProjects(
  entries: readonly RawEntry[],
  trees: ReadonlyMap<string, string>,
  sqlHint: Tree['sqlHint'],
): Map<string, string> {
  const folders = entries
    .filter(({ path, mode }) => /(^|\/)dbt_project\.ya?ml$/.test(path) && kindOfMode(mode) === 'file')
    .map(({ path }) => path.split('/').slice(0, -1).join('/'))
    // What dbt has installed, and what it has compiled.
    .filter((folder) => !/(^|\/)(dbt_packages|dbt_modules|target)(\/|$)/.test(folder))
  return new Map(
    [...new Set(folders)].sort().flatMap((folder) => {
      const sha = trees.get(folder)
      // What is said beside the project, in the folders around it, is in no SHA of its own.
      return sha === undefined ? [] : [[folder, digest([sha, sqlHint(`${folder}/dbt_project.yml`) ?? null])]]
    }),
  )
}

/** The innermost project that a path is in. */
export function projectOf(folders: Iterable<string>, path: string): string | undefined {
  let found: string | undefined
  for (const folder of folders) {
    const inside = folder === '' || path.startsWith(`${folder}/`)
    if (inside && (found === undefined || folder.length > found.length)) found = folder
  }
  return found
}

function findOwners(entries: readonly RawEntry[]): RawEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  return CODEOWNERS_PATHS.flatMap((path) => byPath.get(path) ?? []).slice(0, 1)
}

async function readOwners(blobs: Blobs, [found]: readonly RawEntry[]) {
  if (found === undefined) return []
  const { sha, size = 0 } = found
  const text = (await blobs.read([{ sha, size }])).get(sha)
  return text === undefined ? [] : parseCodeowners(text)
}

/** A repository may hold many; the first say enough. */
const MOST_HINT_FILES = 200

const isHint = ({ path, mode }: RawEntry): boolean => isSqlHintFile(path) && kindOfMode(mode) === 'file'

async function readSqlHints(blobs: Blobs, found: readonly RawEntry[]): Promise<Tree['sqlHint']> {
  const texts = await blobs.read(found.map(({ sha, size = 0 }) => ({ sha, size })))
  const files = new Map(found.flatMap(({ path, sha }) => (texts.has(sha) ? [[path, texts.get(sha) as string]] : [])))
  const { parse } = await import('yaml')
  return createSqlHints(files, { parseYaml: parse, isDialect: (name) => findDialect(name) !== 'generic' })
}

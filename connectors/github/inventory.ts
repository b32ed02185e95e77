import {
  type ChangeEntry,
  type ChangesVerdict,
  CODEOWNERS_PATHS,
  type InventoryItem,
  type InventoryVerdict,
  isGarbledPath,
  isSqlHintFile,
  pagesOf,
} from '../kit/index.ts'
import { commitItem, fileItem, projectItem, pullItem, refItems, treeItems } from './items.ts'
import { itemKey } from './keys.ts'
import type { Reader } from './reader.ts'
import { type RepositoryState, readCommits, readState } from './state.ts'
import { projectOf, type Tree } from './tree.ts'
import { parseWatermark, type Watermark } from './watermark.ts'

const PAGE_ITEMS = 1_000

/** Everything in a repository: what its lists say, and the tree of its default branch. */
export async function* iterateItems(reader: Reader): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const { client, config, repository } = reader
  const state = await readState(client, config, repository, undefined)
  const tree = state.head === undefined ? undefined : await reader.tree(state.head)
  if (tree !== undefined) yield* pagesOf(treeItems(repository, tree), PAGE_ITEMS)
  const commits = await readCommits(client, repository, state.head, config.commits.limit)
  yield* pagesOf(
    [
      ...refItems(config, repository, state),
      ...commits.map((sha) => commitItem(repository, sha)),
      ...state.pulls.entries.map((entry) => pullItem(repository, entry)),
    ],
    PAGE_ITEMS,
  )
  return { listing: 'complete', watermark: JSON.stringify(toWatermark(state, tree, commits)) }
}

function toWatermark(
  { head: _, moved: __, ...state }: RepositoryState,
  tree: Pick<Tree, 'projects' | 'garbled' | 'texts'> | undefined,
  commits: readonly string[],
): Watermark {
  return {
    version: 1,
    ...state,
    commits: [...commits],
    projects: [...(tree?.projects.keys() ?? [])],
    garbled: tree?.garbled ?? false,
    texts: [...(tree?.texts ?? [])],
  }
}

/**
 * What has happened since a watermark. Files by comparing the commits of the default branch, which says all there is for
 * up to 300 files and where one commit follows from the other; beyond that the log has expired, and everything is listed.
 */
export async function* iterateChanges(
  reader: Reader,
  text: string,
): AsyncGenerator<readonly ChangeEntry[], ChangesVerdict, void> {
  const before = parseWatermark(text)
  const { client, config, repository } = reader
  if (before === undefined || before.repository !== repository.id || before.defaultBranch !== repository.defaultBranch)
    return { status: 'expired' }
  const state = await readState(client, config, repository, before)
  if (!state.moved) return { status: 'read', watermark: text }
  const oldHead = headOf(before)
  const files = state.head === oldHead ? [] : await changedFiles(reader, before, oldHead, state.head)
  if (files === undefined) return { status: 'expired' }
  const commits =
    state.head === oldHead ? before.commits : await readCommits(client, repository, state.head, config.commits.limit)
  const entries = [
    ...files,
    ...difference(
      refItems(config, repository, { ...before, head: oldHead, moved: false }),
      refItems(config, repository, state),
    ),
    ...difference(
      before.commits.map((sha) => commitItem(repository, sha)),
      commits.map((sha) => commitItem(repository, sha)),
    ),
    ...difference(
      before.pulls.entries.map((entry) => pullItem(repository, entry)),
      state.pulls.entries.map((entry) => pullItem(repository, entry)),
    ),
  ]
  yield* pagesOf(entries, PAGE_ITEMS)
  const { projects, garbled, texts } = before
  const known = { projects: new Map(projects.map((folder) => [folder, ''])), garbled, texts }
  const tree = state.head === undefined || state.head === oldHead ? known : await reader.tree(state.head)
  return { status: 'read', watermark: JSON.stringify(toWatermark(state, tree, commits)) }
}

function headOf({ branches, defaultBranch }: Watermark): string | undefined {
  return branches.flatMap(({ entries }) => entries).find(([name]) => name === defaultBranch)?.[1]
}

function difference(before: readonly InventoryItem[], after: readonly InventoryItem[]): ChangeEntry[] {
  const old = new Map(before.map((item) => [item.key, item]))
  const entries: ChangeEntry[] = []
  for (const item of after) {
    const known = old.get(item.key)
    old.delete(item.key)
    if (known?.fingerprint !== item.fingerprint || known.nativeId !== item.nativeId)
      entries.push({ operation: 'upsert', item })
  }
  return [...[...old.keys()].map((key): ChangeEntry => ({ operation: 'delete', key })), ...entries]
}

interface Comparison {
  readonly status: 'ahead' | 'behind' | 'diverged' | 'identical'
  readonly files?: readonly { readonly filename: string; readonly previous_filename?: string }[]
}

/** https://docs.github.com/en/rest/commits/commits#compare-two-commits */
const MAX_COMPARED = 300

/** Undefined where a comparison does not tell all. */
async function changedFiles(
  reader: Reader,
  before: Watermark,
  oldHead: string | undefined,
  head: string | undefined,
): Promise<ChangeEntry[] | undefined> {
  if (oldHead === undefined || head === undefined || before.garbled) return undefined
  const compared = await compare(reader, oldHead, head)
  if (compared === undefined) return undefined
  const paths = new Set(
    compared.flatMap(({ filename, previous_filename: old }) => [filename, ...(old === undefined ? [] : [old])]),
  )
  if ([...paths].some(movesOthers)) return undefined
  const tree = await reader.tree(head)
  const { repository } = reader
  const entries: ChangeEntry[] = []
  for (const [folder, stamp] of tree.projects) {
    if ([...paths].some((path) => projectOf([folder], path) !== undefined))
      entries.push({ operation: 'upsert', item: projectItem(repository, folder, stamp) })
  }
  for (const path of paths) {
    const file = tree.files.get(path)
    if (file !== undefined) entries.push({ operation: 'upsert', item: fileItem(repository, file) })
    else entries.push({ operation: 'delete', key: itemKey(repository, 'file', path) })
  }
  return entries
}

/** Files that say what other files are, and names that a comparison spells in its own way. */
function movesOthers(path: string): boolean {
  return (
    (CODEOWNERS_PATHS as readonly string[]).includes(path) ||
    isSqlHintFile(path) ||
    isGarbledPath(path) ||
    path.startsWith('"')
  )
}

async function compare({ client, repository }: Reader, base: string, head: string): Promise<Comparison['files']> {
  const { owner, name } = repository
  try {
    const { data } = await client.get<Comparison>('/repos/{owner}/{repo}/compare/{basehead}', {
      owner,
      repo: name,
      basehead: `${base}...${head}`,
      // Files come with the first page alone; of commits one is enough.
      per_page: 1,
    })
    if (data?.status !== 'ahead' || data.files === undefined || data.files.length >= MAX_COMPARED) return undefined
    return data.files
  } catch (error) {
    // After a force-push the old commit may be gone.
    if ((error as { category?: string }).category === 'not_found') return undefined
    throw error
  }
}

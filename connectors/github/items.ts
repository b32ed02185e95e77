import {
  type AssetRecord,
  type InventoryItem,
  itemWithRecords,
  judgeName,
  optional,
  withProperties,
} from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import { itemKey, refKey } from './keys.ts'
import { entriesOf } from './pages.ts'
import { digest, type Repository } from './repositories.ts'
import type { RepositoryState } from './state.ts'
import type { Tree, TreeFile } from './tree.ts'
import type { PullEntry, Release } from './watermark.ts'

/** What the lists tell whole: branches, tags and releases come with their records. */
export function refItems(config: GithubConfig, repository: Repository, state: RepositoryState): InventoryItem[] {
  const items = new Map<string, InventoryItem>()
  const add = (item: InventoryItem) => items.set(item.key, item)
  for (const [name, sha] of entriesOf(state.branches)) {
    if (judgeName(config.branches, name).kept) add(refItem(repository, 'branch', `refs/heads/${name}`, name, sha))
  }
  for (const [name, sha] of entriesOf(state.tags)) add(refItem(repository, 'tag', `refs/tags/${name}`, name, sha))
  for (const release of entriesOf(state.releases)) add(releaseItem(repository, release))
  return [...items.values()]
}

function refItem(
  repository: Repository,
  kind: 'branch' | 'tag',
  ref: string,
  name: string,
  sha: string,
): InventoryItem {
  const isDefault = kind === 'branch' && name === repository.defaultBranch
  const record: AssetRecord = {
    kind,
    path: [repository.owner, repository.name, ref],
    parent: parentOf(repository),
    nativeId: `${repository.id}:${ref}`,
    url: `${repository.url}/tree/${encodePath(name)}`,
    properties: { sha, ...(isDefault ? { default: true } : {}) },
  }
  return itemWithRecords({ key: refKey(repository, ref), nativeId: `${repository.id}:${ref}`, records: [record] })
}

function releaseItem(repository: Repository, release: Release): InventoryItem {
  const record: AssetRecord = {
    kind: 'release',
    path: [repository.owner, repository.name, release.tag],
    parent: parentOf(repository),
    nativeId: release.id,
    ...optional('comment', release.notes),
    ...optional('owner', release.author),
    url: release.url,
    ...withProperties({
      name: release.name,
      prerelease: release.prerelease,
      publishedAt: release.publishedAt,
      assets: release.assets,
    }),
  }
  return itemWithRecords({ key: itemKey(repository, 'release', release.tag), nativeId: release.id, records: [record] })
}

export function pullItem(repository: Repository, [number, id, , stamp]: PullEntry): InventoryItem {
  return { key: itemKey(repository, 'pull', String(number)), nativeId: id, fingerprint: stamp }
}

/** A commit never changes. */
export function commitItem(repository: Repository, sha: string): InventoryItem {
  return { key: itemKey(repository, 'commit', sha), nativeId: `${repository.id}:${sha}`, fingerprint: sha }
}

export function fileItem(repository: Repository, file: TreeFile): InventoryItem {
  return {
    key: itemKey(repository, 'file', file.path),
    nativeId: `${repository.id}:${file.path}`,
    fingerprint: fileFingerprint(file),
  }
}

export function fileFingerprint({ sha, kind, owners, sql }: TreeFile): string {
  return digest([sha, kind, owners, ...(sql === undefined ? [] : [sql])])
}

export function projectItem(repository: Repository, folder: string, fingerprint: string): InventoryItem {
  return {
    key: itemKey(repository, 'dbt', folder),
    nativeId: `${repository.id}:dbt:${folder}`,
    fingerprint,
  }
}

/** All of a tree's items, projects first. */
export function treeItems(repository: Repository, tree: Tree): InventoryItem[] {
  return [
    ...[...tree.projects].map(([folder, stamp]) => projectItem(repository, folder, stamp)),
    ...[...tree.files.values()].map((file) => fileItem(repository, file)),
  ]
}

export function parentOf({ owner, name }: Repository): { group: 'repository'; path: string[] } {
  return { group: 'repository', path: [owner, name] }
}

/** A path for a URL, its slashes kept. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** What a git tree holds under a path. https://git-scm.com/docs/git-ls-tree */
export interface TreeEntry {
  readonly path: string
  /** The object's SHA: of a file its blob, of a folder its tree, of a submodule the commit it is pinned to. */
  readonly sha: string
  readonly kind: 'file' | 'symlink' | 'submodule' | 'folder'
  /** Bytes of a file's blob. */
  readonly size?: number
}

const KINDS: Readonly<Record<string, TreeEntry['kind']>> = {
  '040000': 'folder',
  '40000': 'folder',
  '120000': 'symlink',
  '160000': 'submodule',
}

/** What an entry's mode says it is; executable or not, a file is a file. */
export function kindOfMode(mode: string): TreeEntry['kind'] {
  return KINDS[mode] ?? 'file'
}

/** Whether a name is no valid UTF-8 in git: APIs put U+FFFD in place of its bytes, so two may look alike. */
export function isGarbledPath(path: string): boolean {
  return path.includes('\uFFFD')
}

/** Git LFS keeps the content elsewhere, and this in its place. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
export interface LfsPointer {
  readonly oid: string
  readonly size: number
}

/** The pointer that a blob is, if it is one; pointers are below 1024 bytes. */
export function parseLfsPointer(text: string): LfsPointer | undefined {
  if (text.length >= 1024 || !text.startsWith('version https://git-lfs.github.com/spec/')) return undefined
  const oid = /^oid (\S+)$/m.exec(text)?.[1]
  const size = /^size (\d+)$/m.exec(text)?.[1]
  return oid === undefined || size === undefined ? undefined : { oid, size: Number(size) }
}

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a commit does to a path: its new text or bytes, a mode with it, or null to delete it. */
export type FileChange = string | Buffer | null | { readonly mode: string; readonly content: string }

export interface CommitOptions {
  readonly branch?: string
  readonly message?: string
  readonly author?: string
  /** Seconds since 1970. */
  readonly at: number
  /** Where to start instead of the branch's head: `null` makes a commit without parents, which is a force-push. */
  readonly from?: string | null
}

export interface RawTreeEntry {
  readonly path: string
  readonly mode: string
  readonly type: string
  readonly sha: string
  readonly size?: number
}

/**
 * The objects of all repositories of this process, with the real git behind them. Objects are named by their content, so
 * one store serves them all, and what was made or asked once is not again.
 */
class ObjectStore {
  #folder: string | undefined
  readonly #answers = new Map<string, Buffer>()

  run(args: readonly string[], input?: Buffer): Buffer {
    return execFileSync('git', ['-C', this.#open(), ...args], {
      ...(input === undefined ? {} : { input }),
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    })
  }

  ask(args: readonly string[], input?: Buffer): Buffer {
    const digest = input === undefined ? '' : createHash('sha256').update(input).digest('hex')
    const key = [...args, digest].join('\0')
    const known = this.#answers.get(key) ?? this.run(args, input)
    this.#answers.set(key, known)
    return known
  }

  /** A blob that was just written need not be asked for: thousands of them would take a process each. */
  rememberBlob(content: Buffer): void {
    const sha = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
    this.#answers.set(['cat-file', 'blob', sha, ''].join('\0'), content)
  }

  #open(): string {
    if (this.#folder !== undefined) return this.#folder
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-git-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    execFileSync('git', ['init', '-q', '--bare', folder])
    this.#folder = folder
    return folder
  }
}

const store = new ObjectStore()

/** A repository: its refs, over the objects that all share. */
export class GitRepository {
  readonly heads = new Map<string, string>()
  readonly tags = new Map<string, string>()

  /** What git says of objects named by their SHAs. */
  ask(...args: string[]): string {
    return store.ask(args).toString('utf8').trim()
  }

  head(branch: string): string | undefined {
    return this.heads.get(branch)
  }

  /** Commits changes to a branch, as `git fast-import` does: paths may be any bytes. Returns the SHA. */
  commit(files: ReadonlyMap<string | Buffer, FileChange>, options: CommitOptions): string {
    const { branch = 'main', message = 'change', author = 'Ada <ada@example.com>', at, from } = options
    const parts: Buffer[] = []
    const line = (text: string) => parts.push(Buffer.from(`${text}\n`))
    const data = (content: Buffer) => {
      line(`data ${content.length}`)
      parts.push(content, Buffer.from('\n'))
    }
    line('commit refs/heads/scratch')
    line('mark :1')
    line(`author ${author} ${at} +0000`)
    line(`committer ${author} ${at} +0000`)
    data(Buffer.from(message))
    const start = from === undefined ? this.head(branch) : from
    if (start != null) line(`from ${start}`)
    for (const [path, change] of files) writeChange({ parts, line, data }, path, change)
    line('get-mark :1')
    const sha = store.ask(['fast-import', '--quiet', '--force'], Buffer.concat(parts)).toString('utf8').trim()
    this.heads.set(branch, sha)
    return sha
  }

  /** A commit of a whole tree on top of another, as a squash merge makes it. */
  commitTree(tree: string, parent: string, message: string, at: number): string {
    const person = `Ada <ada@example.com> ${at} +0000`
    const text = `tree ${tree}\nparent ${parent}\nauthor ${person}\ncommitter ${person}\n\n${message}\n`
    return store.ask(['hash-object', '-t', 'commit', '-w', '--stdin'], Buffer.from(text)).toString('utf8').trim()
  }

  tree(sha: string, recursive: boolean): RawTreeEntry[] {
    const out = store.ask(['ls-tree', '-l', '-z', ...(recursive ? ['-r', '-t'] : []), sha])
    // As GitHub: names that are no UTF-8 come with replacement characters.
    const rows = out
      .toString('utf8')
      .split('\0')
      .filter((row) => row !== '')
    return rows.map((row) => {
      const [head = '', path = ''] = row.split('\t')
      const [mode = '', type = '', object = '', size = '-'] = head.split(/\s+/)
      return { path, mode, type, sha: object, ...(size === '-' ? {} : { size: Number(size) }) }
    })
  }

  rootOf(commit: string): string {
    return this.ask('rev-parse', `${commit}^{tree}`)
  }

  blob(sha: string): Buffer {
    return store.ask(['cat-file', 'blob', sha])
  }

  has(commit: string): boolean {
    try {
      store.ask(['cat-file', '-e', `${commit}^{commit}`])
      return true
    } catch {
      return false
    }
  }
}

interface Stream {
  readonly parts: Buffer[]
  readonly line: (text: string) => void
  readonly data: (content: Buffer) => void
}

function writeChange({ parts, data }: Stream, path: string | Buffer, change: FileChange): void {
  const quoted = Buffer.concat([Buffer.from('"'), escapePath(Buffer.from(path)), Buffer.from('"\n')])
  if (change === null) {
    parts.push(Buffer.from('D '), quoted)
    return
  }
  const isModed = typeof change === 'object' && 'mode' in change
  const mode = isModed ? change.mode : '100644'
  const content = isModed ? change.content : change
  if (mode === '160000') {
    parts.push(Buffer.from(`M 160000 ${content} `), quoted)
    return
  }
  parts.push(Buffer.from(`M ${mode} inline `), quoted)
  data(Buffer.from(content))
  store.rememberBlob(Buffer.from(content))
}

function escapePath(path: Buffer): Buffer {
  const bytes = [...path].flatMap((byte) => {
    if (byte === 0x22 || byte === 0x5c) return [0x5c, byte]
    return byte === 0x0a ? [0x5c, 0x6e] : [byte]
  })
  return Buffer.from(bytes)
}

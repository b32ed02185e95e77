import { createHash } from 'node:crypto'
import { type CommitOptions, type FileChange, GitRepository } from './git.ts'

export interface FakePull {
  readonly number: number
  readonly id: string
  title: string
  body: string
  state: 'open' | 'closed'
  draft: boolean
  author: string
  createdAt: number
  updatedAt: number
  mergedAt: number | undefined
  closedAt: number | undefined
  mergeCommit: string | undefined
  head: { ref: string; sha: string }
  base: { ref: string; sha: string }
  labels: string[]
  reviews: { author: string; state: string; at: number }[]
  /** Of the commits that were its head, the latest result by name. */
  checks: FakeCheck[]
}

/** A check run by its state, conclusion and status in one, or a commit status. */
export interface FakeCheck {
  readonly sha: string
  readonly name: string
  readonly type: 'run' | 'status'
  readonly state: string
}

export interface FakeRelease {
  readonly id: string
  tag: string
  name: string
  notes: string
  prerelease: boolean
  draft: boolean
  at: number
}

export interface FakeRepository {
  readonly id: string
  readonly git: GitRepository
  owner: string
  name: string
  visibility: 'public' | 'private'
  description: string | null
  topics: string[]
  archived: boolean
  fork: boolean
  defaultBranch: string
  readonly createdAt: number
  pushedAt: number
  pulls: FakePull[]
  releases: FakeRelease[]
}

export interface FakeOwner {
  readonly login: string
  readonly type: 'Organization' | 'User'
}

const HOUR_S = 3_600

/** Everything that the fake GitHub knows: owners, repositories over real git histories, and a clock of its own. */
export class GithubWorld {
  readonly owners: FakeOwner[] = []
  readonly repositories: FakeRepository[] = []
  /** Old names, and the repository that had them: GitHub redirects. */
  readonly moved = new Map<string, FakeRepository>()
  /** Seconds since 1970; every change takes an hour, so that times tell them apart. */
  now = Date.UTC(2026, 0, 5, 9) / 1_000
  /** Entries that a recursive tree may have. */
  treeLimit = 100_000

  /** Time passes with each change. */
  tick(): number {
    this.now += HOUR_S
    return this.now
  }

  addOwner(login: string, type: FakeOwner['type'] = 'Organization'): void {
    this.owners.push({ login, type })
  }

  addRepository(owner: string, name: string, git?: GitRepository): FakeRepository {
    const at = this.tick()
    const repository: FakeRepository = {
      id: `R_${createHash('sha256').update(`${owner}/${name}/${this.repositories.length}`).digest('hex').slice(0, 10)}`,
      git: git ?? new GitRepository(),
      owner,
      name,
      visibility: 'private',
      description: `About ${name}`,
      topics: [],
      archived: false,
      fork: false,
      defaultBranch: 'main',
      createdAt: at,
      pushedAt: at,
      pulls: [],
      releases: [],
    }
    this.repositories.push(repository)
    return repository
  }

  find(owner: string, name: string): FakeRepository | undefined {
    return this.repositories.find((repository) => repository.owner === owner && repository.name === name)
  }

  push(
    repository: FakeRepository,
    files: Readonly<Record<string, FileChange>> | ReadonlyMap<string | Buffer, FileChange>,
    options: Omit<CommitOptions, 'at'> = {},
  ): string {
    const at = this.tick()
    const changes = files instanceof Map ? files : new Map(Object.entries(files))
    const sha = repository.git.commit(changes, { ...options, at })
    repository.pushedAt = at
    for (const pull of repository.pulls) {
      if (pull.state !== 'open' || pull.head.ref !== (options.branch ?? 'main')) continue
      pull.head.sha = sha
      pull.updatedAt = at
    }
    return sha
  }

  branch(repository: FakeRepository, name: string, from = repository.defaultBranch): void {
    repository.git.heads.set(name, repository.git.head(from) ?? from)
    repository.pushedAt = this.tick()
  }

  deleteBranch(repository: FakeRepository, name: string): void {
    repository.git.heads.delete(name)
    repository.pushedAt = this.tick()
  }

  tag(repository: FakeRepository, name: string, commit = repository.git.head(repository.defaultBranch) ?? ''): void {
    repository.git.tags.set(name, commit)
    repository.pushedAt = this.tick()
  }

  release(repository: FakeRepository, tag: string, notes = 'Notes'): FakeRelease {
    const at = this.tick()
    const id = `RE_${repository.id}_${tag}`
    const release = { id, tag, name: tag, notes, prerelease: false, draft: false, at }
    repository.releases.push(release)
    return release
  }

  openPull(repository: FakeRepository, head: string, title = `Change ${head}`): FakePull {
    const at = this.tick()
    const number = repository.pulls.length + 1
    const base = repository.defaultBranch
    const pull: FakePull = {
      number,
      id: `PR_${repository.id}_${number}`,
      title,
      body: '',
      state: 'open',
      draft: false,
      author: 'ada',
      createdAt: at,
      updatedAt: at,
      mergedAt: undefined,
      closedAt: undefined,
      mergeCommit: undefined,
      head: { ref: head, sha: repository.git.head(head) ?? '' },
      base: { ref: base, sha: repository.git.head(base) ?? '' },
      labels: [],
      reviews: [],
      checks: [],
    }
    repository.pulls.push(pull)
    return pull
  }

  /** Squashes a pull request into one commit on its base. */
  squash(repository: FakeRepository, pull: FakePull): void {
    const base = repository.git.head(pull.base.ref) ?? ''
    const at = this.tick()
    const sha = repository.git.commitTree(repository.git.rootOf(pull.head.sha), base, pull.title, at)
    repository.git.heads.set(pull.base.ref, sha)
    Object.assign(pull, { state: 'closed', mergedAt: at, closedAt: at, updatedAt: at, mergeCommit: sha })
    repository.pushedAt = at
  }

  /** A result for the head of a pull request: its own times do not move. */
  check(pull: FakePull, name: string, state: string, type: FakeCheck['type'] = 'run'): void {
    const { sha } = pull.head
    pull.checks = [
      ...pull.checks.filter((check) => check.sha !== sha || check.name !== name),
      { sha, name, type, state },
    ]
    this.tick()
  }

  touch(pull: FakePull, change: (pull: FakePull) => void): void {
    change(pull)
    pull.updatedAt = this.tick()
  }

  rename(repository: FakeRepository, owner: string, name: string): void {
    this.moved.set(`${repository.owner}/${repository.name}`, repository)
    this.moved.delete(`${owner}/${name}`)
    Object.assign(repository, { owner, name })
    this.tick()
  }

  deleteRepository(repository: FakeRepository): void {
    this.repositories.splice(this.repositories.indexOf(repository), 1)
    this.tick()
  }
}

import { startFakeGithub } from '../../helpers/github/server.ts'
import { buildShop, SHOP_FILES } from '../../helpers/github/shop.ts'
import { type FakeRepository, GithubWorld } from '../../helpers/github/world.ts'
import type { OracleWorld } from '../world.ts'

type Operation = (world: GithubWorld, repository: FakeRepository, picks: readonly number[]) => void

const PATHS = [
  ...Object.keys(SHOP_FILES),
  'sql/a.sql',
  'sql/b.sql',
  'analytics/models/extra.sql',
  'notes.txt',
  'data/more.csv',
]
const TEXTS = [
  'select 1;\n',
  'a,b\n1,2\n',
  'create view v as select * from public.orders;\n',
  '{"type": "record", "fields": []}',
]
const BRANCHES = ['main', 'feature', 'topic', 'release/1']
const NAMES = ['shop', 'tools', 'other', 'a.b']

const pick = <T>(list: readonly T[], number = 0): T | undefined => list[number % Math.max(1, list.length)]
const text = (number = 0) => `${pick(TEXTS, number)}${number % 7 === 0 ? `-- ${number % 50}\n` : ''}`
const branchOf = (repository: FakeRepository, number?: number) => pick([...repository.git.heads.keys()], number)

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'write file': (world, repository, [path, content]) => {
    world.push(repository, { [pick(PATHS, path) ?? '']: text(content) })
  },
  'delete file': (world, repository, [path]) => {
    world.push(repository, { [pick(PATHS, path) ?? '']: null })
  },
  'rename file': (world, repository, [from, to, content]) => {
    world.push(repository, { [pick(PATHS, from) ?? '']: null, [pick(PATHS, to) ?? '']: text(content) })
  },
  'write shop file': (world, repository, [path]) => {
    const name = pick(Object.keys(SHOP_FILES), path) ?? ''
    world.push(repository, { [name]: SHOP_FILES[name] ?? null })
  },
  'write code owners': (world, repository, [owner]) => {
    world.push(repository, { '.github/CODEOWNERS': `* @acme/${(owner ?? 0) % 3}\nsql/ @acme/data\n` })
  },
  'write dialect': (world, repository, [folder, dialect]) => {
    const place = pick(['', 'sql/', 'migrations/', 'analytics/'], folder) ?? ''
    const name = pick(['postgres', 'snowflake', 'nothing known'], dialect) ?? ''
    world.push(repository, { [`${place}.sqlfluff`]: `[sqlfluff]\ndialect = ${name}\n` })
  },
  'many files': (world, repository, [start = 0]) => {
    world.push(
      repository,
      Object.fromEntries(Array.from({ length: 310 }, (_, n) => [`bulk/${(start + n) % 400}.txt`, `${start}`])),
    )
  },
  'force-push': (world, repository, [path, content, branch]) => {
    const name = branchOf(repository, branch) ?? 'main'
    world.push(repository, { [pick(PATHS, path) ?? '']: text(content) }, { branch: name, from: null })
  },
  'push to branch': (world, repository, [path, content, branch]) => {
    world.push(
      repository,
      { [pick(PATHS, path) ?? '']: text(content) },
      { branch: branchOf(repository, branch) ?? 'main' },
    )
  },
  'new branch': (world, repository, [name]) => world.branch(repository, pick(BRANCHES, name) ?? ''),
  'delete branch': (world, repository, [name]) => {
    const branch = branchOf(repository, name)
    if (branch !== undefined && branch !== repository.defaultBranch) world.deleteBranch(repository, branch)
  },
  'new tag': (world, repository, [name]) => world.tag(repository, `v${(name ?? 0) % 4}`),
  release: (world, repository, [name]) => {
    const tag = `v${(name ?? 0) % 4}`
    if (!repository.releases.some((release) => release.tag === tag)) world.release(repository, tag)
  },
  'delete release': (world, repository, [name]) => {
    world.tick()
    repository.releases.splice((name ?? 0) % Math.max(1, repository.releases.length), 1)
  },
  'open pull': (world, repository, [head]) => {
    const branch = branchOf(repository, head)
    if (branch !== undefined && repository.git.head(repository.defaultBranch) !== undefined)
      world.openPull(repository, branch)
  },
  'touch pull': (world, repository, [number, title]) => {
    const pull = pick(repository.pulls, number)
    if (pull !== undefined) world.touch(pull, (touched) => touched.labels.push(`label ${(title ?? 0) % 9}`))
  },
  'squash pull': (world, repository, [number]) => {
    const pull = pick(
      repository.pulls.filter(({ state, base }) => state === 'open' && repository.git.heads.has(base.ref)),
      number,
    )
    if (pull !== undefined) world.squash(repository, pull)
  },
  'default branch': (world, repository, [name]) => {
    world.tick()
    repository.defaultBranch = branchOf(repository, name) ?? 'main'
  },
  'change settings': (world, repository, [number = 0]) => {
    world.tick()
    repository.topics = [`topic ${number % 3}`]
    repository.archived = number % 2 === 0
    repository.description = number % 5 === 0 ? null : `Text ${number % 5}`
  },
  'new repository': (world, _repository, [name]) => {
    const own = pick(NAMES, name) ?? ''
    if (world.find('acme', own) === undefined)
      world.push(world.addRepository('acme', own), { 'first.sql': 'select 1;\n' })
  },
  'rename repository': (world, repository, [name]) => {
    const own = pick(NAMES, name) ?? ''
    if (world.find('acme', own) === undefined) world.rename(repository, 'acme', own)
  },
  'delete repository': (world, repository) => {
    if (world.repositories.length > 1) world.deleteRepository(repository)
  },
}

/** An organization at a fake GitHub, over real git histories. It has no transactions: what would be in one happens at once. */
export async function githubWorld(): Promise<OracleWorld> {
  const world = new GithubWorld()
  buildShop(world)
  const fake = await startFakeGithub(world, {})
  const apply = async (operation: string, picks: readonly number[]) => {
    const repository = pick(world.repositories, picks[3])
    if (repository !== undefined) OPERATIONS[operation]?.(world, repository, picks)
  }
  return {
    type: 'github',
    config: { baseUrl: fake.url, owners: ['acme'], token: 'any', commits: { limit: 5 }, pullRequests: 3 },
    operations: [
      ...Object.keys(OPERATIONS),
      'write file',
      'write file',
      'delete file',
      'rename file',
      'push to branch',
    ],
    apply,
    applyInTransaction: apply,
    commit: async () => {},
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
}

import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { GitRepository } from '../helpers/github/git.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { GithubWorld } from '../helpers/github/world.ts'

/** What a sync of nothing may cost an organization of so many repositories. */
export function testCostOfNothing(repositories: number): void {
  test(`${repositories} repositories: a sync of nothing asks conditionally, spends nothing, and writes the rows of its run alone`, async () => {
    const world = new GithubWorld()
    world.addOwner('acme')
    const git = new GitRepository()
    git.commit(new Map([['sql/a.sql', 'select 1;\n']]), { at: 1_700_000_000 })
    for (let n = 0; n < repositories; n += 1) world.addRepository('acme', `repository-${n}`, git)
    await using fake = await startFakeGithub(world, {})
    await using engine = await createEngine([github])
    const config = { baseUrl: fake.url, owners: ['acme'], token: 'any', pullRequests: 10 }
    const source = await engine.addSource(github, config)
    expect((await source.sync()).outcome).toBe('succeeded')

    const written = () => engine.store.sql`
    select t.name, t.rows from (
      select 'asset' as name, sum(hashtext(a.xmin::text || a.id)) as rows from tidemark.asset a
      union all select 'inventory', sum(hashtext(i.xmin::text || i.id)) from tidemark.inventory i
      union all select 'scope', sum(hashtext(s.xmin::text || s.id)) from tidemark.scope s
      union all select 'memory', sum(hashtext(m.xmin::text || m.key)) from tidemark.source_memory m
      union all select 'budget', sum(hashtext(b.xmin::text || b.bucket)) from tidemark.rate_budget b
      union all select 'claim', sum(hashtext(c.xmin::text || c.asset_id)) from tidemark.claim c
      union all select 'version', sum(hashtext(v.xmin::text || v.asset_id)) from tidemark.asset_version v) t
    order by 1`
    const before = await written()
    const { core, graphql } = fake.limits
    fake.requests.length = 0
    const started = performance.now()
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0, added: 0, changed: 0, removed: 0 })
    console.log(
      `${repositories} repositories, nothing new: ${Math.round(performance.now() - started)} ms, ${fake.requests.length} requests`,
    )
    expect(await written()).toEqual(before)
    expect(fake.limits).toMatchObject({ core, graphql })
    expect(fake.requests.filter(({ status }) => status !== 304)).toEqual([])
    // The list of repositories, a hundred to a page, and the owner.
    const lists = fake.requests.filter(({ path }) => !path.startsWith('/repos/'))
    expect(lists.length).toBeLessThanOrEqual(Math.ceil(repositories / 100) + 1)
    // Of each: one for the repository (its tags), one for its branch, one for pull requests, one for releases.
    const asked = Map.groupBy(
      fake.requests.filter(({ path }) => path.startsWith('/repos/')),
      ({ path }) => path.split('/').slice(2, 4).join('/'),
    )
    expect(asked.size).toBe(repositories)
    for (const requests of asked.values()) {
      expect(requests.map(({ path }) => path.split('/')[4]?.split('?')[0]).sort()).toEqual([
        'branches',
        'pulls',
        'releases',
        'tags',
      ])
    }
  }, 280_000)
}

import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import type { ChangeEntry } from '../../connectors/kit/index.ts'
import { openConnector } from '../contract/crawl.ts'
import { startEmulate } from '../helpers/github/emulate.ts'

/** The emulator has the REST API without ETags, and no GraphQL: what is listed and compared can be tried, not described. */
test("another's emulator of GitHub: sign-in, lists, trees and comparisons", async () => {
  await using emulate = await startEmulate()
  const config = { baseUrl: emulate.url, owners: ['ada'], token: emulate.token }
  const scope = { key: 'ada/shop', name: 'ada/shop' }
  await using opened = await openConnector(github, config)
  for (const { run } of opened.handle.checks()) await run()
  expect((await opened.handle.scopes()).scopes.map(({ key }) => key)).toEqual(['ada/shop', 'ada'])
  const pages = opened.handle.inventory(scope)
  const keys: string[] = []
  let page = await pages.next()
  for (; page.done !== true; page = await pages.next()) keys.push(...page.value.map(({ key }) => key))
  expect(keys).toContain('ada.shop.refs/heads/main')

  await push(emulate, 'sql/daily.sql', 'select 1;\n')
  await using later = await openConnector(github, config)
  const changes: ChangeEntry[] = []
  for await (const entries of later.handle.changes?.(scope, page.value.watermark ?? '') ?? []) changes.push(...entries)
  const told = changes.map((entry) => `${entry.operation} ${entry.operation === 'upsert' ? entry.item.key : entry.key}`)
  expect(told).toContain('upsert ada.shop.file.sql/daily\\.sql')
  expect(told).toContain('upsert ada.shop.refs/heads/main')
}, 180_000)

async function push(emulate: { readonly url: string; readonly token: string }, path: string, content: string) {
  const ask = async <T>(method: string, where: string, body?: object): Promise<T> => {
    const response = await fetch(`${emulate.url}/repos/ada/shop/git/${where}`, {
      method,
      headers: { authorization: `token ${emulate.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect(response.ok, `${method} ${where}: ${response.status}`).toBe(true)
    return (await response.json()) as T
  }
  type Made = { readonly sha: string }
  const head = (await ask<{ object: Made }>('GET', 'ref/heads/main')).object.sha
  const base = (await ask<{ tree: Made }>('GET', `commits/${head}`)).tree.sha
  const blob = await ask<Made>('POST', 'blobs', { content, encoding: 'utf-8' })
  const entry = { path, mode: '100644', type: 'blob', sha: blob.sha }
  const tree = await ask<Made>('POST', 'trees', { base_tree: base, tree: [entry] })
  const commit = await ask<Made>('POST', 'commits', { message: path, tree: tree.sha, parents: [head] })
  await ask('PATCH', 'refs/heads/main', { sha: commit.sha })
}

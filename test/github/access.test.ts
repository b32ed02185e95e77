import { generateKeyPairSync } from 'node:crypto'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { createEngine } from '../helpers/engine.ts'
import { type FakeOptions, startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { GithubWorld } from '../helpers/github/world.ts'

async function scene(options: FakeOptions = {}) {
  const world = new GithubWorld()
  const built = buildShop(world)
  const fake = await startFakeGithub(world, options)
  return { world, ...built, fake, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

function keys() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

test('a GitHub App signs in with its key, and renews its installation token before it expires', async () => {
  const { publicKey, privateKey } = keys()
  await using given = await scene({ app: { appId: 7, publicKey, installationId: 42 } })
  const { fake } = given
  const config = { baseUrl: fake.url, owners: ['acme'], app: { appId: 7, privateKey } }
  const tokens = () => fake.requests.filter(({ path }) => path.endsWith('/access_tokens')).length
  await using opened = await openConnector(github, config)
  for (const { run } of opened.handle.checks()) await run()
  expect((await crawl(opened.handle)).length).toBeGreaterThan(10)
  expect(tokens()).toBe(1)
  // Another handle of the process uses the same token; one that soon expires is renewed.
  await using again = await openConnector(github, config)
  await again.handle.scopes()
  expect(tokens()).toBe(1)
  const other = keys()
  await using short = await scene({ app: { appId: 7, publicKey: other.publicKey, installationId: 42 } })
  short.fake.tokenLifeS = 300
  const shortConfig = { ...config, baseUrl: short.fake.url, app: { appId: 7, privateKey: other.privateKey } }
  await using first = await openConnector(github, shortConfig)
  await first.handle.scopes()
  const renewed = short.fake.requests.filter(({ path }) => path.endsWith('/access_tokens')).length
  expect(renewed).toBeGreaterThan(1)
  expect(short.fake.requests.some(({ status }) => status === 401)).toBe(false)
}, 30_000)

test('a key that is not the App’s is refused as sign-in, without a word of it', async () => {
  const { publicKey } = keys()
  const { privateKey } = keys()
  await using given = await scene({ app: { appId: 7, publicKey, installationId: 42 } })
  const config = { baseUrl: given.fake.url, owners: ['acme'], app: { appId: 7, privateKey } }
  await using opened = await openConnector(github, config)
  const error = await opened.handle.scopes().catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ category: 'auth' })
  expect(String(error)).not.toContain(privateKey.slice(40, 80))
}, 30_000)

test('Enterprise Server has its API and GraphQL under /api', async () => {
  await using plain = await scene()
  await using enterprise = await scene({ enterprise: true })
  const read = async (baseUrl: string) => {
    await using opened = await openConnector(github, { baseUrl, owners: ['acme'], token: 'any' })
    return (await crawl(opened.handle)).map(({ key, records }) => ({ key, records }))
  }
  expect(enterprise.fake.url).toMatch(/\/api\/v3$/)
  expect(await read(enterprise.fake.url)).toEqual(await read(plain.fake.url))
}, 30_000)

test('the namespace is the host that people see, for every kind of GitHub', () => {
  const namespaceOf = (baseUrl: string) =>
    github.manifest.namespace(github.manifest.config.parse({ baseUrl, owners: ['a'] }))
  expect(namespaceOf('https://api.github.com')).toBe('github://github.com')
  expect(namespaceOf('https://api.octo.ghe.com')).toBe('github://octo.ghe.com')
  expect(namespaceOf('https://github.acme.com/api/v3')).toBe('github://github.acme.com')
  expect(github.manifest.fromUrl('github://octo.ghe.com/acme/shop')).toMatchObject({
    baseUrl: 'https://api.octo.ghe.com',
    owners: ['acme'],
    repositories: { allow: ['acme/shop'] },
  })
})

test('a limit that is used up stops all workers until it is renewed, and the run shows what is left', async () => {
  await using given = await scene()
  const { fake, world, shop } = given
  await using engine = await createEngine([github])
  const source = await engine.addSource(github, { baseUrl: fake.url, owners: ['acme'], token: 'any' })
  const first = await source.sync()
  const [run] = await engine.store.sql`select budget from catalog.sync_history where run_id = ${first.runId ?? 0}`
  expect(run?.budget).toMatchObject({ core: { allowed: 5_000 }, graphql: { allowed: 5_000 } })
  expect(run?.budget.core.remaining).toBeLessThan(5_000)
  // Another worker was told that nothing is left, and when there will be.
  const wait = 1_500
  await engine.store
    .sql`update tidemark.rate_budget set remaining = 0, resets_at = now() + make_interval(secs => ${wait / 1_000})`
  world.push(shop, { 'sql/new.sql': 'select 1;\n' })
  fake.requests.length = 0
  const started = performance.now()
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect((fake.requests[0]?.at ?? 0) - started).toBeGreaterThan(wait - 200)
}, 60_000)

test('a proxy is gone through', async () => {
  await using given = await scene()
  let connections = 0
  const proxy = createServer((incoming, response) => {
    connections += 1
    incoming.pipe(
      httpRequest(incoming.url ?? '', { method: incoming.method, headers: incoming.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }),
    )
  })
  proxy.on('connect', (incoming, socket, head) => {
    connections += 1
    const [host, port] = (incoming.url ?? '').split(':')
    const tunnel = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      tunnel.write(head)
      tunnel.pipe(socket).pipe(tunnel)
    })
    tunnel.on('error', () => socket.destroy())
    socket.on('error', () => tunnel.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  try {
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    await using opened = await openConnector(github, {
      baseUrl: given.fake.url,
      owners: ['acme'],
      token: 'any',
      proxy: address,
    })
    expect((await opened.handle.scopes()).scopes.map(({ key }) => key)).toEqual(['acme/shop', 'acme/tools', 'acme'])
    expect(connections).toBeGreaterThan(0)
  } finally {
    proxy.closeAllConnections()
    proxy.close()
  }
}, 30_000)

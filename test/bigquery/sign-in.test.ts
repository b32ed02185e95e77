import { createVerify, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import connector from '../../connectors/bigquery/index.ts'
import { openConnector } from '../contract/crawl.ts'
import { type ApiCall, refuse } from '../helpers/bigquery/api.ts'
import { createShop, SHOP } from '../helpers/bigquery/shop.ts'
import { configFor, startStandIn } from '../helpers/bigquery/stand-in.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const ROBOT = `robot@${SHOP}.iam.gserviceaccount.com`
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** A key of another universe than Google's own: its tokens are signed here and asked for nowhere. */
const KEY = {
  type: 'service_account',
  project_id: SHOP,
  private_key_id: 'k1',
  private_key: privateKey,
  client_email: ROBOT,
  universe_domain: 'example.test',
}

async function listen(listener: RequestListener): Promise<{ readonly host: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The claims of a token, when the key's owner has signed it. */
function claimsOf({ headers }: ApiCall): Record<string, unknown> | undefined {
  const [head = '', body = '', signature = ''] = (headers.authorization ?? '').replace(/^Bearer /, '').split('.')
  const valid = createVerify('RSA-SHA256').update(`${head}.${body}`).verify(publicKey, signature, 'base64url')
  return valid ? JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) : undefined
}

async function scopesWith(config: object): Promise<readonly string[]> {
  await using opened = await openConnector(connector, config as never)
  return (await opened.handle.scopes()).scopes.map(({ name }) => name)
}

const SCOPES = [SHOP, `${SHOP}.sales`, `${SHOP}.raw events`]

test('a key of a service account, as text or as a file: requests bear a token that it signed', async () => {
  const seen: unknown[] = []
  await using standIn = await startStandIn(createShop(), {
    answer: async () => undefined,
    tokens: { has: () => true } as unknown as ReadonlySet<string>,
  })
  const { accessToken: _, ...rest } = configFor(standIn)
  const config = { ...rest, projects: [SHOP] }
  standIn.trouble = (call) => {
    seen.push(claimsOf(call))
    return undefined
  }
  expect(await scopesWith({ ...config, credentials: JSON.stringify(KEY) })).toEqual(SCOPES)
  expect(seen.length).toBeGreaterThan(0)
  for (const claims of seen) expect(claims).toMatchObject({ iss: ROBOT, sub: ROBOT })

  const directory = await mkdtemp(join(tmpdir(), 'tidemark-bigquery-'))
  try {
    await writeFile(join(directory, 'key.json'), JSON.stringify(KEY))
    expect(await scopesWith({ ...config, credentials: join(directory, 'key.json') })).toEqual(SCOPES)
    await writeFile(join(directory, 'broken.json'), `{"private_key": "s3cret`)
    const broken = scopesWith({ ...config, credentials: join(directory, 'broken.json') })
    await expect(broken).rejects.toMatchObject({
      category: 'invalid_config',
      message: expect.not.stringContaining('s3cret'),
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('application default, here of a machine of Google: its token, renewed when it is refused; then impersonation', async () => {
  let tokens = 0
  await using metadata = await listen((request, response) => {
    const path = new URL(request.url ?? '/', 'http://metadata').pathname.replace('/computeMetadata/v1/', '')
    response.setHeader('metadata-flavor', 'Google')
    if (path === 'universe/universe-domain') response.end('googleapis.com')
    else if (path.endsWith('/token')) {
      tokens += 1
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: `machine-${tokens}`, expires_in: 3600, token_type: 'Bearer' }))
    } else response.end('ok')
  })
  vi.stubEnv('GCE_METADATA_HOST', metadata.host)
  vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
  vi.stubEnv('HOME', '/nowhere')
  // Else the library would run gcloud to ask for one.
  vi.stubEnv('GOOGLE_CLOUD_PROJECT', SHOP)
  const good = new Set(['machine-2', 'impersonated'])
  const acted: string[] = []
  await using standIn = await startStandIn(createShop(), {
    tokens: good,
    async answer({ path, headers }) {
      if (!path.at(-1)?.endsWith(':generateAccessToken')) return undefined
      acted.push(`${path.at(-1)} by ${headers.authorization}`)
      const expireTime = new Date(Date.now() + 3_600_000).toISOString()
      return { status: 200, body: { accessToken: 'impersonated', expireTime } }
    },
  })
  const { accessToken: _, ...rest } = configFor(standIn)
  const config = { ...rest, projects: [SHOP] }
  // The first token is refused: it was taken back before its time.
  expect(await scopesWith(config)).toEqual(SCOPES)
  expect(tokens).toBe(2)

  good.add('machine-3')
  standIn.calls.length = 0
  expect(await scopesWith({ ...config, impersonate: ROBOT })).toEqual(SCOPES)
  expect(acted).toEqual([`${ROBOT}:generateAccessToken by Bearer machine-3`])

  standIn.trouble = ({ path }) =>
    path.at(-1)?.endsWith(':generateAccessToken') === true
      ? refuse(403, 'forbidden', "Permission 'iam.serviceAccounts.getAccessToken' denied on resource.")
      : undefined
  await expect(scopesWith({ ...config, impersonate: ROBOT })).rejects.toMatchObject({
    category: 'auth',
    hint: expect.stringContaining('roles/iam.serviceAccountTokenCreator'),
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { splitSecrets } from '../../connectors/config.ts'
import type { ConnectorHandle, IngestError, Json } from '../../connectors/kit/index.ts'
import connector from '../../connectors/postgres/index.ts'
import { startSshAgent } from '../helpers/ssh-agent.ts'
import { type SshServer, startSshServer } from '../helpers/ssh-server.ts'
import {
  adminUrl,
  connectTo,
  freshName,
  onlyScope,
  openHandle,
  readInventory,
  type Scratch,
  scratchDatabase,
} from './support.ts'
import { CA, startTlsServer } from './tls-server.ts'

const PASSWORD = 'Bastion-pa55 "word"'
const PASSPHRASE = 'key-Pa55phrase'
const keys = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: PASSPHRASE, cipher: 'aes256-ctr', rounds: 16 })

let scratch: Scratch
let ssh: SshServer
let databasePort: number

beforeAll(async () => {
  scratch = await scratchDatabase()
  await scratch.sql.unsafe('create table kept (id int); create table slow as select 1')
  databasePort = Number(new URL(adminUrl()).port)
  ssh = await startSshServer({
    password: PASSWORD,
    publicKey: keys.public,
    hosts: { 'db.internal:5432': databasePort, 'away.internal:5432': 1 },
  })
})
afterAll(async () => {
  await ssh[Symbol.asyncDispose]()
  await scratch[Symbol.asyncDispose]()
})

const access = (more: Record<string, Json> = {}): Record<string, Json> => ({
  host: '127.0.0.1',
  port: ssh.port,
  user: 'jump',
  password: PASSWORD,
  hostKey: ssh.fingerprint,
  ...more,
})
const config = (more: Record<string, Json> = {}): Record<string, Json> => ({
  host: 'db.internal',
  user: 'postgres',
  databases: [scratch.name],
  ssh: access(),
  connectTimeout: 5,
  ...more,
})

async function crawl(handle: ConnectorHandle): Promise<string[]> {
  const items = await readInventory(handle, await onlyScope(handle))
  return items.map(({ key }) => key)
}

async function refusal(more: Record<string, Json>, secrets: readonly string[] = []): Promise<IngestError> {
  await using handle = await openHandle(config(more))
  const error = (await handle.scopes().catch((thrown: unknown) => thrown)) as IngestError
  const told = [error.message, error.hint, String(error.cause)].join('\n')
  for (const secret of [PASSWORD, PASSPHRASE, ...secrets]) expect(told).not.toContain(secret)
  return error
}

describe('through an SSH server', () => {
  test.each([
    ['a password', () => access()],
    ['a known_hosts line', () => access({ hostKey: `# comment\n${ssh.hostLine}` })],
    [
      'a key with a passphrase',
      () => access({ password: undefined as never, privateKey: keys.private, passphrase: PASSPHRASE }),
    ],
  ])('a database is crawled, with %s; nothing stays open', async (_, block) => {
    {
      await using handle = await openHandle(config({ ssh: JSON.parse(JSON.stringify(block())) }))
      expect(await crawl(handle)).toContain(`${scratch.name}.public.kept`)
      const details: Record<string, string | undefined> = {}
      for (const check of handle.checks()) details[check.name] = await check.run()
      expect(Object.keys(details).slice(0, 3)).toEqual(['tunnel', 'reach', 'tls'])
      expect(details).toMatchObject({ tunnel: `127.0.0.1:${ssh.port}`, reach: 'db.internal:5432' })
      expect(ssh.connections()).toBe(1)
    }
    await vi.waitUntil(() => ssh.connections() === 0, { timeout: 2_000 })
  })

  test('a private key may be in a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tidemark-key-'))
    try {
      const file = join(directory, 'id')
      await writeFile(file, keys.private)
      const { password: _, ...rest } = access({ privateKey: file, passphrase: PASSPHRASE })
      await using handle = await openHandle(config({ ssh: rest }))
      expect(await crawl(handle)).toContain(`${scratch.name}.public.kept`)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('the key may be with an SSH agent; without one at the socket that is what is wrong', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tidemark-agent-'))
    const { password: _, ...rest } = access()
    const path = join(directory, 'agent')
    try {
      expect(await refusal({ ssh: { ...rest, agent: path } })).toMatchObject({
        category: 'invalid_config',
        hint: expect.stringContaining('ssh.agent'),
      })
      {
        await using agent = await startSshAgent(path, keys.private, PASSPHRASE)
        await using handle = await openHandle(config({ ssh: { ...rest, agent: agent.path } }))
        expect(await crawl(handle)).toContain(`${scratch.name}.public.kept`)
      }
      const stranger = ssh2.utils.generateKeyPairSync('ed25519')
      await using agent = await startSshAgent(path, stranger.private)
      expect(await refusal({ ssh: { ...rest, agent: agent.path } })).toMatchObject({ category: 'auth' })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('verify-full asks the database behind the tunnel for a certificate of its own name', async () => {
    await using database = await startTlsServer()
    const hosts = { 'localhost:5432': database.port, 'db.internal:5432': database.port }
    await using bastion = await startSshServer({ password: PASSWORD, hosts })
    const block = access({ port: bastion.port, hostKey: bastion.fingerprint })
    const tls = async (host: string, sslCa?: string) => {
      const trust: Record<string, Json> = sslCa === undefined ? {} : { sslCa }
      await using handle = await openHandle(config({ ssh: block, host, ssl: 'verify-full', ...trust }))
      const check = handle.checks().find(({ name }) => name === 'tls')
      return await check?.run().catch((error: IngestError) => error.category)
    }
    expect(await tls('localhost', CA)).toMatch(/^TLSv1/)
    // Of another name, although the same server; and of a CA that nobody trusts.
    expect(await tls('db.internal', CA)).toBe('auth')
    expect(await tls('localhost')).toBe('auth')
  })

  test('an unknown or another host key is refused before anything is said, with the fingerprint', async () => {
    const { hostKey: _, ...unknown } = access()
    expect(await refusal({ ssh: unknown })).toMatchObject({
      category: 'auth',
      hint: expect.stringContaining(`set ssh.hostKey to ${ssh.fingerprint}`),
    })
    const other = `SHA256:${'A'.repeat(43)}`
    expect(await refusal({ ssh: access({ hostKey: other }) })).toMatchObject({
      category: 'auth',
      message: expect.stringContaining(ssh.fingerprint),
    })
    expect(await refusal({ ssh: access({ hostKey: 'nonsense' }) })).toMatchObject({ category: 'invalid_config' })
  })

  test('what goes wrong has the category of who can mend it', async () => {
    expect(await refusal({ ssh: access({ password: 'wrong-Pa55' }) }, ['wrong-Pa55'])).toMatchObject({
      category: 'auth',
    })
    const { password: _, ...keyed } = access({ privateKey: keys.private })
    expect(await refusal({ ssh: keyed })).toMatchObject({ category: 'invalid_config' })
    expect(await refusal({ ssh: { ...keyed, passphrase: 'wrong' } })).toMatchObject({ category: 'invalid_config' })
    expect(await refusal({ ssh: { ...keyed, privateKey: '/nowhere/id' } })).toMatchObject({
      category: 'invalid_config',
    })
    const { privateKey: __, ...bare } = keyed
    expect(await refusal({ ssh: bare })).toMatchObject({ category: 'invalid_config' })
    expect(await refusal({ ssh: access({ port: 1 }) })).toMatchObject({ category: 'source_unavailable' })
    expect(await refusal({ host: 'elsewhere.internal' })).toMatchObject({ category: 'source_unavailable' })
    expect(await refusal({ host: 'away.internal' })).toMatchObject({
      category: expect.stringMatching(/source_unavailable|invalid_config/),
    })
  })

  test('a server that forwards nothing is told', async () => {
    await using strict = await startSshServer({ password: PASSWORD, hosts: {}, allowForwarding: false })
    const block = access({ port: strict.port, hostKey: strict.fingerprint })
    expect(await refusal({ ssh: block })).toMatchObject({
      category: 'permission',
      hint: expect.stringContaining('AllowTcpForwarding'),
    })
  })

  test('a silent SSH server is a timeout, one of another kind is told', async () => {
    const peers: Server[] = []
    const listen = async (greeting: string) => {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        if (greeting !== '') socket.end(greeting)
      })
      peers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : 0
    }
    try {
      expect(await refusal({ ssh: access({ port: await listen('') }), connectTimeout: 0.3 })).toMatchObject({
        category: 'timeout',
      })
      const other = await refusal({ ssh: access({ port: await listen('HTTP/1.1 400 Bad Request\r\n\r\n') }) })
      expect(['source_unavailable', 'invalid_config']).toContain(other.category)
    } finally {
      for (const peer of peers) peer.close()
    }
  })

  test('a lost SSH connection is source_unavailable, and the next use makes another', async () => {
    await using handle = await openHandle(config())
    const scope = await onlyScope(handle)
    const listing = handle.inventory(scope)
    await listing.next()
    ssh.cut()
    const failure = await (async () => {
      while ((await listing.next()).done !== true);
    })().catch((error: unknown) => error)
    expect(failure).toMatchObject({ category: 'source_unavailable' })
    expect(await crawl(handle)).toContain(`${scratch.name}.public.kept`)
  })

  test('an abort ends a running statement within a second, here and on the server', async () => {
    const application = freshName('tunnel_probe')
    const controller = new AbortController()
    const locker = connectTo(scratch.url)
    try {
      const handle = await openHandle(config({ applicationName: application, lockTimeout: 60 }), controller.signal)
      await onlyScope(handle)
      await locker.unsafe('begin; lock table slow in access exclusive mode')
      const running = handle
        .preview?.({ group: 'relation', path: [scratch.name, 'public', 'slow'] }, 1)
        .catch((error: unknown) => error)
      const waiting = () => scratch.sql`
        select from pg_stat_activity where application_name = ${application} and wait_event_type = 'Lock'`
      await vi.waitUntil(async () => (await waiting()).length === 1, { timeout: 2_500, interval: 20 })
      const aborted = performance.now()
      controller.abort()
      expect(await running).toMatchObject({ category: 'cancelled' })
      expect(performance.now() - aborted).toBeLessThan(1_000)
      await vi.waitUntil(async () => (await waiting()).length === 0, { timeout: 1_000, interval: 20 })
      await handle[Symbol.asyncDispose]()
    } finally {
      await locker.end({ timeout: 1 })
    }
  })

  test('its secrets are kept as such; its loopback is not ours', () => {
    const whole = config({ ssh: access({ privateKey: keys.private, passphrase: PASSPHRASE }) })
    const split = splitSecrets(connector, whole)
    expect(Object.keys(split.secrets).sort()).toEqual(['ssh.passphrase', 'ssh.password', 'ssh.privateKey'])
    expect(JSON.stringify(split.config)).not.toContain(PASSPHRASE)
    const namespaceOf = (more: Record<string, Json>) =>
      connector.manifest.namespace(
        connector.manifest.config.parse(config({ ssh: access({ host: 'jump.example.com' }), ...more })),
      )
    expect(namespaceOf({ host: 'localhost' })).toBe('postgres://jump.example.com:5432')
    expect(namespaceOf({})).toBe('postgres://db.internal:5432')
  })
})

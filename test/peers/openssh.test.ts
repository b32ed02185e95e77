// The tunnel of connectors through OpenSSH's own server and agent; test/postgres/tunnel.test.ts tries everything else through
// the server of ssh2.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { IngestError, Json } from '../../connectors/kit/index.ts'
import { freePort } from '../../runtime/process.ts'
import { adminUrl, onlyScope, openHandle, readInventory, type Scratch, scratchDatabase } from '../postgres/support.ts'

const SSHD = '/usr/sbin/sshd'
const installed = () => spawnSync(SSHD, ['-V']).error === undefined
if (!installed() && process.getuid?.() === 0) {
  spawnSync('sh', ['-c', 'apt-get update -q && apt-get install -qy openssh-server'], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

const PASSPHRASE = 'key-Pa55phrase'
const place = mkdtempSync(join(tmpdir(), 'tidemark-openssh-'))
const user = userInfo().username
const databasePort = Number(new URL(adminUrl()).port)
const children: ChildProcess[] = []

let scratch: Scratch
let port: number

function makeKey(name: string, type: string, passphrase = ''): string {
  const file = join(place, name)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-f', file])
  return file
}

function run(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' })
  children.push(child)
  return child
}

/** Starts the server; it forwards to the tests' database alone. */
async function startServer(): Promise<void> {
  port = await freePort()
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...['ed25519', 'rsa', 'ecdsa'].map((type) => `HostKey ${makeKey(`host_${type}`, type)}`),
    `AuthorizedKeysFile ${join(place, 'authorized_keys')}`,
    `PermitOpen 127.0.0.1:${databasePort}`,
    'AllowTcpForwarding local',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    // The folder is in one that everybody may write to.
    'StrictModes no',
    'PidFile none',
  ]
  const file = join(place, 'sshd_config')
  writeFileSync(file, `${settings.join('\n')}\n`)
  // A service's unit makes it; the server will not start without.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  run(SSHD, ['-D', '-f', file])
  await vi.waitUntil(() => listens(port), { timeout: 20_000, interval: 100 })
}

async function listens(at: number): Promise<boolean> {
  const socket = connect({ port: at, host: '127.0.0.1' })
  const open = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return open
}

const scan = (type: string) =>
  execFileSync('ssh-keyscan', ['-t', type, '-p', String(port), '127.0.0.1'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })

const config = (ssh: Record<string, Json>, more: Record<string, Json> = {}): Record<string, Json> => ({
  host: '127.0.0.1',
  port: databasePort,
  user: 'postgres',
  databases: [scratch.name],
  connectTimeout: 10,
  ssh: { host: '127.0.0.1', port, user, hostKey: scan('ed25519'), ...ssh },
  ...more,
})

async function crawl(settings: Record<string, Json>): Promise<string[]> {
  await using handle = await openHandle(settings)
  return (await readInventory(handle, await onlyScope(handle))).map(({ key }) => key)
}

async function refusal(settings: Record<string, Json>): Promise<IngestError> {
  await using handle = await openHandle(settings)
  return (await handle.scopes().catch((error: unknown) => error)) as IngestError
}

afterAll(() => rmSync(place, { recursive: true, force: true }))

const reason = installed() ? '' : ` (skipped: no ${SSHD}, and it cannot be installed)`
describe.skipIf(!installed())(`through OpenSSH${reason}`, () => {
  beforeAll(async () => {
    scratch = await scratchDatabase()
    await scratch.sql.unsafe('create table kept (id int)')
    const keys = [makeKey('ed25519', 'ed25519'), makeKey('rsa', 'rsa', PASSPHRASE)]
    writeFileSync(join(place, 'authorized_keys'), execFileSync('cat', [...keys.map((key) => `${key}.pub`)]))
    chmodSync(join(place, 'authorized_keys'), 0o644)
    await startServer()
  })
  afterAll(async () => {
    for (const child of children) child.kill()
    await scratch[Symbol.asyncDispose]()
  })

  test.each([
    ['an ed25519 key', () => ({ privateKey: join(place, 'ed25519') })],
    ['an RSA key with a passphrase', () => ({ privateKey: join(place, 'rsa'), passphrase: PASSPHRASE })],
  ])('a database is crawled with %s', async (_, ssh) => {
    expect(await crawl(config(ssh()))).toContain(`${scratch.name}.public.kept`)
  })

  test.each(['ed25519', 'rsa', 'ecdsa'])('what ssh-keyscan prints of the %s key is its host key', async (type) => {
    const ssh = { privateKey: join(place, 'ed25519'), hostKey: scan(type) }
    expect(await crawl(config(ssh))).toContain(`${scratch.name}.public.kept`)
  })

  test("with ssh-agent's keys", async () => {
    const agent = join(place, 'agent')
    run('ssh-agent', ['-D', '-a', agent])
    const add = () => spawnSync('ssh-add', [join(place, 'ed25519')], { env: { ...process.env, SSH_AUTH_SOCK: agent } })
    expect(await refusal(config({ agent: join(place, 'nobody') }))).toMatchObject({ category: 'invalid_config' })
    await vi.waitUntil(() => add().status === 0, { timeout: 10_000, interval: 100 })
    expect(await crawl(config({ agent }))).toContain(`${scratch.name}.public.kept`)
  })

  test('refusals have the category of who can mend them', async () => {
    const privateKey = join(place, 'ed25519')
    const stranger = makeKey('stranger', 'ed25519')
    expect(await refusal(config({ privateKey: stranger }))).toMatchObject({ category: 'auth' })
    expect(await refusal(config({ privateKey, hostKey: `SHA256:${'A'.repeat(43)}` }))).toMatchObject({
      category: 'auth',
    })
    expect(await refusal(config({ privateKey }, { port: 1 }))).toMatchObject({
      category: 'permission',
      hint: expect.stringContaining('PermitOpen'),
    })
  })
})

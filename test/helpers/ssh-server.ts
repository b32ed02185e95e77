import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import ssh2, { type Connection } from 'ssh2'

export interface SshServerOptions {
  readonly user?: string
  readonly password?: string
  /** OpenSSH text of the public key that may sign in. */
  readonly publicKey?: string
  /** Host names as the SSH server sees them, to ports on this machine; others are refused. */
  readonly hosts: Readonly<Record<string, number>>
  readonly allowForwarding?: boolean
}

export interface SshServer extends AsyncDisposable {
  readonly port: number
  /** `SHA256:…` of its host key. */
  readonly fingerprint: string
  /** A line as ssh-keyscan prints it. */
  readonly hostLine: string
  /** SSH connections open now. */
  readonly connections: () => number
  /** Cuts all SSH connections, as a restart would. */
  cut(): void
}

const { Server, utils } = ssh2

/** A real SSH server on the loopback that forwards streams, as a bastion does. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const hostKey = utils.generateKeyPairSync('ed25519')
  const open = new Set<Connection>()
  const streams = new Set<Socket>()
  const server = new Server({ hostKeys: [hostKey.private] }, (client) => {
    open.add(client)
    client.on('error', () => {})
    client.on('close', () => open.delete(client))
    client.on('authentication', (attempt) => (isWelcome(attempt, options) ? attempt.accept() : attempt.reject()))
    // The types leave the method out.
    client.on('ready', () => (client as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true))
    if (options.allowForwarding === false) return
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const port = options.hosts[`${destIP}:${destPort}`]
      if (port === undefined) return reject()
      const target = connect({ port, host: '127.0.0.1', noDelay: true })
      streams.add(target)
      target.on('close', () => streams.delete(target))
      const channel = accept()
      target.on('error', () => channel.destroy())
      channel.on('error', () => target.destroy())
      channel.on('close', () => target.destroy())
      target.pipe(channel).pipe(target)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const publicKey = hostKey.public.split(' ')[1] ?? ''
  const cut = () => {
    for (const client of open) client.end()
    for (const stream of streams) stream.destroy()
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    fingerprint: `SHA256:${createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('base64').replace(/=+$/, '')}`,
    hostLine: `[127.0.0.1]:2222 ssh-ed25519 ${publicKey}`,
    connections: () => open.size,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function isWelcome(attempt: ssh2.AuthContext, { user = 'jump', password, publicKey }: SshServerOptions): boolean {
  if (attempt.username !== user) return false
  if (attempt.method === 'password') return password !== undefined && attempt.password === password
  if (attempt.method !== 'publickey' || publicKey === undefined) return false
  const allowed = utils.parseKey(publicKey)
  if (allowed instanceof Error || !allowed.getPublicSSH().equals(attempt.key.data)) return false
  // Without a signature the client only asks whether the key would do.
  return (
    attempt.signature === undefined ||
    allowed.verify(attempt.blob as Buffer, attempt.signature, attempt.hashAlgo) === true
  )
}

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import type { Client, ClientErrorExtensions, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2'
import { z } from 'zod'
import { IngestError } from '../../model/errors.ts'
import { classifyError } from './classify.ts'
import { secret } from './secrets.ts'

/** The config block of a connector whose source is reached through an SSH server: `ssh: sshConfig.optional()`. */
export const sshConfig = z
  .strictObject({
    host: z.string().min(1).describe('The SSH server (bastion, jump host).'),
    port: z.int().min(1).max(65535).default(22),
    user: z.string().min(1).describe('The account on the SSH server; it needs no shell.'),
    privateKey: secret().optional().describe('PEM or OpenSSH text, or a file path.'),
    passphrase: secret().optional().describe('Of the private key.'),
    password: secret().optional(),
    agent: z.string().min(1).optional().describe('The socket of an SSH agent, such as ${env:SSH_AUTH_SOCK}.'),
    hostKey: z
      .string()
      .min(1)
      .optional()
      .describe("The server's key: a fingerprint (SHA256:…), or lines of known_hosts or ssh-keyscan."),
  })
  .describe('Reach the source through an SSH server, which connects to its host and port.')
export type SshConfig = z.infer<typeof sshConfig>

/** A way to hosts that the SSH server reaches. One SSH connection serves all streams; a lost one is made anew. */
export interface Tunnel extends AsyncDisposable {
  /** Of the SSH server, for messages. */
  readonly address: string
  /** Connects and signs in at the SSH server, if that has not been done. @throws IngestError. */
  connect(signal: AbortSignal): Promise<void>
  /** A connection to a host and port, as the SSH server sees them. @throws IngestError. */
  open(target: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<Duplex>
}

const KEEPALIVE_MS = 15_000

/** Makes no connection before its first use. `timeoutMs` bounds each: to the SSH server, and from there on. */
export function createTunnel(config: SshConfig, { timeoutMs }: { readonly timeoutMs: number }): Tunnel {
  let current: Promise<Client> | undefined
  let closed = false
  const forget = (client: Promise<Client>) => {
    if (current === client) current = undefined
  }
  const connected = async (signal: AbortSignal): Promise<Client> => {
    if (closed) throw new IngestError('cancelled', `${addressOf(config)}: the tunnel is closed`)
    signal.throwIfAborted()
    if (current === undefined) {
      const connecting = signIn(config, timeoutMs, () => forget(connecting))
      connecting.catch(() => forget(connecting))
      current = connecting
    }
    // One caller's abort ends its own waiting: another may be waiting for the same connection.
    return await abortable(current, signal)
  }
  return {
    address: `${config.host}:${config.port}`,
    connect: async (signal) => void (await connected(signal)),
    async open(target, signal) {
      const client = await connected(signal)
      const opening = forward(client, config, target, timeoutMs)
      // A stream that comes too late has no owner.
      opening.then((stream) => signal.aborted && stream.destroy()).catch(() => {})
      return await abortable(opening, signal)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      const client = await current?.catch(() => undefined)
      client?.destroy()
    },
  }
}

function addressOf({ host, port }: SshConfig): string {
  return `SSH server ${host}:${port}`
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function loadClient(): Promise<typeof Client> {
  try {
    return (await import('ssh2')).Client
  } catch (error) {
    throw new IngestError('unsupported', 'The package "ssh2" is not installed', {
      hint: 'npm install ssh2@1',
      cause: error,
    })
  }
}

async function signIn(config: SshConfig, timeoutMs: number, onEnd: () => void): Promise<Client> {
  const SshClient = await loadClient()
  const client = new SshClient()
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  let refusal: IngestError | undefined
  // Kept for the whole life of the client: an error without a listener would end the process.
  client.on('error', (error) => reject(refusal ?? connectionError(config, error)))
  client.on('ready', () => {
    // Else each small message would wait for the acknowledgement of the one before.
    client.setNoDelay(true)
    resolve(client)
  })
  client.on('close', () => {
    onEnd()
    reject(refusal ?? new IngestError('source_unavailable', `${addressOf(config)} closed the connection`))
  })
  try {
    const trusted = trustedKeys(config)
    client.connect({
      ...(await credentials(config)),
      host: config.host,
      port: config.port,
      username: config.user,
      readyTimeout: timeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: 3,
      ...(trusted.algorithms.length === 0 ? {} : { algorithms: { serverHostKey: trusted.algorithms } }),
      hostVerifier: (key: Buffer) => {
        const fingerprint = fingerprintOf(key)
        if (trusted.fingerprints.has(fingerprint)) return true
        refusal = unknownHost(config, fingerprint)
        return false
      },
    })
    return await promise
  } catch (error) {
    client.destroy()
    throw error instanceof IngestError ? error : connectionError(config, error)
  }
}

async function credentials(config: SshConfig): Promise<ConnectConfig> {
  const { privateKey, passphrase, password, agent } = config
  if (privateKey === undefined && password === undefined && agent === undefined) {
    throw new IngestError('invalid_config', `${addressOf(config)}: no way to sign in is given`, {
      hint: 'Give ssh.privateKey, ssh.password or ssh.agent.',
    })
  }
  return {
    ...(privateKey === undefined ? {} : { privateKey: await readKey(config, privateKey) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(password === undefined ? {} : { password }),
    ...(agent === undefined ? {} : { agent }),
  }
}

async function readKey(config: SshConfig, text: string): Promise<string> {
  if (text.includes('-----BEGIN')) return text
  return await readFile(text, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // The text may be a key that lost its frame: it is not repeated.
    throw new IngestError('invalid_config', `${addressOf(config)}: the private key cannot be read (${error.code})`, {
      hint: 'ssh.privateKey is the text of a key, or the path of a file that this account may read.',
    })
  })
}

/** `SHA256:…` as ssh-keygen -l writes it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

interface TrustedKeys {
  readonly fingerprints: ReadonlySet<string>
  /** Asked for where the keys tell their kind: the server may have keys of several. */
  readonly algorithms: ServerHostKeyAlgorithm[]
}

const RSA: readonly ServerHostKeyAlgorithm[] = ['rsa-sha2-512', 'rsa-sha2-256']
const KEY_LINE = /(?:^|\s)((?:ssh|ecdsa)-[a-z0-9-]+)\s+(AAAA[A-Za-z0-9+/]+=*)/

/** https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT: the host names of a line are not looked at. */
function trustedKeys(config: SshConfig): TrustedKeys {
  const fingerprints = new Set<string>()
  const algorithms = new Set<ServerHostKeyAlgorithm>()
  const lines = (config.hostKey ?? '').split('\n').map((line) => line.trim())
  for (const line of lines.filter((text) => text !== '' && !text.startsWith('#'))) {
    const [, type, key] = KEY_LINE.exec(line) ?? []
    if (type !== undefined && key !== undefined) {
      fingerprints.add(fingerprintOf(Buffer.from(key, 'base64')))
      // Whatever else the line names, the client refuses to ask for.
      for (const algorithm of type === 'ssh-rsa' ? RSA : [type as ServerHostKeyAlgorithm]) algorithms.add(algorithm)
    } else if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(line)) fingerprints.add(line.replace(/=$/, ''))
    else {
      throw new IngestError(
        'invalid_config',
        `${addressOf(config)}: ssh.hostKey is no fingerprint and no known_hosts line`,
        {
          hint: 'Write SHA256:… (of ssh-keygen -lf), or what ssh-keyscan prints.',
        },
      )
    }
  }
  return { fingerprints, algorithms: [...algorithms] }
}

function unknownHost(config: SshConfig, fingerprint: string): IngestError {
  const compare = 'compare it with: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub (on the server)'
  return config.hostKey === undefined
    ? new IngestError('auth', `${addressOf(config)} is not known: its key is ${fingerprint}`, {
        hint: `If that is the server's key, set ssh.hostKey to ${fingerprint}; ${compare}.`,
      })
    : new IngestError('auth', `${addressOf(config)} has another key than ssh.hostKey: ${fingerprint}`, {
        hint: `Somebody may stand in between, or the key was replaced; ${compare}.`,
      })
}

/** The levels of ssh2: https://github.com/mscdex/ssh2#client-events */
function connectionError(config: SshConfig, error: unknown): IngestError {
  const what = addressOf(config)
  const { level, code } = error as ClientErrorExtensions & { readonly code?: unknown }
  const text = error instanceof Error ? error.message : String(error)
  if (level === 'client-authentication') {
    return new IngestError('auth', `${what} refuses ${config.user}`, {
      hint: 'Check ssh.user and ssh.privateKey, ssh.password or ssh.agent, and that the public key is in authorized_keys.',
      cause: error,
    })
  }
  // The server's own reason for ending it: https://www.rfc-editor.org/rfc/rfc4253#section-11.1
  if (typeof code === 'number') return new IngestError('source_unavailable', `${what}: ${text}`, { cause: error })
  if (level === 'client-timeout') return new IngestError('timeout', `${what} did not answer in time`, { cause: error })
  if (/^Cannot parse privateKey|passphrase/i.test(text)) {
    return new IngestError('invalid_config', `${what}: the private key cannot be used`, {
      hint: 'Is it a private key in PEM or OpenSSH form, and ssh.passphrase its passphrase?',
    })
  }
  return classifyError(error, CONNECTION_RULES, what)
}

const CONNECTION_RULES = [
  {
    category: 'unsupported' as const,
    patterns: [/no matching/i],
    hint: 'The server offers no algorithm or kind of key that is wanted: with a known_hosts line in ssh.hostKey, its kind must be offered.',
  },
  {
    category: 'source_unavailable' as const,
    patterns: [/Connection lost before handshake|closed the connection|Keepalive timeout|Not connected/i],
  },
  {
    category: 'invalid_config' as const,
    patterns: [/Failed to connect to agent|Invalid agent|Invalid identification/i],
    hint: 'Check ssh.agent, and that ssh.port is that of an SSH server.',
  },
]

/** Why a channel was not opened: https://www.rfc-editor.org/rfc/rfc4254#section-5.1 */
const PROHIBITED = 1

async function forward(
  client: Client,
  config: SshConfig,
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const what = `${host}:${port} through ${addressOf(config)}`
  const timer = setTimeout(
    () => reject(new IngestError('timeout', `${what} did not answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  )
  const lost = () => reject(new IngestError('source_unavailable', `${what}: the SSH connection was lost`))
  client.once('close', lost)
  try {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel)
      else reject(channelError(what, error))
    })
    return await promise
  } catch (error) {
    throw error instanceof IngestError ? error : connectionError(config, error)
  } finally {
    clearTimeout(timer)
    client.off('close', lost)
  }
}

function channelError(what: string, error: Error & { readonly reason?: unknown }): IngestError {
  if (error.reason === PROHIBITED) {
    return new IngestError('permission', `${what}: the SSH server does not allow it`, {
      hint: 'AllowTcpForwarding and PermitOpen of sshd_config, and the options of the key, must let this host and port pass.',
      cause: error,
    })
  }
  return new IngestError('source_unavailable', `${what}: ${error.message}`, {
    hint: 'Check the host and port as the SSH server sees them, and that the source is up.',
    cause: error,
  })
}

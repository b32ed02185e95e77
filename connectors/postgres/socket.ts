import { readFile } from 'node:fs/promises'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { IngestError } from '../kit/index.ts'
import type { Settings } from './config.ts'

/** What the server answers before anything is said about databases or users. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const CANCEL_CODE = 80877102

export interface BackendKey {
  readonly pid: number
  readonly secret: number
}

/** Where the server is, for messages. */
export function addressOf(settings: Settings): string {
  return settings.socket === undefined ? `${settings.host}:${settings.port}` : socketPath(settings, settings.socket)
}

/** A socket ready for the start-up message: connected, and through TLS where the mode asks for it. */
export async function openSocket(settings: Settings, signal: AbortSignal): Promise<Duplex> {
  const socket = await connectSocket(settings, signal)
  if (settings.socket !== undefined || settings.ssl === 'disable') return socket
  try {
    if (await offersTls(socket, settings)) return await upgrade(socket, settings)
    if (settings.ssl === 'prefer') return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
  socket.destroy()
  throw new IngestError('invalid_config', `${addressOf(settings)} does not offer TLS, but ssl is ${settings.ssl}`, {
    hint: 'Turn TLS on at the server (ssl = on), or set ssl to prefer or disable.',
  })
}

/** Connects without saying anything yet. */
export async function connectSocket(settings: Settings, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted()
  const { socket: directory, host, port, tunnel } = settings
  if (tunnel !== undefined) return likeSocket(await tunnel.open({ host, port }, signal))
  const socket = directory === undefined ? net.connect(port, host) : net.connect(socketPath(settings, directory))
  await settle(socket, settings, signal, (done) => socket.once('connect', () => done()))
  return socket
}

/** postgres.js says goodbye only to what tells that it is open, as sockets do. */
function likeSocket(stream: Duplex): Duplex {
  return Object.defineProperty(stream, 'readyState', { get: () => (stream.destroyed ? 'closed' : 'open') })
}

/** Asks for TLS, as libpq does; anything but the two one-letter answers is another kind of server. */
export async function offersTls(socket: Duplex, settings: Settings): Promise<boolean> {
  const answer = await settle<Buffer>(socket, settings, undefined, (done, fail) => {
    socket.once('data', (chunk: Buffer) => done(chunk))
    socket.once('close', () => fail(notPostgres(settings)))
    socket.write(SSL_REQUEST)
  })
  if (answer.length === 1 && answer[0] === 0x53) return true
  if (answer.length === 1 && answer[0] === 0x4e) return false
  throw notPostgres(settings)
}

async function upgrade(socket: Duplex, settings: Settings): Promise<tls.TLSSocket> {
  const verify = settings.ssl === 'verify-ca' || settings.ssl === 'verify-full'
  const secure = tls.connect({
    socket,
    // Without it Node would compare the certificate of an address with "localhost".
    host: settings.host,
    ...(net.isIP(settings.host) ? {} : { servername: settings.host }),
    rejectUnauthorized: verify,
    ...(settings.ssl === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(await readPem('ca', settings.sslCa)),
    ...(await readPem('cert', settings.sslCert)),
    ...(await readPem('key', settings.sslKey)),
  })
  await settle(secure, settings, undefined, (done) => secure.once('secureConnect', () => done()))
  return secure
}

/** Tells the server to end what a backend is running. Never throws: the connection is destroyed anyway. */
export async function cancelBackend(settings: Settings, key: BackendKey): Promise<void> {
  try {
    const message = Buffer.alloc(16)
    message.writeInt32BE(16, 0)
    message.writeInt32BE(CANCEL_CODE, 4)
    message.writeUInt32BE(key.pid, 8)
    message.writeUInt32BE(key.secret, 12)
    const socket = await openSocket(settings, AbortSignal.timeout(500))
    socket.on('error', () => undefined)
    setTimeout(() => socket.destroy(), 500).unref()
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.resume()
      socket.end(message)
    })
  } catch {
    // The statement ends by itself at its timeout.
  }
}

async function readPem(name: string, value: string | undefined): Promise<Record<string, string>> {
  if (value === undefined) return {}
  return { [name]: value.includes('-----BEGIN') ? value : await readFile(value, 'utf8') }
}

function socketPath(settings: Settings, directory: string): string {
  return `${directory}/.s.PGSQL.${settings.port}`
}

function notPostgres(settings: Settings): IngestError {
  return new IngestError('invalid_config', `${addressOf(settings)} does not answer like PostgreSQL`, {
    hint: 'Check host and port: another kind of server listens there.',
  })
}

/** Waits for one event of a socket: within the connect timeout, until an error, or until the signal aborts. */
function settle<T = void>(
  socket: Duplex,
  settings: Settings,
  signal: AbortSignal | undefined,
  start: (done: (value: T) => void, fail: (error: unknown) => void) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const seconds = settings.connectTimeoutMs / 1000
  const timer = setTimeout(() => {
    reject(new IngestError('timeout', `${addressOf(settings)} did not answer within ${seconds} s`))
  }, settings.connectTimeoutMs)
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  socket.once('error', reject)
  start(resolve, reject)
  return promise
    .catch((error: unknown) => {
      socket.on('error', () => undefined)
      socket.destroy()
      throw error
    })
    .finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.removeListener('error', reject)
    })
}

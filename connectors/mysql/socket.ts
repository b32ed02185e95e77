import { readFile } from 'node:fs/promises'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import { IngestError } from '../kit/index.ts'
import type { Settings } from './config.ts'

/** Where the server is, for messages. */
export function addressOf({ host, port, socket }: Settings): string {
  return socket ?? `${host}:${port}`
}

/** A connection on which a MySQL server has said its first word, which is still to be read. */
export async function openSocket(settings: Settings, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted()
  const { socket: file, host, port, tunnel } = settings
  if (tunnel !== undefined) return await awaitGreeting(await tunnel.open({ host, port }, signal), settings, signal)
  const socket = file === undefined ? net.connect({ port, host, noDelay: true, keepAlive: true }) : net.connect(file)
  return await awaitGreeting(socket, settings, signal)
}

/** The server speaks first: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html */
async function awaitGreeting(socket: Duplex, settings: Settings, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const seconds = settings.connectTimeoutMs / 1000
  const timer = setTimeout(
    () => reject(new IngestError('timeout', `${addressOf(settings)} did not answer within ${seconds} s`)),
    settings.connectTimeoutMs,
  )
  const abort = () => reject(signal.reason)
  const closed = () => reject(notMysql(settings))
  const look = () => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    // Putting it back would be told as readable again, without end.
    socket.off('readable', look)
    socket.unshift(chunk)
    if (isGreeting(chunk)) resolve()
    else reject(notMysql(settings))
  }
  signal.addEventListener('abort', abort, { once: true })
  socket.on('error', reject).on('close', closed).on('readable', look)
  try {
    await promise
    return socket
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    socket.off('error', reject).off('close', closed).off('readable', look)
  }
}

const PROTOCOL_VERSION = 10
const REFUSAL = 0xff

/** Four bytes of a packet's header, then its first: the protocol's version, or an error in place of a greeting. */
function isGreeting(chunk: Buffer): boolean {
  return chunk[3] === 0 && (chunk[4] === PROTOCOL_VERSION || chunk[4] === REFUSAL)
}

function notMysql(settings: Settings): IngestError {
  return new IngestError('invalid_config', `${addressOf(settings)} does not answer like MySQL`, {
    hint: 'Check host and port: another kind of server listens there.',
  })
}

/** The `ssl` option of mysql2; undefined for a connection without TLS. */
export async function tlsOptions(settings: Settings): Promise<Record<string, unknown> | undefined> {
  const { ssl, socket } = settings
  if (ssl === 'disable' || socket !== undefined) return undefined
  return {
    rejectUnauthorized: ssl === 'verify-ca' || ssl === 'verify-full',
    verifyIdentity: ssl === 'verify-full',
    ...(await readPem('ca', settings.sslCa)),
    ...(await readPem('cert', settings.sslCert)),
    ...(await readPem('key', settings.sslKey)),
  }
}

async function readPem(name: string, value: string | undefined): Promise<Record<string, string>> {
  if (value === undefined) return {}
  return { [name]: value.includes('-----BEGIN') ? value : await readFile(value, 'utf8') }
}

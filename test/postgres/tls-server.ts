import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'

/** A certificate for `localhost` alone, signed by a CA made for these tests; valid for a hundred years. */
const file = (name: string) => new URL(`../fixtures/postgres/tls/${name}`, import.meta.url)
export const CA = file('ca.crt').pathname

export interface TlsServer extends AsyncDisposable {
  readonly port: number
}

/** Like PostgreSQL, it is asked for TLS in plain text, says yes, and goes on inside of it. */
export async function startTlsServer(): Promise<TlsServer> {
  const secureContext = createSecureContext({
    cert: readFileSync(file('server.crt')),
    key: readFileSync(file('server.key')),
  })
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write('S')
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined).resume()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

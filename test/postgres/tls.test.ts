import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SSL_MODES } from '../../connectors/postgres/config.ts'
import { openHandle } from './support.ts'

/** A certificate for `localhost` alone, signed by a CA made for this test; valid for a hundred years. */
const file = (name: string) => new URL(`../fixtures/postgres/tls/${name}`, import.meta.url)
const CA = file('ca.crt').pathname

describe('TLS', () => {
  let server: Server
  let port: number
  beforeAll(async () => {
    const secureContext = createSecureContext({
      cert: readFileSync(file('server.crt')),
      key: readFileSync(file('server.key')),
    })
    // Like PostgreSQL, it is asked for TLS in plain text, says yes, and goes on inside of it.
    server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write('S')
        new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined).resume()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())))

  const cases = SSL_MODES.filter((mode) => mode !== 'disable').flatMap((ssl) =>
    ['localhost', '127.0.0.1'].flatMap((host) => [undefined, CA].map((sslCa) => ({ ssl, host, sslCa }))),
  )
  test.each(cases)('$ssl to $host, CA $sslCa', async ({ ssl, host, sslCa }) => {
    const trusted = sslCa !== undefined && (ssl === 'verify-ca' || host === 'localhost')
    await using handle = await openHandle({ host, port, user: 'x', ssl, ...(sslCa === undefined ? {} : { sslCa }) })
    const check = handle.checks().find(({ name }) => name === 'tls')
    const outcome = await check?.run().catch((error: { category: string }) => error.category)
    expect(outcome).toMatch(ssl.startsWith('verify') && !trusted ? /^auth$/ : /^TLSv1/)
  })

  test('a CA that is not there is invalid_config, PEM text is taken as it is', async () => {
    const run = async (sslCa: string) => {
      await using handle = await openHandle({ host: 'localhost', port, user: 'x', ssl: 'verify-full', sslCa })
      return await handle
        .checks()
        .find(({ name }) => name === 'tls')
        ?.run()
        .catch((error: { category: string }) => error.category)
    }
    expect(await run('/nowhere/ca.pem')).toBe('invalid_config')
    expect(await run(readFileSync(CA, 'utf8'))).toMatch(/^TLSv1/)
  })
})

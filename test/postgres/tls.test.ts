import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SSL_MODES } from '../../connectors/kit/index.ts'
import { openHandle } from './support.ts'
import { CA, startTlsServer, type TlsServer } from './tls-server.ts'

describe('TLS', () => {
  let server: TlsServer
  let port: number
  beforeAll(async () => {
    server = await startTlsServer()
    port = server.port
  })
  afterAll(() => server[Symbol.asyncDispose]())

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

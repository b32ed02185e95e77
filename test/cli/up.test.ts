import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { type Environment, makeHome, start, spawnTidemark as tidemark } from './support.ts'

/** Resolves once the process has said so on either stream. */
async function said(child: ReturnType<typeof start>['child'], words: string): Promise<void> {
  let all = ''
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer) => {
      all += chunk.toString()
      if (all.includes(words)) resolve()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('close', (code) => reject(new Error(`ended with ${code} before it said ${words}: ${all}`)))
  })
}

async function rows(env: Environment, query: string): Promise<unknown> {
  return JSON.parse((await tidemark(['sql', query, '--json'], env)).stdout)
}

test('up serves the sample company until Ctrl-C; the second start finds it', async () => {
  const env = { TIDEMARK_HOME: makeHome() }
  const up = start(['up', '--sample'], env)
  await said(up.child, 'Tidemark is up')
  // Other commands attach to it.
  const [sync, doctor, second] = await Promise.all([
    tidemark(['sync', '--json'], env),
    tidemark(['doctor', '--json'], env),
    tidemark(['up'], env),
  ])
  expect(JSON.parse(sync.stdout).runs).toMatchObject([
    { source: 'sample_shop', outcome: 'succeeded', described: 0 },
    { source: 'sample_tills', outcome: 'succeeded', described: 0 },
  ])
  expect(JSON.parse(doctor.stdout)).toMatchObject({ healthy: true })
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('tidemark is running already') })
  up.child.kill('SIGINT')
  const { code, stdout } = await up.finished()
  expect(code).toBe(0)
  expect(stdout).toMatch(/^sample_shop: 43 assets with \d+ columns, synced in/m)
  expect(stdout).toContain('└─ sample_shop.sales.customer_value  (view)')
  expect(stdout).toMatch(/^Temporal UI: http:\/\/127\.0\.0\.1:\d+$/m)

  const again = await tidemark(['up', '--sample', '--once'], env)
  expect(again.code).toBe(0)
  expect(again.stdout).toMatch(/^sample_shop: 43 assets/m)
  // A store of its own is started for the time of a command.
  expect(
    await rows(env, 'select count(*)::int as runs, count(distinct source)::int as sources from catalog.sync_history'),
  ).toEqual([{ runs: 6, sources: 2 }])
}, 120_000)

test('a port in use is told, and what had started is stopped', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const { code, stderr } = await tidemark(['up', '--once', '--port', port], { TIDEMARK_HOME: makeHome() })
  expect(code).toBe(2)
  expect(stderr).toContain(`Port ${port}`)
  server.close()
}, 60_000)

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, test, vi } from 'vitest'
import type { VaultUnderTest } from '../helpers/fake-vault.ts'
import { describeVault } from '../helpers/vault-suite.ts'

/**
 * HashiCorp's Vault or OpenBao, which no registry has ready to run: TIDEMARK_TEST_VAULT names the program, or it is on the
 * PATH.
 */
const PROGRAM = [process.env.TIDEMARK_TEST_VAULT, 'vault', 'bao'].find(
  (name) => name !== undefined && spawnSync(name, ['version'], { timeout: 10_000 }).error === undefined,
)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Its dev server, arranged through the API. */
async function startVault(program: string): Promise<VaultUnderTest> {
  const root = `root-${randomUUID()}`
  const place = `127.0.0.1:${await freePort()}`
  const args = ['server', '-dev', `-dev-listen-address=${place}`, `-dev-root-token-id=${root}`, '-dev-no-store-token']
  const child = spawn(program, args, { stdio: 'ignore' })
  const address = `http://${place}`
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': root },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json().catch(() => ({}))) as {
      data?: Record<string, never>
      auth?: { client_token: string }
    }
    return { status: response.status, ...answer }
  }
  const must = async (method: string, path: string, body?: unknown) => {
    const answer = await ask(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer
  }
  await vi.waitUntil(async () => (await ask('GET', 'sys/mounts').catch(() => undefined))?.status === 200, {
    timeout: 30_000,
  })
  if ((await ask('GET', 'sys/mounts/secret')).status !== 200) {
    await must('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } })
  }
  await must('POST', 'sys/mounts/kv', { type: 'kv', options: { version: '1' } })
  await must('POST', 'sys/auth/approle', { type: 'approle' })
  return { address, root, ...arrangeThrough(must), [Symbol.asyncDispose]: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill()
  await ended
}

type Must = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ data?: Record<string, never>; auth?: { client_token: string } }>

function arrangeThrough(must: Must): Omit<VaultUnderTest, 'address' | 'root' | typeof Symbol.asyncDispose> {
  const versioned = (path: string, part: string) => path.replace(/^secret\//, `secret/${part}/`)
  const allow = async (allowed: readonly string[]) => {
    const name = `policy-${randomUUID()}`
    const policy = allowed.map((path) => `path "${path}" { capabilities = ["read"] }`).join('\n')
    await must('PUT', `sys/policies/acl/${name}`, { policy })
    return name
  }
  return {
    async put(path, secret) {
      if (path.startsWith('kv/')) await must('POST', path, secret)
      // A new mount of version 2 takes a moment to be upgraded.
      else await vi.waitFor(() => must('POST', versioned(path, 'data'), { data: secret }), { timeout: 10_000 })
    },
    async remove(path) {
      await must('DELETE', versioned(path, 'data'))
    },
    async token({ allowed, ttlSeconds = 3600 }) {
      const policies = [await allow(allowed)]
      return (await must('POST', 'auth/token/create', { policies, ttl: `${ttlSeconds}s` })).auth?.client_token ?? ''
    },
    async role({ allowed, ttlSeconds = 3600 }) {
      const name = `role-${randomUUID()}`
      await must('POST', `auth/approle/role/${name}`, {
        token_policies: [await allow(allowed)],
        token_ttl: `${ttlSeconds}s`,
      })
      const { data: role } = await must('GET', `auth/approle/role/${name}/role-id`)
      const { data: secret } = await must('POST', `auth/approle/role/${name}/secret-id`, {})
      return { roleId: String(role?.role_id), secretId: String(secret?.secret_id) }
    },
    async revokeRoleTokens() {
      await must('POST', 'sys/leases/revoke-prefix/auth/approle')
    },
  }
}

if (PROGRAM === undefined) {
  test.skip('references to the real server (skipped: neither vault nor bao is installed, and TIDEMARK_TEST_VAULT names none)', () => {})
} else {
  describe(`references to the dev server of ${PROGRAM}`, () => describeVault(() => startVault(PROGRAM)))
}

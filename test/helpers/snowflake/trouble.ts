import type { FailureCase, FaultCase, Fixture } from '../../contract/harness.ts'
import type { SnowflakeFixture } from './fixture.ts'

/** The suites of Snowflake make no others. */
const own = (fixture: Fixture) => fixture as SnowflakeFixture

/** Configs that the stand-in refuses, whatever it tells of. */
export function snowflakeFailures(fixture: Fixture): readonly FailureCase[] {
  const { config, server } = own(fixture)
  server.users.set('LOCKED', { password: 'x', refusal: '390422' })
  return [
    {
      name: 'a wrong password',
      config: { ...config, password: 'not the Pa55word' },
      category: 'auth',
      secrets: ['not the Pa55word'],
    },
    { name: 'a closed port', config: { ...config, baseUrl: 'http://127.0.0.1:1' }, category: 'source_unavailable' },
    {
      name: 'a host that does not exist',
      config: { ...config, baseUrl: 'http://nowhere.invalid' },
      category: 'source_unavailable',
    },
    { name: 'a network policy', config: { ...config, user: 'LOCKED', password: 'x' }, category: 'auth' },
    { name: 'a database that is not shown', config: { ...config, databases: ['NOWHERE'] }, category: 'permission' },
    {
      name: 'a key that is none',
      config: { account: 'a', baseUrl: server.url, user: 'TIDEMARK', privateKey: 'no key' },
      category: 'invalid_config',
    },
  ]
}

/** Trouble that the stand-in makes on the way. */
export const SNOWFLAKE_FAULTS: readonly FaultCase[] = [
  {
    name: 'throttled for good',
    category: 'rate_limited',
    retryAfterMs: 7_000,
    async provoke({ fixture, handle, scope }) {
      own(fixture).server.intercept = ({ path }) =>
        path.startsWith('/queries') ? { status: 429, headers: { 'retry-after': '7' } } : undefined
      await handle.inventory(scope).next()
    },
  },
  {
    name: 'dropped connections',
    category: 'source_unavailable',
    async provoke({ fixture, handle, scope }) {
      own(fixture).server.intercept = ({ path }) => (path.startsWith('/queries') ? 'drop' : undefined)
      await handle.inventory(scope).next()
    },
  },
  {
    name: 'a session that cannot be renewed',
    category: 'source_unavailable',
    async provoke({ fixture, handle, scope }) {
      own(fixture).server.expireSessions({ renewable: false })
      await handle.inventory(scope).next()
    },
  },
  {
    name: 'a database no longer shown',
    category: 'permission',
    async provoke({ fixture, handle, scope }) {
      own(fixture).scene.account.hidden.add(scope.name)
      await handle.inventory(scope).next()
    },
  },
]

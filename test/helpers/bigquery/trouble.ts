import type { Scope } from '../../../connectors/kit/index.ts'
import type { FailureCase, FaultCase, Fixture } from '../../contract/harness.ts'
import { refuse } from './api.ts'
import type { StandIn } from './stand-in.ts'

/** Configs that are refused, whatever lies behind the stand-in. */
export const bigqueryFailures = (config: Fixture['config']): readonly FailureCase[] => [
  {
    name: 'a wrong token',
    config: { ...config, accessToken: 'ya29.another' },
    category: 'auth',
    secrets: ['ya29.another'],
  },
  {
    name: 'a closed port',
    config: { ...config, endpoints: { bigquery: 'http://127.0.0.1:9' } },
    category: 'source_unavailable',
  },
  { name: 'no project', config: { ...config, projects: ['nowhere'] }, category: 'not_found' },
  { name: 'no dataset to see', config: { ...config, datasets: { allow: ['none'] } }, category: 'permission' },
]

const isList = (path: readonly string[]) => path.at(-1) === 'tables'

/** Trouble that the stand-in makes while a dataset is listed. */
export function bigqueryFaults(standInOf: (made: Fixture) => StandIn, scope: Scope): readonly FaultCase[] {
  return [
    {
      name: '429 with Retry-After',
      category: 'rate_limited',
      retryAfterMs: 120_000,
      async provoke({ fixture: made, handle }) {
        standInOf(made).trouble = () => refuse(429, 'rateLimitExceeded', 'Slow down.', { 'retry-after': '120' })
        await handle.inventory(scope).next()
      },
    },
    {
      name: '403 with a quota used up',
      category: 'rate_limited',
      retryAfterMs: 600_000,
      async provoke({ fixture: made, handle }) {
        standInOf(made).trouble = () => refuse(403, 'quotaExceeded', 'Quota exceeded: too many requests.')
        await handle.inventory(scope).next()
      },
    },
    {
      name: 'a dropped connection in mid-listing',
      category: 'source_unavailable',
      async provoke({ fixture: made, handle }) {
        standInOf(made).trouble = ({ path }) => (isList(path) ? 'drop' : undefined)
        for await (const _page of handle.inventory(scope));
      },
    },
    {
      name: 'a token that ran out',
      category: 'auth',
      async provoke({ fixture: made, handle }) {
        const pages = handle.inventory(scope)
        await pages.next()
        standInOf(made).trouble = () => refuse(401, 'authError', 'Invalid Credentials')
        await pages.next()
      },
    },
  ]
}

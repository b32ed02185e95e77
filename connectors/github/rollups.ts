import { type CheckCounts, optional, pagesOf } from '../kit/index.ts'
import type { Client } from './client.ts'

/** Pull requests asked for in one query: a point of the limit, and an answer well within GitHub's ten seconds. */
const QUERY_PULLS = 50

/**
 * GitHub's own counts: whole however many checks there are, while the checks themselves are not readable with
 * fine-grained tokens, and slow by the hundred.
 * https://docs.github.com/en/graphql/reference/objects#statuscheckrollupcontextconnection
 */
const QUERY = `query CheckRollups($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id
      commits(last: 1) {
        nodes {
          commit {
            statusCheckRollup {
              state
              contexts(first: 1) {
                checkRunCountsByState { state count }
                statusContextCountsByState { state count }
              }
            }
          }
        }
      }
    }
  }
}`

type StateCounts = readonly { readonly state: string; readonly count: number }[] | null

interface Rollup {
  readonly state: string
  readonly contexts: { readonly checkRunCountsByState: StateCounts; readonly statusContextCountsByState: StateCounts }
}

interface RawPull {
  readonly id?: string
  readonly commits: { readonly nodes: readonly { readonly commit: { readonly statusCheckRollup: Rollup | null } }[] }
}

/** The checks of pull requests' head commits, by node id; what is not there any more is absent. */
export async function readRollups(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, CheckCounts>> {
  const checks = new Map<string, CheckCounts>()
  for (const page of pagesOf(ids, QUERY_PULLS)) {
    const { nodes } = await client.graphql<{ nodes: readonly (RawPull | null)[] }>(QUERY, { ids: [...page] })
    for (const pull of nodes) {
      if (pull?.id !== undefined) checks.set(pull.id, countChecks(pull.commits.nodes[0]?.commit.statusCheckRollup))
    }
  }
  return checks
}

/** Of check runs and commit statuses alike; every other state is one of waiting or running. */
const PASSED: ReadonlySet<string> = new Set(['SUCCESS', 'NEUTRAL', 'SKIPPED'])
const FAILED: ReadonlySet<string> = new Set([
  'FAILURE',
  'ERROR',
  'CANCELLED',
  'TIMED_OUT',
  'ACTION_REQUIRED',
  'STARTUP_FAILURE',
])

/** A commit without checks has no rollup. */
function countChecks(rollup: Rollup | null | undefined): CheckCounts {
  const { checkRunCountsByState, statusContextCountsByState } = rollup?.contexts ?? {}
  const counts = [...(checkRunCountsByState ?? []), ...(statusContextCountsByState ?? [])]
  const sum = (fits: (state: string) => boolean) =>
    counts.reduce((total, { state, count }) => (fits(state) ? total + count : total), 0)
  return {
    ...optional('state', rollup?.state.toLowerCase()),
    passed: sum((state) => PASSED.has(state)),
    failed: sum((state) => FAILED.has(state)),
    pending: sum((state) => !PASSED.has(state) && !FAILED.has(state)),
  }
}

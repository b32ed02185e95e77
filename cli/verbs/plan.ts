import { readRunDetails } from '../../services/runs.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { openSession } from '../session.ts'
import { syncSources } from '../sync.ts'
import { clean, count } from '../text.ts'

interface Options {
  readonly scope: readonly string[]
  readonly local?: true
}

/** Keys by verdict, up to a thousand each, as the store keeps them. */
interface Plan {
  readonly new: readonly string[]
  readonly moved: readonly string[]
  readonly absent: readonly string[]
}

const SCOPES = 1_000
const SHOWN = 20

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<number> {
  await using session = await openSession({ onStatus: io.note, signal })
  const { requireSourceHead } = await import('../../services/lookup.ts')
  const [source = ''] = args
  await requireSourceHead(session, source)
  const order = {
    sources: [source],
    mode: 'plan' as const,
    local: options.local === true,
    ...(options.scope.length === 0 ? {} : { scopes: options.scope }),
  }
  const { runs, exitCode } = await syncSources(session, order, io, signal)
  const { run, scopes } = await readRunDetails(session, runs[0]?.runId ?? 0, { scopes: SCOPES, changes: 0 })
  const planned = scopes.map(({ scope, status, listing, listed, moved, absent, error, plan }) => {
    const items = (plan ?? { new: [], moved: [], absent: [] }) as Plan
    return { scope, status, listing, listed, describe: moved, absent, error, items }
  })
  io.data({ run, scopes: planned })
  for (const scope of planned) if (scope.status !== 'left out') printScope(io, scope)
  return exitCode
}

interface PlannedScope {
  readonly scope: string
  readonly listing: string | null
  readonly describe: number
  readonly absent: number
  readonly items: Plan
}

function printScope(io: Io, scope: PlannedScope): void {
  const { describe, absent, items } = scope
  if (describe === 0 && absent === 0) {
    io.print(`${scope.scope}: ${scope.listing === 'unchanged' ? 'unchanged' : 'nothing to do'}`)
    return
  }
  io.print(`${scope.scope}: ${count(describe, 'item')} to describe, ${absent} gone`)
  for (const [mark, keys] of [
    ['+', items.new],
    ['~', items.moved],
    ['-', items.absent],
  ] as const) {
    for (const key of keys.slice(0, SHOWN)) io.print(`  ${mark} ${clean(key)}`)
    if (keys.length > SHOWN) io.print(`  ${mark} … and ${keys.length - SHOWN} more`)
  }
}

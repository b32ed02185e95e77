import { readRunDetails } from '../../services/runs.ts'
import type { Invocation } from '../invocation.ts'
import { EXIT, type Io } from '../io.ts'
import { openSession, type Session } from '../session.ts'
import { syncSources } from '../sync.ts'
import { clean, count, table } from '../text.ts'

interface Options {
  readonly scope: readonly string[]
  readonly local?: true
  readonly why?: true
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
  if (options.why === true) return await tellWhy({ io, session, source, scopes: options.scope, signal })
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

interface Asking {
  readonly io: Io
  readonly session: Session
  readonly source: string
  readonly scopes: readonly string[]
  readonly signal: AbortSignal
}

/** Whether the filters let each object in, as the source lists it without them. */
async function tellWhy({ io, session, source, scopes, signal }: Asking): Promise<number> {
  const { explainSource } = await import('../../services/explain.ts')
  const verdicts = await explainSource(await session.context(), { source, scopes, signal })
  io.data({ verdicts })
  const lines = table(verdicts, [
    { title: 'OBJECT', value: ({ object }) => object },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'VERDICT', value: ({ verdict }) => verdict },
    { title: 'RULE', value: ({ rule }) => rule, width: 120 },
  ])
  for (const line of lines) io.print(line)
  const left = verdicts.filter(({ verdict }) => verdict === 'left out').length
  io.note(`(${count(verdicts.length, 'object')}, ${left} left out)`)
  return EXIT.done
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

import fc from 'fast-check'
import type { Connector, ConnectorHandle } from '../../connectors/kit/index.ts'
import type { Store } from '../../db/store.ts'
import { createEngine, type RunRecord, type TestSource } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { createStore, emptyStore } from '../helpers/store.ts'
import type { OracleSubject, OracleWorld } from './world.ts'

/** One step of a random sequence. Steps act on whatever exists then, so that any part of a sequence is one too. */
type ChangeKind = 'change' | 'change in transaction' | 'change during the next scan'
type Step =
  | { readonly kind: ChangeKind; readonly operation: number; readonly picks: number[] }
  | { readonly kind: 'commit' }
  | { readonly kind: 'commit during the next scan' }
  | { readonly kind: 'sync' }

const picks = fc.array(fc.nat(1 << 20), { minLength: 4, maxLength: 4 })
const change = (kind: ChangeKind) => fc.record({ kind: fc.constant(kind), operation: fc.nat(1 << 20), picks })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: change('change') },
  { weight: 2, arbitrary: change('change in transaction') },
  { weight: 2, arbitrary: change('change during the next scan') },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'commit' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'commit during the next scan' }) },
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'sync' }) },
)
const sequence = fc.record({ seed: fc.nat(), steps: fc.array(step, { minLength: 6, maxLength: 40 }) })

export interface OracleReport {
  readonly sequences: number
  readonly syncs: number
  readonly described: number
  /** Items described whose record turned out as before. */
  readonly wasted: number
}

/**
 * Proves that incremental syncs end where a full one does: random changes, syncs at random moments, and in the end the
 * store must equal that of a full crawl into an empty one. A failure is shrunk to the shortest sequence that still
 * fails (unless `shrink` is false) and thrown with the seed to repeat it.
 */
export async function proveEquivalence(
  subject: OracleSubject,
  options: { readonly sequences: number; readonly seed: number; readonly shrink?: boolean },
): Promise<OracleReport> {
  const report = { sequences: 0, syncs: 0, described: 0, wasted: 0 }
  await using incremental = await createStore()
  await using full = await createStore()
  const property = fc.asyncProperty(sequence, async ({ seed, steps }) => {
    const difference = await runSequence(subject, { seed, steps, report, stores: { incremental, full } })
    report.sequences += 1
    if (difference !== undefined) throw new Error(difference)
  })
  await fc.assert(property, { numRuns: options.sequences, seed: options.seed, endOnFailure: options.shrink === false })
  return report
}

interface Sequence {
  readonly seed: number
  readonly steps: readonly Step[]
  readonly report: { syncs: number; described: number; wasted: number }
  /** Emptied before use. */
  readonly stores: { readonly incremental: Store; readonly full: Store }
}

async function runSequence(
  subject: OracleSubject,
  { seed, steps, report, stores }: Sequence,
): Promise<string | undefined> {
  await using world = await subject.createWorld(seed)
  const during: (() => Promise<void>)[] = []
  const connector = interleave(subject.connector, async () => await during.shift()?.())
  // Small batches try what crosses them, large ones are what people run.
  await emptyStore(stores.incremental)
  const batch = [7, 40, 500][seed % 3] ?? 500
  await using engine = await createEngine([connector], { batch, store: stores.incremental })
  const source = await engine.addSource(connector, world.config)
  for (const next of steps) await takeStep(world, source, next, during, report)
  for (const left of during.splice(0)) await left()
  await world.commit()
  await syncUntilSettled(source, report)
  await emptyStore(stores.full)
  await using empty = await createEngine([subject.connector], { store: stores.full })
  const full = await empty.addSource(subject.connector, world.config)
  const run = await full.sync({ mode: 'full' })
  if (run.outcome !== 'succeeded') return `the full crawl ended ${run.outcome}: ${JSON.stringify(run)}`
  for (const { sql } of [engine.store, empty.store]) {
    const due = await sql`select 1 from tidemark.source where lineage_due`
    if (due.length > 0) return 'lineage was not derived to its end'
  }
  return firstDifference(await exportStore(engine.store), await exportStore(empty.store))
}

async function takeStep(
  world: OracleWorld,
  source: TestSource,
  next: Step,
  during: (() => Promise<void>)[],
  report: { syncs: number; described: number; wasted: number },
): Promise<void> {
  if (next.kind === 'sync') {
    // The run may find a gap where a transaction holds a lock: the next one makes up for it.
    await syncApproving(source, report)
    return
  }
  if (next.kind === 'commit') return await world.commit()
  if (next.kind === 'commit during the next scan') {
    during.push(() => world.commit())
    return
  }
  const operation = world.operations[next.operation % world.operations.length] ?? ''
  if (next.kind === 'change') await world.apply(operation, next.picks)
  else if (next.kind === 'change in transaction') await world.applyInTransaction(operation, next.picks)
  else during.push(() => world.apply(operation, next.picks))
}

/** Proposals are approved at once, by the run after. */
async function syncApproving(
  source: TestSource,
  report: { syncs: number; described: number; wasted: number },
): Promise<RunRecord> {
  let run = await source.sync()
  count(run, report)
  if (run.outcome === 'held' || run.proposed > 0) {
    await source.approveAll()
    run = await source.sync({ trigger: 'approval' })
    count(run, report)
  }
  return run
}

async function syncUntilSettled(
  source: TestSource,
  report: { syncs: number; described: number; wasted: number },
): Promise<void> {
  const run = await syncApproving(source, report)
  if (run.outcome !== 'succeeded') throw new Error(`the last sync ended ${run.outcome}: ${JSON.stringify(run)}`)
}

function count(run: RunRecord, report: { syncs: number; described: number; wasted: number }): void {
  report.syncs += 1
  report.described += run.described
  report.wasted += Math.max(0, run.described - run.added - run.changed - run.renamed)
}

/** The connector, with a call of `hook` before each page of a listing and of a description. */
function interleave(connector: Connector, hook: () => Promise<void>): Connector {
  return {
    ...connector,
    async open(config, context) {
      const handle = await connector.open(config, context)
      const around = <T, R>(pages: AsyncGenerator<T, R, void>): AsyncGenerator<T, R, void> =>
        (async function* () {
          await hook()
          while (true) {
            const page = await pages.next()
            if (page.done === true) {
              await hook()
              return page.value
            }
            yield page.value
            await hook()
          }
        })()
      const wrapped: ConnectorHandle = {
        checks: () => handle.checks(),
        scopes: async () => {
          const listing = await handle.scopes()
          await hook()
          return listing
        },
        inventory: (scope) => around(handle.inventory(scope)),
        ...(handle.fingerprint === undefined
          ? {}
          : { fingerprint: async (scope) => await handle.fingerprint?.(scope) }),
        ...(handle.describe === undefined
          ? {}
          : { describe: (scope, items) => around(required(handle.describe?.(scope, items))) }),
        ...(handle.changes === undefined
          ? {}
          : { changes: (scope, mark) => around(required(handle.changes?.(scope, mark))) }),
        ...(handle.dependents === undefined
          ? {}
          : { dependents: async (scope, keys) => (await handle.dependents?.(scope, keys)) ?? [] }),
        ...(handle.filtered === undefined ? {} : { filtered: (scope, keys) => handle.filtered?.(scope, keys) ?? [] }),
        [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
      }
      return wrapped
    },
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the handle lost a capability')
  return value
}

/** `TIDEMARK_ORACLE_SEQUENCES` and `TIDEMARK_ORACLE_SEED` from the environment, else the default and a seed of the day. */
export function oracleOptions(defaultSequences: number): { readonly sequences: number; readonly seed: number } {
  const sequences = Number(process.env.TIDEMARK_ORACLE_SEQUENCES ?? defaultSequences)
  const seed = Number(process.env.TIDEMARK_ORACLE_SEED ?? Date.now() % 2 ** 31)
  return { sequences, seed }
}

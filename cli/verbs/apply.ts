import { IngestError } from '../../model/errors.ts'
import { planApply, requirePruneConsent, type SourcePlan } from '../../services/apply-plan.ts'
import { loadConnectors } from '../../services/connectors.ts'
import { loadSettings } from '../../services/settings.ts'
import { readSourceFile } from '../../services/source-file.ts'
import type { Invocation } from '../invocation.ts'
import { EXIT, type Io } from '../io.ts'
import { planDocument, printApplied, printPlans, summary } from '../plan-text.ts'
import { confirm } from '../prompt.ts'
import { openSession } from '../session.ts'

interface Options {
  readonly dryRun?: true
  readonly prune?: true
  readonly yes?: true
  readonly test: boolean
}

const DEFAULT_FILE = 'tidemark.yaml'

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<number> {
  const settings = await loadSettings()
  // What is wrong with the file is told before any store is opened.
  const file = readSourceFile({ settings, registry: await loadConnectors(settings) }, args[0] ?? DEFAULT_FILE)
  await using session = await openSession({ onStatus: io.note, signal })
  const context = await session.context({ temporal: options.dryRun !== true })
  const plans = await planApply(context, file)
  const prune = options.prune === true
  printPlans(io, plans, prune)
  const pending = plans.filter(({ action }) => action !== 'keep' && (action !== 'prune' || prune))
  if (options.dryRun === true || pending.length === 0) {
    io.data({ dryRun: options.dryRun === true, sources: planDocument(plans, undefined) })
    return EXIT.done
  }
  if (options.yes !== true) await askConsent(io, pending)
  const { applyPlans } = await import('../../services/apply.ts')
  const applied = await applyPlans(context, plans, {
    test: options.test,
    prune,
    signal,
    onDone: (one) => printApplied(io, one),
  })
  io.data({ dryRun: false, sources: planDocument(plans, applied) })
  io.print(summary(applied))
  const added = applied.filter(({ plan, status }) => plan.action === 'add' && status !== 'failed')
  if (added.length > 0) io.note(`sync what is new: tidemark sync ${added.map(({ plan }) => plan.name).join(' ')}`)
  return applied.some(({ status }) => status === 'failed') ? EXIT.failed : EXIT.done
}

/** On a terminal everything is asked for; elsewhere only what takes something away must be asked for in so many words. */
async function askConsent(io: Io, pending: readonly SourcePlan[]): Promise<void> {
  if (!io.interactive) {
    if (pending.some(({ action }) => action === 'prune')) throw requirePruneConsent(pending)
    return
  }
  if (!(await confirm('Apply this?', true))) throw new IngestError('cancelled', 'nothing was changed')
}

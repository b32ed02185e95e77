import { IngestError } from '../../model/errors.ts'
import type { CheckResult, TestResult } from '../../services/check.ts'
import { loadConnectors } from '../../services/connectors.ts'
import { checkName, isNameTaken, nameTaken } from '../../services/lookup.ts'
import { parseSchedule } from '../../services/schedule-text.ts'
import { loadSettings } from '../../services/settings.ts'
import { addSource, type RunBudget } from '../../services/sources.ts'
import { readTarget, suggestName, type Target, validateTarget } from '../../services/target.ts'
import { type ConfigOptions, configOptions } from '../config.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { askMissing } from '../missing.ts'
import { ask, confirm } from '../prompt.ts'
import { openSession, type Session } from '../session.ts'
import { chooseEngine, syncWith } from '../sync.ts'
import { printCheck } from './test.ts'

interface Options extends ConfigOptions {
  readonly name?: string
  readonly schedule?: string
  readonly label: readonly string[]
  readonly queue?: string
  readonly preview?: true
  readonly budget: readonly string[]
  readonly test: boolean
  readonly sync: boolean
  readonly yes?: true
  readonly local?: true
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<number> {
  const asking = io.interactive && options.yes !== true
  const target = await readOrder(args[0] ?? '', options, asking)
  await using session = await openSession({ onStatus: io.note, signal })
  if (options.name !== undefined) await refuseTaken(session, options.name)
  if (asking) await askMissing(target)
  await validateTarget(target)
  const name = options.name ?? (await chooseName(session, target, asking))
  const schedule = await chooseSchedule(session, options.schedule, asking)
  // What only the workers of a queue reach cannot be tested from here; their probes tell.
  const testable = options.test && options.queue === undefined
  const checks = testable ? await testFirst(io, target, signal) : undefined
  if (checks?.ok === false && !(asking && (await confirm('Save it all the same?', false)))) throw testFailed(checks)
  const { engine, context } = await chooseEngine(session, options.local === true, io)
  const source = { name, connector: target.connector.manifest.type, schedule }
  await addSource(context, {
    ...source,
    config: target.config,
    labels: readLabels(options.label),
    preview: options.preview === true,
    budget: readBudget(options.budget),
    taskQueue: options.queue ?? null,
  })
  io.print(`Source ${name} added, schedule: ${schedule}.`)
  const report = options.sync
    ? await syncWith(engine, context, { sources: [name] }, io, signal)
    : { runs: [], exitCode: 0 }
  io.data({ source, checks: checks?.checks ?? [], run: report.runs[0] ?? null })
  if (report.exitCode === 0) io.print(options.sync ? LOOK : `Sync it with: tidemark sync ${name}`)
  if (context.temporal === undefined && schedule !== 'none') io.note('its schedule runs while `tidemark up` does')
  return report.exitCode
}

const LOOK = 'See it with: tidemark search <word>, tidemark show <asset>, tidemark sql "select * from catalog.tables"'

/** What the command line says, and whatever is wrong with it, before any store is opened. */
async function readOrder(url: string, options: Options, asking: boolean): Promise<Target> {
  const settings = await loadSettings()
  const { connector, config } = readTarget(await loadConnectors(settings), url)
  if (options.name !== undefined) checkName(options.name)
  if (options.schedule !== undefined) parseSchedule(options.schedule)
  readLabels(options.label)
  readBudget(options.budget)
  const target = { connector, config: await configOptions({ connector, config }, options) }
  if (!asking) await validateTarget(target)
  return target
}

async function testFirst(io: Io, { connector, config }: Target, signal: AbortSignal): Promise<TestResult> {
  const { testConfig } = await import('../../services/check.ts')
  return await testConfig(connector, config, { signal, onCheck: (check: CheckResult) => printCheck(io, check) })
}

function testFailed({ checks }: TestResult): IngestError {
  const failed = checks.find((check) => check.error !== undefined)
  const { category = 'internal', message = 'the test failed', hint } = failed?.error ?? {}
  return new IngestError(category, `nothing was saved, as the test failed: ${message}`, {
    hint: hint ?? 'Mend it and add the source again, or add it with --no-test.',
  })
}

async function refuseTaken(session: Session, name: string): Promise<void> {
  if (await isNameTaken(session, name)) throw nameTaken(name)
}

async function chooseName(session: Session, target: Target, asking: boolean): Promise<string> {
  const suggested = await suggestName(target)
  if (!asking) {
    await refuseTaken(session, suggested)
    return suggested
  }
  let question = 'Name of the source'
  while (true) {
    const name = await ask(question, suggested)
    checkName(name)
    if (!(await isNameTaken(session, name))) return name
    question = `Name of the source (${name} is taken)`
  }
}

async function chooseSchedule(session: Session, given: string | undefined, asking: boolean): Promise<string> {
  const { defaultSchedule } = await session.settings()
  const text = given ?? (asking ? await ask('Schedule', defaultSchedule) : defaultSchedule)
  return parseSchedule(text)?.text ?? 'none'
}

/** `requests=500`, `cost=2`. @throws IngestError `invalid_config` for what is none. */
function readBudget(words: readonly string[]): RunBudget | null {
  if (words.length === 0) return null
  return Object.fromEntries(
    words.map((word) => {
      const [, what, most] = /^(requests|bytes|cost)=(\d+(?:\.\d+)?)$/.exec(word) ?? []
      if (what === undefined || Number(most) <= 0) {
        throw new IngestError('invalid_config', `${JSON.stringify(word)} is no budget`, {
          hint: 'Such as --budget requests=500, --budget bytes=1000000 or --budget cost=2.5',
        })
      }
      return [what, Number(most)]
    }),
  )
}

function readLabels(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new IngestError('invalid_config', `label ${JSON.stringify(pair)} is not key=value`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

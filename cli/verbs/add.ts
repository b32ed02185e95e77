import { IngestError } from '../../model/errors.ts'
import type { CheckResult, TestResult } from '../../services/check.ts'
import { checkName, isNameTaken, nameTaken } from '../../services/lookup.ts'
import { parseSchedule } from '../../services/schedule-text.ts'
import { addSource } from '../../services/sources.ts'
import { readTarget, suggestName, type Target } from '../../services/target.ts'
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
  readonly test: boolean
  readonly sync: boolean
  readonly yes?: true
  readonly local?: true
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<number> {
  await using session = await openSession({ onStatus: io.note, signal })
  const asking = io.interactive && options.yes !== true
  const target = readTarget(await session.registry(), args[0] ?? '')
  const config = await configOptions(target, options)
  if (asking) await askMissing({ ...target, config })
  const name = await chooseName(session, { ...target, config }, options.name, asking)
  const schedule = await chooseSchedule(session, options.schedule, asking)
  const labels = readLabels(options.label)
  const checks = options.test ? await testFirst(io, { ...target, config }, signal) : undefined
  if (checks?.ok === false && !(asking && (await confirm('Save it all the same?', false)))) throw testFailed(checks)
  const { engine, context } = await chooseEngine(session, options.local === true, io)
  await addSource(context, { name, connector: target.connector.manifest.type, config, schedule, labels })
  io.print(`Source ${name} added, schedule: ${schedule}.`)
  const source = { name, connector: target.connector.manifest.type, schedule }
  if (!options.sync) {
    io.data({ source, checks: checks?.checks ?? [], run: null })
    io.print(`Sync it with: tidemark sync ${name}`)
    return 0
  }
  const { runs, exitCode } = await syncWith(engine, context, { sources: [name] }, io, signal)
  io.data({ source, checks: checks?.checks ?? [], run: runs[0] ?? null })
  if (exitCode === 0)
    io.print(`See it with: tidemark search <word>, tidemark show <asset>, tidemark sql "select * from catalog.tables"`)
  if (context.temporal === undefined && schedule !== 'none') io.note('its schedule runs while `tidemark up` does')
  return exitCode
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

async function chooseName(
  session: Session,
  target: Target,
  given: string | undefined,
  asking: boolean,
): Promise<string> {
  const suggested = given ?? suggestName(target)
  const name = asking && given === undefined ? await ask('Name of the source', suggested) : suggested
  checkName(name)
  if (!(await isNameTaken(session, name))) return name
  if (!asking || given !== undefined) throw nameTaken(name)
  process.stderr.write(`There is a source ${name} already.\n`)
  return await chooseName(session, target, undefined, asking)
}

async function chooseSchedule(session: Session, given: string | undefined, asking: boolean): Promise<string> {
  const { defaultSchedule } = await session.settings()
  const text = given ?? (asking ? await ask('Schedule', defaultSchedule) : defaultSchedule)
  return parseSchedule(text)?.text ?? 'none'
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

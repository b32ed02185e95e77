import type { CheckResult } from '../../services/check.ts'
import { type ConfigOptions, configOptions } from '../config.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { openSession } from '../session.ts'

export async function run({ io, args, options, signal }: Invocation<ConfigOptions>): Promise<number> {
  const [subject = ''] = args
  const { looksLikeUrl, readTarget } = await import('../../services/target.ts')
  const { testConfig, testSource } = await import('../../services/check.ts')
  const report = { onCheck: (check: CheckResult) => printCheck(io, check), signal }
  if (looksLikeUrl(subject)) {
    const { loadConnectors } = await import('../../services/connectors.ts')
    const { loadSettings } = await import('../../services/settings.ts')
    const target = readTarget(await loadConnectors(await loadSettings()), subject)
    const config = await configOptions(target, options)
    const { ok, checks } = await testConfig(target.connector, config, report)
    io.data({ source: null, connector: target.connector.manifest.type, ok, checks })
    return ok ? 0 : 1
  }
  await using session = await openSession({ onStatus: io.note, signal })
  let elsewhere: string | null = null
  const onElsewhere = (taskQueue: string) => {
    elsewhere = taskQueue
    io.note(
      `checked from this machine; not checked: whether workers of task queue ${taskQueue}, which sync it, reach it too (tidemark status has their latest probe)`,
    )
  }
  const { ok, checks } = await testSource(await session.context(), subject, { ...report, onElsewhere })
  io.data({ source: subject, ok, checks, notCheckedFrom: elsewhere })
  return ok ? 0 : 1
}

const MARKS = { passed: '✔', failed: '✖', skipped: '-' } as const
const STYLES = { passed: 'green', failed: 'red', skipped: 'dim' } as const

export function printCheck(io: Io, { name, status, durationMs, detail, error }: CheckResult): void {
  const took = status === 'skipped' ? '' : `  ${durationMs} ms`
  const told = error?.message ?? detail
  io.print(
    `${io.style(STYLES[status], MARKS[status])} ${name}${told === undefined ? '' : `: ${told}`}${io.style('dim', took)}`,
  )
  if (error?.hint !== undefined) io.print(`    ${io.style('cyan', 'hint:')} ${error.hint}`)
}

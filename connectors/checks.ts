import { type ErrorSummary, IngestError, summarizeError } from '../model/errors.ts'
import { prepareConfig } from './config.ts'
import { type Check, type Connector, type ConnectorHandle, classifyError, redact } from './kit/index.ts'

export interface CheckResult {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly durationMs: number
  /** What it found, or why it was skipped. */
  readonly detail?: string
  readonly error?: ErrorSummary
}

export interface TestResult {
  readonly ok: boolean
  readonly checks: readonly CheckResult[]
}

export interface TestOptions {
  readonly onCheck?: (check: CheckResult) => void
  readonly signal?: AbortSignal
  /** For each check; 10 s when absent. */
  readonly timeoutMs?: number
}

const CHECK_TIMEOUT_MS = 10_000

/** Checks a config as a user writes it. @throws IngestError `invalid_config` when it is none. */
export async function testConfig(
  connector: Connector,
  config: unknown,
  options: TestOptions = {},
): Promise<TestResult> {
  const prepared = await prepareConfig(connector, config)
  const abort = new AbortController()
  const signal = options.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, options.signal])
  const subject = { connector, secrets: prepared.secrets, signal, timeoutMs: options.timeoutMs ?? CHECK_TIMEOUT_MS }
  let handle: ConnectorHandle
  try {
    handle = await connector.open(prepared.config, { signal, ...quiet })
  } catch (error) {
    const failed: CheckResult = {
      name: 'open',
      status: 'failed',
      durationMs: 0,
      error: failure(subject, 'opening', error),
    }
    options.onCheck?.(failed)
    return { ok: false, checks: [failed] }
  }
  try {
    return await runChecks(handle.checks(), subject, options)
  } finally {
    abort.abort()
    // What a broken connection leaves to close is no result of the test.
    await Promise.resolve(handle[Symbol.asyncDispose]()).catch(() => {})
  }
}

/** The surroundings of an opening where nothing is metered, logged or rotated: tests, and questions of a person. */
export const quiet = {
  log: { debug: () => {}, info: () => {}, warn: () => {} },
  meter: { request: () => {}, bytes: () => {}, throttle: () => {}, cost: () => {} },
  secrets: { replace: async () => {} },
}

interface Subject {
  readonly connector: Connector
  readonly secrets: readonly string[]
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** After these there is nothing to learn from the next check: it would fail alike. */
const ENDS_TEST: ReadonlySet<string> = new Set(['source_unavailable', 'timeout', 'auth', 'invalid_config', 'cancelled'])

async function runChecks(checks: readonly Check[], subject: Subject, options: TestOptions): Promise<TestResult> {
  const results: CheckResult[] = []
  let blocker: string | undefined
  for (const check of checks) {
    const result: CheckResult =
      blocker === undefined
        ? await runCheck(check, subject)
        : { name: check.name, status: 'skipped', durationMs: 0, detail: `not tried: ${blocker} failed` }
    if (result.error !== undefined && ENDS_TEST.has(result.error.category)) blocker = check.name
    results.push(result)
    options.onCheck?.(result)
  }
  return { ok: results.every((result) => result.status === 'passed'), checks: results }
}

async function runCheck(check: Check, subject: Subject): Promise<CheckResult> {
  const startedAt = performance.now()
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const detail = await bounded(check, subject)
    const shown = detail === undefined ? {} : { detail: redact(detail, subject.secrets) }
    return { name: check.name, status: 'passed', durationMs: durationMs(), ...shown }
  } catch (error) {
    return { name: check.name, status: 'failed', durationMs: durationMs(), error: failure(subject, check.name, error) }
  }
}

async function bounded(check: Check, { signal, timeoutMs }: Subject): Promise<string | undefined> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return await new Promise((resolve, reject) => {
    const stop = () =>
      reject(
        signal.aborted
          ? new IngestError('cancelled', 'the test was cancelled')
          : new IngestError('timeout', `no answer within ${timeoutMs / 1000} s`, {
              hint: 'Check the host and port; a firewall that drops packets looks like this.',
            }),
      )
    late.addEventListener('abort', stop, { once: true })
    check
      .run()
      .then(resolve, reject)
      .finally(() => late.removeEventListener('abort', stop))
  })
}

function failure({ connector, secrets }: Subject, what: string, error: unknown): ErrorSummary {
  const { category, message, hint, code } = summarizeError(classifyError(error, connector.errorRules, what))
  return {
    category,
    message: redact(message, secrets),
    ...(hint === undefined ? {} : { hint: redact(hint, secrets) }),
    ...(code === undefined ? {} : { code }),
  }
}

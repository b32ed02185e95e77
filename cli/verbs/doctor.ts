import { type RuntimeInfo, tidemarkHome } from '../../runtime/home.ts'
import { healthInput } from '../../services/care-schedules.ts'
import type { ServiceContext } from '../../services/context.ts'
import { type Finding, inspectStore } from '../../services/doctor.ts'
import { inspectKeys } from '../../services/doctor-keys.ts'
import { inspectSchedules, inspectSources } from '../../services/doctor-sources.ts'
import { inspectTemporal } from '../../services/doctor-temporal.ts'
import { tellError } from '../../services/errors.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { localDeps } from '../local.ts'
import { openSession, type Session } from '../session.ts'

interface Options {
  readonly fix?: true
}

export async function run({ io, options, signal }: Invocation<Options>): Promise<number> {
  const findings: Finding[] = []
  const add = (finding: Finding) => {
    findings.push(finding)
    printFinding(io, finding)
  }
  add({ name: 'home', status: 'ok', detail: tidemarkHome() })
  await look(add, 'settings', async () => {
    const { loadSettings } = await import('../../services/settings.ts')
    await loadSettings()
    return [{ name: 'settings', status: 'ok', detail: 'temporal.yaml is in order' }]
  })
  let session: Session | undefined
  await look(add, 'store', async () => {
    session = await openSession({ onStatus: io.note, signal })
    const { store, readOnly, home, origin } = session
    return await inspectStore({
      store,
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(origin === 'DATABASE_URL' ? {} : { home }),
    })
  })
  if (session !== undefined) await inspectRest(session, { add, fix: options.fix === true, signal })
  const failed = findings.some((finding) => finding.status === 'failed')
  io.data({ healthy: !failed, findings })
  return failed ? 1 : 0
}

interface Rest {
  readonly add: (finding: Finding) => void
  readonly fix: boolean
  readonly signal: AbortSignal
}

async function inspectRest(opened: Session, { add, fix, signal }: Rest): Promise<void> {
  await using session = opened
  const { running, origin, readOnly } = session
  if (origin !== 'DATABASE_URL' || running !== undefined) add(inspectUp(running))
  // Who only reads has neither key nor Temporal to look at.
  if (readOnly !== undefined) return void (await look(add, 'sources', () => inspectSources(session)))
  const keyed = await look(add, 'master key', async () => {
    return [await inspectKeys(await session.context())]
  })
  // Without it the rest would only say so again.
  if (!keyed) return void (await look(add, 'sources', () => inspectSources(session)))
  await look(add, 'Temporal', async () => {
    const context = await session.context({ temporal: true })
    return [...(fix ? await mend(context) : []), ...(await inspectTemporal(context))]
  })
  await look(add, 'sources', async () => {
    const context = await session.context()
    await probe(context, signal)
    return [...(await inspectSources(context)), ...(await inspectSchedules(context))]
  })
}

function inspectUp(running: RuntimeInfo | undefined): Finding {
  const name = 'tidemark up'
  if (running === undefined) return { name, status: 'warning', detail: 'not running here', fix: 'tidemark up' }
  return { name, status: 'ok', detail: `running (pid ${running.pid}), version ${running.version}${uiOf(running)}` }
}

/** What can be mended without a question: schedules that are missing, drifted or left over. */
async function mend(context: ServiceContext): Promise<readonly Finding[]> {
  if (context.temporal === undefined) return []
  const { reconcileSchedules } = await import('../../services/schedules.ts')
  const { created, updated, deleted } = await reconcileSchedules(context)
  if (created + updated + deleted === 0) return []
  return [{ name: 'schedules', status: 'ok', detail: `${created} made, ${updated} mended, ${deleted} deleted` }]
}

/** Looks at the sources now: a person who calls the doctor has just mended something, or fears it broke. */
async function probe(context: ServiceContext, signal: AbortSignal): Promise<void> {
  const { runLocalHealth } = await import('../../worker/care.ts')
  await runLocalHealth({ ...healthInput(context), mainOnly: true }, { deps: localDeps(context), signal })
}

const uiOf = ({ temporalUiUrl }: RuntimeInfo) => (temporalUiUrl === undefined ? '' : `, Temporal UI ${temporalUiUrl}`)

/** A look that fails is a finding too; false then. */
async function look(
  add: (finding: Finding) => void,
  name: string,
  inspect: () => Promise<readonly Finding[]>,
): Promise<boolean> {
  try {
    for (const finding of await inspect()) add(finding)
    return true
  } catch (error) {
    const { message, hint } = tellError(error)
    add({ name, status: 'failed', detail: message, ...(hint === null ? {} : { fix: hint }) })
    return false
  }
}

const MARKS = { ok: '✔', warning: '!', failed: '✖' } as const
const STYLES = { ok: 'green', warning: 'yellow', failed: 'red' } as const

function printFinding(io: Io, { name, status, detail, fix }: Finding): void {
  io.print(`${io.style(STYLES[status], MARKS[status])} ${name}: ${detail}`)
  if (fix !== undefined && status !== 'ok') io.print(`    ${io.style('cyan', '→')} ${fix}`)
}

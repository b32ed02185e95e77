import { type RuntimeInfo, tidemarkHome } from '../../runtime/home.ts'
import { type Finding, inspectSources, inspectStore, inspectTemporal } from '../../services/doctor.ts'
import { tellError } from '../../services/errors.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { openSession, type Session } from '../session.ts'

export async function run({ io, signal }: Invocation): Promise<number> {
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
    return [await inspectStore(session)]
  })
  if (session !== undefined) await inspectRest(session, add)
  const failed = findings.some((finding) => finding.status === 'failed')
  io.data({ healthy: !failed, findings })
  return failed ? 1 : 0
}

async function inspectRest(opened: Session, add: (finding: Finding) => void): Promise<void> {
  await using session = opened
  const { running, origin } = session
  add(
    running === undefined
      ? {
          name: 'tidemark up',
          status: origin === 'DATABASE_URL' ? 'ok' : 'warning',
          detail: 'not running here',
          fix: 'tidemark up',
        }
      : {
          name: 'tidemark up',
          status: 'ok',
          detail: `running (pid ${running.pid}), version ${running.version}${uiOf(running)}`,
        },
  )
  const keyed = await look(add, 'master key', async () => {
    const { keyRing } = await session.context()
    return [{ name: 'master key', status: 'ok', detail: `key ${keyRing.keys()[0].id}` }]
  })
  // Without it the rest would only say so again.
  if (!keyed) return
  await look(add, 'Temporal', async () => inspectTemporal(await session.context({ temporal: true })))
  await look(add, 'sources', async () => inspectSources(await session.context()))
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

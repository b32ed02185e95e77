import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type FakeTableau, startFakeTableau } from '../test/helpers/tableau/server.ts'
import { buildSite } from '../test/helpers/tableau/site.ts'
import { startWorker } from './process.ts'
import { startServers } from './servers.ts'
import type { SyncFigures } from './syncs.ts'

/** Of what the worker holds, and how much more it may be when the site doubles. */
const LIMITS = { heldMegabytes: 400, growth: 1.25 }
const SHEETS = 30
const FIELDS = 300

const { values } = parseArgs({ options: { workbooks: { type: 'string', default: '1000' } } })
const workbooks = Number(values.workbooks)

interface Measured {
  readonly full: SyncFigures
  readonly noChange: SyncFigures
  readonly requests: Readonly<Record<'full' | 'noChange', Readonly<Record<string, number>>>>
}

async function measure(): Promise<number> {
  await using servers = await startServers()
  const half = await measureSite(servers.store, Math.ceil(workbooks / 2), 'half')
  const whole = await measureSite(servers.store, workbooks, 'whole')
  return judge(half, whole)
}

async function measureSite(store: string, count: number, database: string): Promise<Measured> {
  await using fake = await startFakeTableau(buildSite({ workbooks: count, sheets: SHEETS, fields: FIELDS }))
  const config = { baseUrl: fake.url, site: 'shop', pat: { name: 'tidemark', secret: 'bench' } }
  const source = JSON.stringify({ connector: 'tableau', config })
  await using worker = await startWorker(store, database, source, ['--expose-gc'])
  const full = await worker.sync()
  const first = countByKind(fake)
  const noChange = await worker.sync()
  const measured = { full, noChange, requests: { full: first, noChange: countByKind(fake) } }
  print(count, measured)
  return measured
}

/** The requests since the last time, by what was asked. */
function countByKind({ requests }: FakeTableau): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const request of requests.splice(0)) counts[request] = (counts[request] ?? 0) + 1
  return counts
}

function print(count: number, { full, noChange, requests }: Measured): void {
  console.log(
    `${count} workbooks, ${count * SHEETS} sheets, ${count * FIELDS} fields; ${cpus().length} cores
  first sync  ${full.seconds.toFixed(1)} s, ${full.requests} requests, ${full.described} described, held ${full.heldMegabytes?.toFixed(0)} MB at most
    ${JSON.stringify(requests.full)}
  no change   ${noChange.seconds.toFixed(1)} s, ${noChange.requests} requests, ${noChange.described} described
    ${JSON.stringify(requests.noChange)}`,
  )
}

function judge(half: Measured, whole: Measured): number {
  const held = whole.full.heldMegabytes ?? Number.NaN
  const growth = held / (half.full.heldMegabytes ?? Number.NaN)
  const verdicts = [
    [`held ${held.toFixed(0)} MB (limit ${LIMITS.heldMegabytes})`, held <= LIMITS.heldMegabytes],
    [`× ${growth.toFixed(2)} when the site doubles (limit ${LIMITS.growth})`, growth <= LIMITS.growth],
    ['both syncs succeeded', [whole.full, whole.noChange].every(({ outcome }) => outcome === 'succeeded')],
    ['nothing is described when nothing has changed', whole.noChange.described === 0],
  ] as const
  for (const [text, good] of verdicts) console.log(`${good ? 'good' : 'BAD '} ${text}`)
  return verdicts.every(([, good]) => good) ? 0 : 1
}

process.exitCode = await measure()

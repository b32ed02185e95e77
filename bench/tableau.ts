import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type FakeTableau, startFakeTableau } from '../test/helpers/tableau/server.ts'
import { buildSite } from '../test/helpers/tableau/site.ts'
import { startWorker } from './process.ts'
import { type Servers, startServers } from './servers.ts'

/** What the worker holds at most, garbage aside, and how much more it may be when the site doubles. */
const LIMITS = { heldMegabytes: 250, growth: 1.1 }
const SHEETS = 30
const FIELDS = 300

const { values } = parseArgs({ options: { workbooks: { type: 'string', default: '1000' } } })
const workbooks = Number(values.workbooks)

async function measure(): Promise<number> {
  await using servers = await startServers()
  console.log(
    `${workbooks} workbooks, ${workbooks * SHEETS} views, ${workbooks * FIELDS} fields of data sources; ${cpus().length} cores`,
  )
  const described = await syncTwice(servers)
  const half = await heldBy(servers, Math.ceil(workbooks / 2))
  const held = await heldBy(servers, workbooks)
  const verdicts = [
    [`held ${held.toFixed(0)} MB (limit ${LIMITS.heldMegabytes})`, held <= LIMITS.heldMegabytes],
    [`× ${(held / half).toFixed(2)} when the site doubles (limit ${LIMITS.growth})`, held / half <= LIMITS.growth],
    ['nothing is described when nothing has changed', described === 0],
  ] as const
  for (const [text, good] of verdicts) console.log(`${good ? 'good' : 'BAD '} ${text}`)
  return verdicts.every(([, good]) => good) ? 0 : 1
}

async function openSite(count: number): Promise<{ fake: FakeTableau; source: string }> {
  const fake = await startFakeTableau(buildSite({ workbooks: count, sheets: SHEETS, fields: FIELDS }))
  const config = { baseUrl: fake.url, site: 'shop', pat: { name: 'tidemark', secret: 'bench' } }
  return { fake, source: JSON.stringify({ connector: 'tableau', config }) }
}

/** Syncs the whole site twice; what is described the second time. */
async function syncTwice({ store }: Servers): Promise<number> {
  const { fake, source } = await openSite(workbooks)
  await using _ = fake
  await using worker = await startWorker(store, 'timed', source)
  const sync = async (name: string) => {
    const { outcome, seconds, described, requests, peakMegabytes } = await worker.sync()
    console.log(
      `${name}: ${outcome} in ${seconds.toFixed(1)} s, ${described} described, worker's peak ${peakMegabytes.toFixed(0)} MB
  ${requests} requests: ${JSON.stringify(countByKind(fake))}`,
    )
    return described
  }
  await sync('first sync')
  return await sync('no change')
}

/** The most that a worker holds in a first sync, which looking for costs time. */
async function heldBy({ store }: Servers, count: number): Promise<number> {
  const { fake, source } = await openSite(count)
  await using _ = fake
  await using worker = await startWorker(store, `held_${count}`, source, ['--expose-gc'])
  const { outcome, heldMegabytes } = await worker.sync()
  if (outcome !== 'succeeded' || heldMegabytes === undefined)
    throw new Error(`the sync of ${count} workbooks ${outcome}`)
  console.log(`${count} workbooks: ${heldMegabytes.toFixed(0)} MB held at most`)
  return heldMegabytes
}

/** The requests since the last time, by what was asked. */
function countByKind({ requests }: FakeTableau): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const request of requests.splice(0)) counts[request] = (counts[request] ?? 0) + 1
  return counts
}

process.exitCode = await measure()

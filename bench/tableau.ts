import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type FakeTableau, startFakeTableau } from '../test/helpers/tableau/server.ts'
import { buildSite } from '../test/helpers/tableau/site.ts'
import { startWorker } from './process.ts'
import { startServers } from './servers.ts'
import type { ReadFigures } from './tableau-reader.ts'

/** What reading a site of this size holds at most, and how much more it may be when the site doubles. */
const LIMITS = { heldMegabytes: 500, growth: 1.25 }
const SHEETS = 30
const FIELDS = 300
/** The part of the site that is synced into a store too. */
const SYNCED = 20

const { values } = parseArgs({ options: { workbooks: { type: 'string', default: '1000' } } })
const workbooks = Number(values.workbooks)

async function measure(): Promise<number> {
  const half = await readSite(Math.ceil(workbooks / 2))
  const whole = await readSite(workbooks)
  const described = await syncSite(Math.ceil(workbooks / SYNCED))
  const held = whole.heldMegabytes ?? Number.NaN
  const growth = held / (half.heldMegabytes ?? Number.NaN)
  const verdicts = [
    [`held ${held.toFixed(0)} MB (limit ${LIMITS.heldMegabytes})`, held <= LIMITS.heldMegabytes],
    [`× ${growth.toFixed(2)} when the site doubles (limit ${LIMITS.growth})`, growth <= LIMITS.growth],
    ['nothing is described when nothing has changed', described === 0],
  ] as const
  for (const [text, good] of verdicts) console.log(`${good ? 'good' : 'BAD '} ${text}`)
  return verdicts.every(([, good]) => good) ? 0 : 1
}

async function openSite(count: number): Promise<{ fake: FakeTableau; config: object }> {
  const fake = await startFakeTableau(buildSite({ workbooks: count, sheets: SHEETS, fields: FIELDS }))
  return { fake, config: { baseUrl: fake.url, site: 'shop', pat: { name: 'tidemark', secret: 'bench' } } }
}

/** Reads a whole site in a process of its own, as a sync does, without a store. */
async function readSite(count: number): Promise<ReadFigures> {
  const { fake, config } = await openSite(count)
  await using _ = fake
  const path = fileURLToPath(new URL('./tableau-reader.ts', import.meta.url))
  const child = fork(path, [JSON.stringify(config)], { execArgv: ['--expose-gc'] })
  const [figures] = (await once(child, 'message')) as [ReadFigures]
  console.log(
    `${count} workbooks, ${count * SHEETS} views, ${count * FIELDS} fields of data sources; ${cpus().length} cores
  read in ${figures.seconds.toFixed(1)} s, held ${figures.heldMegabytes?.toFixed(0)} MB at most: ${figures.records} assets, ${figures.fields} fields
  requests ${fake.requests.length}: ${JSON.stringify(countByKind(fake))}`,
  )
  return figures
}

/** Syncs a site twice; what is described the second time. */
async function syncSite(count: number): Promise<number> {
  const { fake, config } = await openSite(count)
  await using _ = fake
  await using servers = await startServers()
  await using worker = await startWorker(servers.store, 'site', JSON.stringify({ connector: 'tableau', config }))
  const full = await worker.sync()
  countByKind(fake)
  const noChange = await worker.sync()
  console.log(
    `${count} workbooks, synced: ${full.outcome} in ${full.seconds.toFixed(1)} s; again ${noChange.outcome} in ${noChange.seconds.toFixed(1)} s
  requests of the second ${noChange.requests}: ${JSON.stringify(countByKind(fake))}`,
  )
  return noChange.described
}

/** The requests since the last time, by what was asked. */
function countByKind({ requests }: FakeTableau): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const request of requests.splice(0)) counts[request] = (counts[request] ?? 0) + 1
  return counts
}

process.exitCode = await measure()

import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureFloor } from './floor.ts'
import { startWorker } from './process.ts'
import { type Servers, startServers } from './servers.ts'
import { changeTenTables, makeSource, measureSource, type SourceSize, takeStatementCount } from './source.ts'
import type { SyncFigures } from './syncs.ts'

const LIMITS = { fullToFloor: 4, noChangeSeconds: 1.5, workerMegabytes: 350 }
const AIM = 2.5
/** What a worker holds may grow by so much when its source doubles: more samples find a fuller moment. */
const GROWTH = 1.1

type Measured = SyncFigures & { readonly statements: number }

interface Round {
  readonly floor: number
  readonly full: Measured
  readonly noChange: Measured
  readonly tenChanged: Measured
}

const { values } = parseArgs({
  options: { tables: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '2' } },
})
const tables = Number(values.tables)

async function measure(): Promise<number> {
  await using servers = await startServers()
  const url = await makeSource(servers.source, 'whole', tables)
  const halfUrl = await makeSource(servers.source, 'half', tables / 2)
  printSource(servers, await measureSource(url))
  const rounds: Round[] = []
  for (let number = 1; number <= Number(values.rounds); number += 1) {
    const round = await measureRound(servers, url, number)
    rounds.push(round)
    printRound(number, round)
  }
  const held = { half: await measureHeld(servers, 'half', halfUrl), whole: await measureHeld(servers, 'whole', url) }
  return judge(rounds, held)
}

/** The megabytes that a first full sync holds at most; the peak of a process tells of its collector's idleness too. */
async function measureHeld(servers: Servers, database: string, url: string): Promise<number> {
  await using worker = await startWorker(servers.store, database, url, ['--expose-gc'])
  const { outcome, heldMegabytes } = await worker.sync()
  if (outcome !== 'succeeded' || heldMegabytes === undefined) throw new Error(`the sync of ${database} ${outcome}`)
  return heldMegabytes
}

async function measureRound(servers: Servers, url: string, number: number): Promise<Round> {
  const floor = await measureFloor(url, servers.store, `floor_${number}`)
  await using worker = await startWorker(servers.store, `store_${number}`, url)
  const sync = async (): Promise<Measured> => {
    await takeStatementCount(url)
    const figures = await worker.sync()
    return { ...figures, statements: await takeStatementCount(url) }
  }
  const full = await sync()
  const noChange = await sync()
  await changeTenTables(url, number)
  return { floor, full, noChange, tenChanged: await sync() }
}

function printSource({ version }: Servers, size: SourceSize): void {
  const { tables: made, columns, views, foreignKeys, indexes } = size
  const list = Object.entries({ tables: made, columns, views, 'foreign keys': foreignKeys, indexes })
  console.log(`PostgreSQL ${version}, ${cpus().length} cores; source and store are clusters of their own.`)
  console.log(`Source: ${list.map(([name, count]) => `${count.toLocaleString('en')} ${name}`).join(', ')}`)
}

function printRound(number: number, { floor, full, noChange, tenChanged }: Round): void {
  console.log(`\nRound ${number}`)
  console.log(`  floor              ${seconds(floor)}`)
  printSync('first full sync', full, `${(full.seconds / floor).toFixed(2)} x floor`)
  printSync('no change', noChange)
  printSync('10 tables changed', tenChanged)
}

function printSync(name: string, figures: Measured, more = ''): void {
  const { requests, statements, listed, described, peakMegabytes } = figures
  console.log(
    `  ${name.padEnd(18)} ${seconds(figures.seconds)}  ${more.padEnd(13)} described ${described} of ${listed} listed; ` +
      `${requests} requests to the source (${statements} statements); worker's peak ${peakMegabytes.toFixed(0)} MB`,
  )
}

const seconds = (value: number) => `${value.toFixed(2).padStart(6)} s`

/** Noise only ever adds, so the best round counts; memory is the worst of them. */
function judge(rounds: readonly Round[], held: { readonly half: number; readonly whole: number }): number {
  const best = (pick: (round: Round) => number) => Math.min(...rounds.map(pick))
  const ratio = best((round) => round.full.seconds) / best((round) => round.floor)
  const noChange = best((round) => round.noChange.seconds)
  const peak = Math.max(...rounds.map((round) => round.tenChanged.peakMegabytes))
  const outcomes = rounds.flatMap(({ full, noChange: same, tenChanged }) => [full, same, tenChanged])
  const verdicts = [
    verdict(
      `full sync ${ratio.toFixed(2)} x floor (at most ${LIMITS.fullToFloor}, aim ${AIM})`,
      ratio <= LIMITS.fullToFloor,
    ),
    verdict(
      `no change ${seconds(noChange).trim()} (below ${LIMITS.noChangeSeconds})`,
      noChange < LIMITS.noChangeSeconds,
    ),
    verdict(`worker's peak ${peak.toFixed(0)} MB (below ${LIMITS.workerMegabytes})`, peak < LIMITS.workerMegabytes),
    verdict(
      `memory does not grow: ${held.half.toFixed(0)} MB held at ${tables / 2} tables, ${held.whole.toFixed(0)} MB at ${tables}`,
      held.whole < held.half * GROWTH,
    ),
    verdict(
      'every sync succeeded',
      outcomes.every(({ outcome }) => outcome === 'succeeded'),
    ),
    verdict(
      '10 changed tables: 10 described',
      rounds.every(({ tenChanged }) => tenChanged.described === 10),
    ),
  ]
  return verdicts.every(Boolean) ? 0 : 1
}

function verdict(text: string, passed: boolean): boolean {
  console.log(`${passed ? '  ok  ' : '  FAIL'} ${text}`)
  return passed
}

console.log(`Making ${tables.toLocaleString('en')} tables, and half as many …`)
process.exitCode = await measure()

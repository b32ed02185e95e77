import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startScratchPostgres } from '../runtime/postgres.ts'
import { SERVERS, startMysql } from '../test/mysql/servers.ts'
import { measureMysqlFloor, readMysqlCatalogue } from './mysql-floor.ts'
import { changeTenTables, countObjects, makeMysqlSource } from './mysql-source.ts'
import { startWorker } from './process.ts'
import { STORE_SETTINGS } from './servers.ts'
import type { SyncFigures } from './syncs.ts'

const LIMITS = { fullToFloor: 4, noChangeToReading: 1.3 }

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'MySQL 9' },
    tables: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '2' },
  },
})

interface Round {
  readonly reading: number
  readonly floor: number
  readonly full: SyncFigures
  readonly noChange: SyncFigures
  readonly tenChanged: SyncFigures
}

async function measure(): Promise<number> {
  const kind = SERVERS.find(({ name }) => name === values.server)
  if (kind === undefined) throw new Error(`--server is one of ${SERVERS.map(({ name }) => name).join(', ')}`)
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
  const store = await startScratchPostgres({ directory, settings: STORE_SETTINGS })
  const server = await startMysql(kind)
  try {
    const url = `mysql://root@127.0.0.1:${server.port}?ssl-mode=disable`
    await makeMysqlSource(server, Number(values.tables))
    console.log(`${kind.name}, ${cpus().length} cores. Source: ${await countObjects(server)}`)
    const rounds: Round[] = []
    for (let number = 1; number <= Number(values.rounds); number += 1) {
      const reading = await readMysqlCatalogue(server)
      const floor = await measureMysqlFloor(server, store.url, `floor_${number}`)
      await using worker = await startWorker(store.url, `store_${number}`, url)
      const full = await worker.sync()
      const noChange = await worker.sync()
      await changeTenTables(server, number)
      const round = { reading, floor, full, noChange, tenChanged: await worker.sync() }
      rounds.push(round)
      printRound(number, round)
    }
    return judge(rounds)
  } finally {
    await Promise.all([server.stop(), store.stop()])
    await rm(directory, { recursive: true, force: true })
  }
}

const seconds = (value: number) => `${value.toFixed(2).padStart(6)} s`

function printRound(number: number, { reading, floor, full, noChange, tenChanged }: Round): void {
  console.log(`\nRound ${number}`)
  console.log(`  reading the catalogue ${seconds(reading)}`)
  console.log(`  floor                 ${seconds(floor)}`)
  for (const [name, figures] of Object.entries({
    'first full sync': full,
    'no change': noChange,
    '10 tables changed': tenChanged,
  })) {
    const { requests, listed, described, peakMegabytes } = figures
    console.log(
      `  ${name.padEnd(21)} ${seconds(figures.seconds)}  described ${described} of ${listed} listed; ${requests} requests; worker's peak ${peakMegabytes.toFixed(0)} MB`,
    )
  }
}

/** Noise only ever adds, so the best round counts. */
function judge(rounds: readonly Round[]): number {
  const best = (pick: (round: Round) => number) => Math.min(...rounds.map(pick))
  const full = best((round) => round.full.seconds) / best((round) => round.floor)
  const noChange = best((round) => round.noChange.seconds) / best((round) => round.reading)
  const verdicts = [
    verdict(`full sync ${full.toFixed(2)} x floor (at most ${LIMITS.fullToFloor})`, full <= LIMITS.fullToFloor),
    verdict(
      `no change ${noChange.toFixed(2)} x reading the catalogue (at most ${LIMITS.noChangeToReading})`,
      noChange <= LIMITS.noChangeToReading,
    ),
    verdict(
      'every sync succeeded; 10 changed tables: 10 described',
      rounds.every(
        ({ full: first, noChange: same, tenChanged }) =>
          [first, same, tenChanged].every(({ outcome }) => outcome === 'succeeded') && tenChanged.described === 10,
      ),
    ),
  ]
  return verdicts.every(Boolean) ? 0 : 1
}

function verdict(text: string, passed: boolean): boolean {
  console.log(`${passed ? '  ok  ' : '  FAIL'} ${text}`)
  return passed
}

console.log(`Making ${Number(values.tables).toLocaleString('en')} tables …`)
process.exitCode = await measure()

import { expect, test } from 'vitest'
import postgres from '../../connectors/postgres/index.ts'
import { testServer } from '../helpers/store.ts'
import { oracleOptions, proveEquivalence } from './oracle.ts'
import { postgresWorld } from './worlds/postgres.ts'

test('postgres: incremental syncs end where a full one does', async () => {
  const options = oracleOptions(50)
  console.log(`postgres: seed ${options.seed}`)
  const subject = {
    name: 'postgres',
    connector: postgres,
    createWorld: (seed: number) => postgresWorld(testServer(), seed),
  }
  const report = await proveEquivalence(subject, options)
  console.log(`postgres: ${JSON.stringify(report)}`)
  expect(report.sequences).toBe(options.sequences)
}, 7_200_000)

import { expect, test } from 'vitest'
import { testServer } from '../helpers/store.ts'
import { oracleOptions, proveEquivalence } from './oracle.ts'
import { postgresSubject } from './worlds/postgres.ts'

test('postgres: incremental syncs end where a full one does', async () => {
  const options = { ...oracleOptions(50), shrink: false }
  console.log(`postgres: seed ${options.seed}`)
  const report = await proveEquivalence(postgresSubject(testServer()), options)
  console.log(`postgres: ${JSON.stringify(report)}`)
  expect(report.sequences).toBe(options.sequences)
}, 7_200_000)

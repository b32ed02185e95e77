import { expect, test } from 'vitest'
import tableau from '../../connectors/tableau/index.ts'
import { oracleOptions, proveEquivalence } from '../oracle/oracle.ts'
import type { OracleSubject } from '../oracle/world.ts'
import { tableauWorld } from '../oracle/worlds/tableau.ts'

const subject: OracleSubject = { name: 'tableau', connector: tableau, createWorld: tableauWorld }

test('tableau: incremental syncs end where a full one does', async () => {
  const options = oracleOptions(40)
  console.log(`tableau: seed ${options.seed}`)
  const report = await proveEquivalence(subject, options)
  console.log(`tableau: ${JSON.stringify(report)}`)
  expect(report.sequences).toBe(options.sequences)
}, 7_200_000)

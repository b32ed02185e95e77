import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { oracleOptions, proveEquivalence } from '../oracle/oracle.ts'
import type { OracleSubject } from '../oracle/world.ts'
import { githubWorld } from '../oracle/worlds/github.ts'

const subject: OracleSubject = { name: 'github', connector: github, createWorld: githubWorld }

test('github: incremental syncs end where a full one does', async () => {
  const options = oracleOptions(40)
  console.log(`github: seed ${options.seed}`)
  const report = await proveEquivalence(subject, options)
  console.log(`github: ${JSON.stringify(report)}`)
  expect(report.sequences).toBe(options.sequences)
}, 7_200_000)

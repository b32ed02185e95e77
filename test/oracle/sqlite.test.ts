import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import sqlite from '../../connectors/sqlite/index.ts'
import { oracleOptions, proveEquivalence } from './oracle.ts'
import type { OracleSubject } from './world.ts'
import { sqliteWorld } from './worlds/sqlite.ts'

const subject: OracleSubject = {
  name: 'sqlite',
  connector: sqlite,
  async createWorld(seed) {
    const directory = await mkdtemp(join(tmpdir(), 'tidemark-oracle-'))
    const world = await sqliteWorld(directory, seed)
    return {
      ...world,
      async [Symbol.asyncDispose]() {
        await world[Symbol.asyncDispose]()
        await rm(directory, { recursive: true, force: true })
      },
    }
  },
}

test('sqlite: incremental syncs end where a full one does', async () => {
  const options = oracleOptions(50)
  console.log(`sqlite: seed ${options.seed}`)
  const report = await proveEquivalence(subject, options)
  console.log(`sqlite: ${JSON.stringify(report)}`)
  expect(report.sequences).toBe(options.sequences)
}, 7_200_000)

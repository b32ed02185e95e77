import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLineagePool } from '../../lineage/pool.ts'
import { deriveCases } from '../../services/derive.ts'

const tables = [{ name: ['s', 'users'], columns: ['id', 'name'] }]
/** Every level joins the one below with itself; names are read over and over. */
const endless = `SELECT id FROM s.users WHERE ${Array.from({ length: 60_000 }, (_, at) => `id IN (SELECT id FROM s.users u${at} WHERE u${at}.id > ${at})`).join(' AND ')}`

test('a text past its time limit ends as a failed statement, and the pool goes on', async () => {
  await using pool = createLineagePool({ threads: 1, timeLimitMs: 150 })
  const input = { dialect: 'postgres', tables } as const
  const [late, next] = await Promise.all([pool.derive({ ...input, text: endless.repeat(20) }), createAfterWarmUp()])
  expect(late.statements).toMatchObject([{ outcome: 'failed', gaps: [{ reason: 'timeout' }] }])
  expect(next.statements).toMatchObject([{ outcome: 'resolved' }])

  async function createAfterWarmUp() {
    await using patient = createLineagePool({ threads: 1, timeLimitMs: 30_000 })
    return await patient.derive({ ...input, text: 'SELECT name FROM s.users' })
  }
})

test('a file of cases gives one result each, whatever is in it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-derive-'))
  try {
    const path = join(directory, 'cases.json')
    const good = {
      name: 'good',
      dialect: 'postgres',
      sql: 'SELECT name FROM s.users',
      defaultDatabase: null,
      schemas: { 's.users': { name: 'text' } },
    }
    await writeFile(path, JSON.stringify([good, { name: 'no sql' }, 7, { ...good, name: 'broken', sql: "SELECT 'x" }]))
    const results = await deriveCases(path, 30_000)
    expect(results.map(({ name, gaps }) => [name, gaps[0]?.reason])).toEqual([
      ['good', undefined],
      ['no sql', 'parse_error'],
      ['case 3', 'parse_error'],
      ['broken', 'parse_error'],
    ])
    expect(results[0]?.columns).toEqual([
      { downstream: { table: null, column: 'name' }, upstreams: [{ table: 's.users', column: 'name' }] },
    ])
    await writeFile(path, '{}')
    await expect(deriveCases(path, 1_000)).rejects.toMatchObject({ category: 'invalid_config' })
    await expect(deriveCases(join(directory, 'none.json'), 1_000)).rejects.toMatchObject({ category: 'not_found' })
  } finally {
    await rm(directory, { recursive: true })
  }
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { LoggedQuery } from '../../connectors/kit/index.ts'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { connectTo, onlyScope, openUrl } from '../postgres/support.ts'

async function collect<T>(pages: AsyncIterable<readonly T[]> | undefined): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages ?? []) all.push(...page)
  return all
}

describe.each(['12', '13', '14', '15', '16', '17', '18'])('PostgreSQL %s', (version) => {
  test('tells statistics, usage, its query log and rows', async () => {
    const directory = await mkdtemp(join(tmpdir(), `tidemark-postgres-${version}-`))
    const settings = ['shared_preload_libraries=pg_stat_statements']
    const server = await startScratchPostgres({ directory, version, settings })
    const sql = connectTo(server.url)
    try {
      for (const statement of [
        'create extension pg_stat_statements',
        'create table parted (id int, note text) partition by hash (id)',
        'create table parted_1 partition of parted for values with (modulus 1, remainder 0)',
        "insert into parted select n, 'note' from generate_series(1, 100) n",
        'create table never (id int)',
        'analyze parted_1',
        'select count(*) from parted',
      ])
        await sql.unsafe(statement)
      const [size] = await sql`select pg_total_relation_size('parted_1')::int as bytes`
      // What a session has counted is told by the time it has ended.
      await sql.end()
      await using handle = await openUrl(server.url)
      const scope = await onlyScope(handle)
      const statistics = await collect(handle.statistics?.(scope))
      const path = ['postgres', 'public', 'parted']
      expect(statistics).toContainEqual({ group: 'relation', path, rowCount: 100, bytes: size?.bytes })
      expect(statistics.find((row) => row.path[2] === 'never')).not.toHaveProperty('rowCount')
      // Before PostgreSQL 15 a process of its own collects the counters, in its own time.
      await vi.waitFor(
        async () => {
          const usage = await collect(handle.usage?.(scope))
          expect(usage.find((row) => row.path[2] === 'parted')).toMatchObject({ reads: 1, writes: 100 })
        },
        { timeout: 20_000, interval: 200 },
      )
      const queries: LoggedQuery[] = await collect(handle.queryLog?.(scope))
      expect(queries.map(({ text }) => text)).toContain('select count(*) from parted')
      const preview = await handle.preview?.({ group: 'relation', path }, 2)
      expect(preview?.columns).toEqual([
        { name: 'id', nativeType: 'integer' },
        { name: 'note', nativeType: 'text' },
      ])
      expect(preview?.rows).toHaveLength(2)
    } finally {
      await sql.end({ timeout: 1 })
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openStore } from '../../db/store.ts'
import { createPlace, makeHome } from './support.ts'

function makeFile(name: string): string {
  const path = join(makeHome(), name)
  const database = new DatabaseSync(path)
  database.exec('create table t (id integer)')
  database.close()
  return path
}

test('how the sources are doing, in a line each and one for all; 3 when one needs attention', async () => {
  await using place = await createPlace()
  expect(await place.json('status')).toEqual({
    code: 0,
    data: { ok: true, verdict: 'No source is configured.', sources: [] },
  })
  for (const name of ['shop', 'tills', 'old']) {
    await place.run('add', makeFile(`${name}.db`), '--name', name, '--yes', '--schedule', 'every 1h')
  }
  const well = await place.run('status')
  expect(well.code).toBe(0)
  expect(well.stdout).toMatch(/^SOURCE +CONNECTOR +HEALTH +FRESHNESS +LAST SYNC +OUTCOME +NEXT +ASSETS\n/)
  expect(well.stdout).toMatch(/shop +sqlite +healthy +fresh +.* +succeeded +in \d+ minutes? +2\n/)
  expect(well.stdout).toMatch(/\n\nAll is well: 3 sources\.\n$/)

  await using store = openStore(place.env.DATABASE_URL ?? '')
  const { sql } = store
  // One is unhealthy, one stale with a sync under way, one paused and so let be.
  await sql`insert into tidemark.health_check (source_id, healthy, step, category, message)
            select id, false, 'open', 'not_found', 'nothing is there' from tidemark.source where name = 'shop'`
  await sql`update tidemark.sync_run set completed_at = now() - interval '3 hours'`
  await sql`update tidemark.source set created_at = now() - interval '1 day'`
  await sql`insert into tidemark.sync_run (source_id, mode, trigger, actor_id, config_version, shape, filter, lease_owner, lease_until)
            select id, 'incremental', 'manual', created_by, 1, '', '', 'test', now() + interval '1 minute'
            from tidemark.source where name = 'tills'`
  await place.run('pause', 'old')
  const { code, data } = await place.json('status')
  expect({ code, ok: data.ok, verdict: data.verdict }).toEqual({
    code: 3,
    ok: false,
    verdict: '2 of 3 sources need attention, 1 syncing: shop, tills.',
  })
  const told = Object.fromEntries(data.sources.map((one: { source: string }) => [one.source, one]))
  expect(told).toMatchObject({
    shop: {
      healthy: false,
      freshness: 'stale',
      running: null,
      attention: ['open fails: nothing is there', 'no sync has succeeded for 3h'],
    },
    tills: {
      healthy: true,
      running: { mode: 'incremental', scopesDone: 0 },
      attention: ['no sync has succeeded for 3h'],
    },
    old: { status: 'paused', freshness: null, attention: [] },
  })
  const shown = await place.run('status')
  expect(shown.code).toBe(3)
  expect(shown.stdout).toContain('! shop: open fails: nothing is there\n')
})

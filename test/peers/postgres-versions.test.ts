import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import connector from '../../connectors/postgres/index.ts'
import { type ScratchPostgres, startScratchPostgres } from '../../runtime/postgres.ts'
import { createEngine } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { withDatabase } from '../helpers/store.ts'
import { proveEquivalence } from '../oracle/oracle.ts'
import { postgresWorld } from '../oracle/worlds/postgres.ts'
import { describeEquality } from '../postgres/equality/suite.ts'
import { RELATION_CASES } from '../postgres/fingerprint-cases.ts'
import { objectCases } from '../postgres/fingerprint-object-cases.ts'
import { describeFingerprints } from '../postgres/fingerprint-suite.ts'

const SCHEMA = `
  create schema s;
  create type s.mood as enum ('sad', 'ok');
  create domain s.email as text check (value like '%@%');
  create table s.person (id int generated always as identity primary key, mail s.email not null, mood s.mood[], note text default 'x');
  create table s.measure (at date not null, person int references s.person, value numeric(10, 2)) partition by range (at);
  create table s.measure_2026 partition of s.measure for values from ('2026-01-01') to ('2027-01-01');
  create index on s.person (lower(note)) where note is not null;
  create view s.latest as select p.mail, max(m.at) as at from s.person p join s.measure m on m.person = p.id group by p.mail;
  create materialized view s.totals as select person, sum(value) as total from s.measure group by person;
  comment on column s.person.mail is 'Where to write.';`

/** The versions on which every kind of object and every kind of change is tried, besides the one of `npm test`. */
const THOROUGH = ['13', '15', '18']

describe.each(['12', '13', '14', '15', '16', '17', '18'])('PostgreSQL %s', (version) => {
  let directory: string
  let server: ScratchPostgres
  const url = () => server.url

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), `tidemark-postgres-${version}-`))
    server = await startScratchPostgres({ directory, version })
  })
  afterAll(async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })

  test('is crawled, and each change is found', async () => {
    expect(server.version).toMatch(new RegExp(`^${version}\\.`))
    await crawl(server.url)
    const seed = Date.now() % 2 ** 31
    console.log(`PostgreSQL ${version}: seed ${seed}`)
    const subject = {
      name: version,
      connector,
      createWorld: (worldSeed: number) => postgresWorld(server.url, worldSeed),
    }
    expect(await proveEquivalence(subject, { sequences: 8, seed })).toMatchObject({ sequences: 8 })
  })

  if (!THOROUGH.includes(version)) return
  describe('records equal the catalogue', () => describeEquality(url))
  describe('fingerprints of relations', () => describeFingerprints(RELATION_CASES, url))
  describe('fingerprints of other objects and facets', () => describeFingerprints(objectCases(Number(version)), url))
})

async function crawl(serverUrl: string): Promise<void> {
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
  await admin.unsafe('create database crawled')
  await admin.end()
  const url = withDatabase(serverUrl, 'crawled')
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(SCHEMA)
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, { url })
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 13 })
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0 })
    await sql.unsafe(`alter type s.mood add value 'happy'; alter table s.person rename column note to remark`)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 2, changed: 2 })
    await using fresh = await createEngine([connector])
    await (await fresh.addSource(connector, { url })).sync()
    expect(firstDifference(await exportStore(engine.store), await exportStore(fresh.store))).toBeUndefined()
  } finally {
    await sql.end()
  }
}

// A PostgreSQL in whatever network namespace this process is in: prints its URL, and stops it when its standard input ends.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startScratchPostgres } from '../../runtime/postgres.ts'

const directory = await mkdtemp(join(tmpdir(), 'tidemark-namespace-'))
const server = await startScratchPostgres({ directory, password: 'hidden' })
const sql = postgres(server.url, { max: 1, onnotice: () => {} })
await sql.unsafe(
  'create table ledger (id int primary key, amount numeric); create view totals as select sum(amount) from ledger',
)
await sql.end()
console.log(server.url)
// Whoever started it holds its standard input open for as long as it is wanted.
for await (const _ of process.stdin);
await server.stop()
await rm(directory, { recursive: true, force: true })

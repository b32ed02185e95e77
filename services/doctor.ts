import { statfs } from 'node:fs/promises'
import { readPartitions } from '../db/maintenance/partitions.ts'
import { listUntidyTables } from '../db/maintenance/tables.ts'
import { knownMigrations } from '../db/migrate.ts'
import { readStoreFacts } from '../db/queries-sources.ts'
import type { ServiceContext } from './context.ts'

/** One thing looked at, and the command that mends it. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
  readonly fix?: string
}

export interface StoreLook {
  readonly store: ServiceContext['store']
  /** Why it can only be read. */
  readonly readOnly?: string
  /** Where the embedded PostgreSQL keeps it. */
  readonly home?: string
}

export async function inspectStore(look: StoreLook): Promise<readonly Finding[]> {
  const { store, readOnly, home } = look
  const { version, role, migrations, bytes } = await readStoreFacts(store.sql)
  const size = `${Math.ceil(bytes / MEGABYTE).toLocaleString('en')} MB`
  const detail = `PostgreSQL ${version}, role ${role}, schema of migration ${migrations}, ${size}`
  const behind = knownMigrations() - migrations
  return [
    behind > 0
      ? {
          name: 'store',
          status: 'failed',
          detail: `${detail}; ${behind} migrations are pending`,
          fix: 'tidemark sources (as a role that may write)',
        }
      : {
          name: 'store',
          status: 'ok',
          detail: readOnly === undefined ? detail : `${detail}; only reading: ${readOnly}`,
        },
    ...(await inspectPartitions(look)),
    ...(await inspectTables(look)),
    ...(home === undefined ? [] : [await inspectDisk(home)]),
  ]
}

async function inspectPartitions({ store }: StoreLook): Promise<readonly Finding[]> {
  const partitions = await readPartitions(store.sql)
  const uncovered = partitions.filter(({ coveredUntil }) => (coveredUntil?.getTime() ?? 0) <= Date.now())
  const strays = partitions.filter((partition) => partition.strays > 0)
  const name = 'partitions'
  const fix = 'tidemark maintain'
  if (uncovered.length > 0) {
    const tables = uncovered.map(({ table }) => table).join(', ')
    return [{ name, status: 'failed', detail: `there is none for this month: ${tables}`, fix }]
  }
  if (strays.length > 0) {
    const detail = `rows of no month's partition: ${strays.map(({ table }) => `${table}_default`).join(', ')}`
    return [{ name, status: 'warning', detail, fix }]
  }
  const until = Math.min(...partitions.map(({ coveredUntil }) => coveredUntil?.getTime() ?? 0))
  return [{ name, status: 'ok', detail: `there until ${new Date(until).toISOString().slice(0, 10)}` }]
}

async function inspectTables({ store }: StoreLook): Promise<readonly Finding[]> {
  const tables = await listUntidyTables(store.sql)
  if (tables.length === 0) return []
  const told = tables.map(({ name, rows, dead, neverAnalyzed }) =>
    neverAnalyzed ? `${name} was never analyzed` : `${name} has ${dead} dead rows to ${rows} live ones`,
  )
  return [{ name: 'tables', status: 'warning', detail: told.join('; '), fix: 'tidemark maintain' }]
}

const MEGABYTE = 1_048_576
const LOW_BYTES = 1024 * MEGABYTE
const FULL_BYTES = 128 * MEGABYTE

async function inspectDisk(home: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(home)
  const free = bavail * bsize
  const detail = `${Math.floor(free / MEGABYTE).toLocaleString('en')} MB are free in ${home}`
  if (free >= LOW_BYTES) return { name: 'disk', status: 'ok', detail }
  const fix = `make room on the disk of ${home}, or shorten retention in temporal.yaml and: tidemark maintain`
  return { name: 'disk', status: free < FULL_BYTES ? 'failed' : 'warning', detail, fix }
}

import {
  type AssetStatistics,
  type AssetUsage,
  IngestError,
  pagesOf,
  quoteIdentifier,
  type Scope,
} from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Reader } from './connection.ts'
import { factSet } from './facts/sets.ts'
import { namesOf } from './facts/statements.ts'
import { keeps } from './families.ts'
import { accountName } from './scopes.ts'
import type { Row } from './session.ts'
import { literal, literals } from './text.ts'

const PAGE = 500
const TABLE = /^(BASE TABLE|SYSTEM VERSIONED)$/

/** Rows as the storage engine estimates them, and bytes of data and indexes. */
export async function* readStatistics(
  reader: Reader,
  settings: Settings,
  { name: database }: Scope,
): AsyncGenerator<readonly AssetStatistics[], void, void> {
  for (const names of pagesOf(await readTables(reader, settings, database), PAGE)) {
    const [rows = []] = await reader.session.run(numbersOf(database, names))
    const known = new Set(names)
    yield rows
      .filter(({ name }) => known.has(String(name)))
      .map((row) => ({
        group: 'relation',
        path: [database, String(row.name)],
        ...number('rowCount', row.entries),
        ...number('bytes', row.bytes),
      }))
  }
}

const numbersOf = (database: string, names: readonly string[]) => `
  select table_name as name, table_rows as entries, data_length + index_length as bytes
  from information_schema.tables where table_schema = ${literal(database)} and table_name in ${literals(names)}`

/** Rows read and written, as performance_schema has counted them since the server started. */
export async function* readUsage(
  reader: Reader,
  settings: Settings,
  { name: database }: Scope,
): AsyncGenerator<readonly AssetUsage[], void, void> {
  requirePerformanceSchema(reader)
  const since = new Date(Date.now() - reader.server.uptimeSeconds * 1000)
  for (const names of pagesOf(await readTables(reader, settings, database), PAGE)) {
    const [rows = []] = await readPerformanceSchema(reader, usageOf(database, names))
    const known = new Set(names)
    yield rows
      .filter(({ name }) => known.has(String(name)))
      .map((row) => ({
        group: 'relation',
        path: [database, String(row.name)],
        ...number('reads', row.entriesRead),
        ...number('writes', row.entriesWritten),
        since,
      }))
  }
}

const usageOf = (database: string, names: readonly string[]) => `
  select object_name as name, count_read as entriesRead, count_write as entriesWritten
  from performance_schema.table_io_waits_summary_by_table
  where object_type = 'TABLE' and object_schema = ${literal(database)} and object_name in ${literals(names)}`

/** @throws IngestError `unsupported` where the server does not keep it. */
export function requirePerformanceSchema({ server }: Reader): void {
  if (server.performanceSchema) return
  throw new IngestError('unsupported', 'the server keeps no performance_schema', {
    hint: 'Set performance_schema = ON in the [mysqld] section of its configuration, and restart it.',
  })
}

/** Reads it, or tells the right that is missing. */
export async function readPerformanceSchema(
  { session, server }: Reader,
  statement: string,
): Promise<readonly (readonly Row[])[]> {
  try {
    return await session.run(statement)
  } catch (error) {
    if (!(error instanceof IngestError) || error.category !== 'permission') throw error
    throw new IngestError('permission', error.message, {
      hint: `GRANT SELECT ON ${quoteIdentifier('performance_schema', '`')}.* TO ${accountName(server)};`,
      cause: error,
    })
  }
}

async function readTables({ session, server }: Reader, settings: Settings, database: string): Promise<string[]> {
  const set = factSet('relation', server)
  if (set === undefined) return []
  const [rows = []] = await session.run(namesOf(set, server, database, 't.TABLE_TYPE'))
  const isKept = keeps(settings)
  return rows
    .filter(({ name, type }) => TABLE.test(String(type)) && isKept('relation', String(name)))
    .map(({ name }) => String(name))
}

function number<K extends string>(key: K, value: unknown): { readonly [key in K]?: number } {
  // A computed key is typed as any text; this one is `key`.
  return value === null || value === undefined ? {} : ({ [key]: Number(value) } as { [key in K]: number })
}

import type { Json } from '../kit/index.ts'
import type { Entry } from './entries.ts'
import type { Reader } from './reader.ts'
import type { Row } from './session.ts'

/** What a command shows that is no part of a record: times, and what moves by itself. */
const VOLATILE = new Set([
  'created_on',
  'name',
  'database_name',
  'schema_name',
  'stale',
  'stale_after',
  'invalid_reason',
  'last_committed_on',
  'last_suspended_on',
  'last_suspended_reason',
  'budget',
])

/** Objects that only SHOW commands list, as entries by schema and name; what lies in a semantic view beside it. */
export async function* shownEntries(reader: Reader, schemas: readonly string[]): AsyncGenerator<Entry, void, void> {
  for (const schema of [...schemas].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))) {
    const found = [
      ...(await entriesOf(reader, 'STREAMS', 'stream', schema)),
      ...(await entriesOf(reader, 'TASKS', 'task', schema)),
      ...(await semanticEntries(reader, schema)),
    ]
    yield* found.sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name)))
  }
}

async function entriesOf(reader: Reader, command: string, kind: string, schema: string): Promise<Entry[]> {
  return (await reader.shows.of(command, schema)).map((row) => toEntry(kind, schema, row.name ?? '', row))
}

/** https://docs.snowflake.com/en/sql-reference/sql/show-semantic-dimensions, -facts and -metrics */
async function semanticEntries(reader: Reader, schema: string): Promise<Entry[]> {
  const views = await entriesOf(reader, 'SEMANTIC VIEWS', 'semantic view', schema)
  if (views.length === 0) return []
  const parts: Entry[] = []
  for (const [command, kind] of [
    ['SEMANTIC DIMENSIONS', 'semantic dimension'],
    ['SEMANTIC FACTS', 'semantic fact'],
    ['SEMANTIC METRICS', 'semantic metric'],
  ] as const) {
    for (const row of await reader.shows.of(command, schema)) {
      const entry = toEntry(kind, schema, row.semantic_view_name ?? '', row)
      parts.push({ ...entry, body: { ...entry.body, name: row.name ?? '' } })
    }
  }
  return [...views, ...parts]
}

function toEntry(kind: string, schema: string, name: string, row: Row): Entry {
  const told = Object.entries(row).filter(([key, value]) => value !== null && value !== '' && !VOLATILE.has(key))
  return { kind, schema, name, position: 0, type: '', body: Object.fromEntries(told) as Record<string, Json> }
}

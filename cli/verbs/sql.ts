import { IngestError } from '../../model/errors.ts'
import { psqlEnvironment, runQuery } from '../../services/query.ts'
import type { Invocation } from '../invocation.ts'
import { runPsql } from '../psql.ts'
import { openSession } from '../session.ts'
import { count, table } from '../text.ts'

export async function run({ io, args, signal }: Invocation): Promise<number | undefined> {
  const [query] = args
  if (query === undefined && !io.interactive) {
    throw new IngestError('invalid_config', 'there is no query', {
      hint: "Give one: tidemark sql 'select * from catalog.tables'. Without one, on a terminal, psql is opened.",
    })
  }
  await using session = await openSession({ signal })
  if (query === undefined) return await runPsql(await psqlEnvironment(session))
  const { columns, rows } = await runQuery(session, query)
  io.data(rows)
  if (columns.length === 0) return undefined
  const lines = table(
    rows,
    columns.map((title) => ({ title, value: (row) => cell(row[title]), width: 60 })),
    { all: true },
  )
  for (const line of lines) io.print(line)
  io.note(`(${count(rows.length, 'row')})`)
  return undefined
}

function cell(value: unknown): string | Date {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

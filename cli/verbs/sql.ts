import { runQuery } from '../../services/query.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count, table } from '../text.ts'

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ signal })
  const { columns, rows } = await runQuery(session, args[0] ?? '')
  io.data(rows)
  if (columns.length === 0) return
  const lines = table(
    rows,
    columns.map((title) => ({ title, value: (row) => cell(row[title]), width: 60 })),
    { all: true },
  )
  for (const line of lines) io.print(line)
  io.note(`(${count(rows.length, 'row')})`)
}

function cell(value: unknown): string | Date {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

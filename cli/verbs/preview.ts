import { previewAsset } from '../../services/preview.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count, table } from '../text.ts'

interface Options {
  readonly rows: number
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const preview = await previewAsset(await session.context(), { asset: args[0] ?? '', rows: options.rows, signal })
  io.data(preview)
  const { columns, rows } = preview
  const titled = columns.map(({ name }, index) => ({
    title: name,
    value: (row: (typeof rows)[number]) => cell(row[index]),
    width: 60,
  }))
  for (const line of table(rows, titled, { all: true })) io.print(line)
  io.note(`(${count(rows.length, 'row')} of ${preview.asset}, as it is now)`)
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

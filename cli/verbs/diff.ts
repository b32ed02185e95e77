import { IngestError } from '../../model/errors.ts'
import { type AssetDifference, diffAsset, type PartDifference } from '../../services/diff.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { openSession } from '../session.ts'
import { clean, timestamp } from '../text.ts'
import { readTime } from '../time.ts'

interface Options {
  readonly from: string
  readonly to?: string
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  const from = readTime(options.from)
  const to = options.to === undefined ? new Date() : readTime(options.to)
  if (from >= to) {
    throw new IngestError('invalid_config', '--from must lie before --to', {
      hint: 'For example: --from 2026-11-01 --to 2026-11-15, or --from 7d.',
    })
  }
  await using session = await openSession({ signal })
  const difference = await diffAsset(session, { asset: args[0] ?? '', from, to })
  io.data(difference)
  printDifference(io, difference)
}

function printDifference(io: Io, { asset, from, to, existed, attributes, parts, definition }: AssetDifference): void {
  io.print(`${io.style('bold', clean(asset.asset))}  ${timestamp(from)} → ${timestamp(to)}`)
  if (!existed.from) io.print('The catalog did not have it at the first time.')
  if (!existed.to) io.print('The catalog did not have it at the second time.')
  if (attributes.length + parts.length === 0 && definition === null) io.print('Nothing is different.')
  for (const { name, before, after } of attributes) io.print(clean(`~ ${name}: ${text(before)} → ${text(after)}`))
  for (const part of parts) io.print(partLine(io, part))
  for (const line of definition?.trimEnd().split('\n') ?? []) io.print(definitionLine(io, line))
}

const MARKS = { added: '+', changed: '~', removed: '-' } as const
const STYLES = { added: 'green', changed: 'yellow', removed: 'red' } as const

function partLine(io: Io, { part, name, operation, before, after }: PartDifference): string {
  const detail =
    operation === 'changed'
      ? Object.keys(after ?? {}).map((key) => `${key}: ${text(before?.[key])} → ${text(after?.[key])}`)
      : [text((after ?? before)?.nativeType ?? (after ?? before)?.definition ?? null)].filter((value) => value !== '–')
  return io.style(STYLES[operation], clean(`${MARKS[operation]} ${part} ${name}  ${detail.join('; ')}`.trimEnd()))
}

function definitionLine(io: Io, line: string): string {
  const cleaned = clean(line)
  if (/^\+(?!\+\+)/.test(line)) return io.style('green', cleaned)
  return /^-(?!--)/.test(line) ? io.style('red', cleaned) : cleaned
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

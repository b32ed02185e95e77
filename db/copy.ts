import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Transaction } from './store.ts'

export type CopyValue = string | number | boolean | null | undefined | readonly string[]

/** One line of COPY's text format: https://www.postgresql.org/docs/current/sql-copy.html */
export function copyLine(values: readonly CopyValue[]): string {
  return `${values.map(copyField).join('\t')}\n`
}

function copyField(value: CopyValue): string {
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'object') return escapeText(arrayLiteral(value))
  return String(value)
}

const SPECIAL = /[\\\n\r\t\0]/g
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeText(text: string): string {
  SPECIAL.lastIndex = 0
  // PostgreSQL text holds no NUL: it is shown by its control picture, as terminals do.
  return SPECIAL.test(text) ? text.replace(SPECIAL, (character) => ESCAPED[character] ?? '\u2400') : text
}

/** An array literal of texts: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`
}

/** JSON for a jsonb column; the escape for NUL, which jsonb refuses, becomes its control picture. */
export function jsonText(value: unknown): string {
  return safeJson(JSON.stringify(value))
}

/** The same for what is JSON text already. */
export function safeJson(text: string): string {
  return text.includes('\\u0000') ? text.replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\u2400') : text
}

/** Streams text into `copy <target> from stdin` with back-pressure; the target is a constant of ours, never outside text. */
export async function copyInto(
  tx: Transaction,
  target: string,
  chunks: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const sink = await tx.unsafe(`copy ${target} from stdin`).writable()
  await pipeline(Readable.from(chunks), sink)
}

/** Streams lines into `copy <target> from stdin`; nothing is sent when there are none. */
export async function copyLines(tx: Transaction, target: string, lines: Iterable<string>): Promise<void> {
  const chunks = chunksOf(lines)
  const first = chunks.next()
  if (first.done === true) return
  const all = function* () {
    yield first.value
    yield* chunks
  }
  await copyInto(tx, target, all())
}

const CHUNK_LENGTH = 65_536

function* chunksOf(lines: Iterable<string>): Generator<string, void, void> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK_LENGTH) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { readVaultField } from './hashicorp-vault.ts'
import type { Reading } from './reading.ts'
import { shapeOf } from './shape.ts'

/** Where the values of one kind of reference come from. It throws an IngestError that names what it looked for. */
type Provider = (body: string, reading: Reading) => Promise<string>

const PROVIDERS: Readonly<Record<string, Provider>> = {
  env: async (name, { env }) => {
    const value = env[name]
    if (value !== undefined) return value
    throw new IngestError('invalid_config', `the environment variable ${name} is not set`, {
      hint: 'It must be set for every process that uses it: the worker, and the command that saves it.',
    })
  },
  file: async (path) => {
    try {
      return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
    } catch (cause) {
      throw new IngestError('invalid_config', `cannot be read: ${(cause as Error).message}`, { cause })
    }
  },
  vault: readVaultField,
}

/** The kinds of references: `${env:NAME}`, `${file:/path}`, `${vault:path#field}`. */
const REFERENCE_KINDS: readonly string[] = Object.keys(PROVIDERS)

/** A reference as a regular expression, for JSON Schema too. */
export const REFERENCE_PATTERN = `^\\$\\{(?:${REFERENCE_KINDS.join('|')}):[^}]+\\}$`

const REFERENCE = new RegExp(REFERENCE_PATTERN)
/** What was meant as a reference; the text of a password is hardly ever like it. */
const LOOKS_LIKE_REFERENCE = /^\$\{([A-Za-z][A-Za-z0-9_-]*):[^}]*\}$/

export function isReference(text: string): boolean {
  return REFERENCE.test(text)
}

/**
 * What a reference stands for; other text is itself.
 * @throws IngestError that begins with the reference: `invalid_config` when there is no such thing, others when its
 * provider does not answer or does not let us in.
 */
export async function readReference(text: string, reading: Reading): Promise<string> {
  if (!isReference(text)) {
    if (LOOKS_LIKE_REFERENCE.test(text)) throw unknownKind(text)
    return text
  }
  const at = text.indexOf(':')
  // Known: the pattern is made of the providers' names.
  const provider = PROVIDERS[text.slice(2, at)] as Provider
  try {
    return await provider(text.slice(at + 1, -1), reading)
  } catch (error) {
    if (!(error instanceof IngestError)) throw error
    const { category, message, hint, code } = error
    throw new IngestError(category, `${text}: ${message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      ...(code === undefined ? {} : { code }),
    })
  }
}

export interface Resolving {
  /** Of the value: where it wants a number, a reference may hold one. */
  readonly schema: unknown
  readonly reading: Reading
  /** Told each value that was read. */
  readonly onValue?: (value: string) => void
  /** What to throw for a reference at a path that cannot be read; the error itself when absent. */
  readonly explain?: (error: unknown, path: readonly PropertyKey[]) => unknown
}

/** A value with what its references stand for, not yet validated. */
export async function resolveReferences(
  value: unknown,
  resolving: Resolving,
  path: readonly PropertyKey[] = [],
): Promise<unknown> {
  if (typeof value === 'string') return await resolveText(value, resolving, path)
  if (typeof value !== 'object' || value === null) return value
  const inside = (schema: unknown) => ({ ...resolving, schema })
  if (Array.isArray(value)) {
    return await Promise.all(value.map((entry, index) => resolveReferences(entry, inside(undefined), [...path, index])))
  }
  const shape = shapeOf(resolving.schema)
  const entries = Object.entries(value).map(async ([key, entry]) => {
    return [key, await resolveReferences(entry, inside(shape?.[key]), [...path, key])] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

async function resolveText(text: string, resolving: Resolving, path: readonly PropertyKey[]): Promise<unknown> {
  const { schema, reading, onValue, explain } = resolving
  let value: string
  try {
    value = await readReference(text, reading)
  } catch (error) {
    throw explain?.(error, path) ?? error
  }
  if (value === text) return text
  onValue?.(value)
  if (!(schema instanceof z.ZodType) || value.trim() === '' || Number.isNaN(Number(value))) return value
  return !schema.safeParse(value).success && schema.safeParse(Number(value)).success ? Number(value) : value
}

function unknownKind(text: string): IngestError {
  const kind = LOOKS_LIKE_REFERENCE.exec(text)?.[1]
  return new IngestError('invalid_config', `${text}: ${kind} is no kind of reference`, {
    hint: `Write one of ${REFERENCE_KINDS.map((known) => `\${${known}:…}`).join(', ')}.`,
  })
}

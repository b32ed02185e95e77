import { type Document, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { beginReading, type Environment } from '../connectors/reading.ts'
import { resolveReferences } from '../connectors/references.ts'
import { nearest } from '../connectors/registry.ts'
import { knownKeys } from '../connectors/shape.ts'
import { type ErrorCategory, IngestError } from '../model/errors.ts'

type Path = readonly PropertyKey[]

/** A YAML file that a person wrote: whatever is wrong with it is told with its line and column. */
export interface YamlFile {
  readonly path: string
  /** As plain data. */
  readonly value: unknown
  /** An error at a path of the document, or at the nearest thing above it that is written there. */
  error(
    path: Path,
    problem: string,
    options?: { readonly category?: ErrorCategory; readonly hint?: string },
  ): IngestError
  /** What a schema has against the value at `at`. */
  issue(schema: z.ZodType, issue: z.core.$ZodIssue, at?: Path): IngestError
  /** The value at `at` with its references resolved, or an error at the one that cannot be. */
  resolve(value: unknown, schema: z.ZodType, env: Environment, at?: Path): Promise<unknown>
}

/** Reads YAML 1.2. `path` is for messages, `hint` what they say to do. @throws IngestError `invalid_config`. */
export function openYaml(text: string, path: string, hint: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const tell = (offset: number | undefined, problem: string, category: ErrorCategory, more?: string) => {
    const at = offset === undefined ? undefined : lines.linePos(offset)
    const where = at === undefined ? path : `${path}:${at.line}:${at.col}`
    return new IngestError(category, `${where}: ${problem}`, { hint: more ?? hint })
  }
  const [broken] = document.errors
  if (broken !== undefined) throw tell(broken.pos[0], broken.message, 'invalid_config')
  const error: YamlFile['error'] = (keys, problem, options = {}) =>
    tell(findOffset(document, keys), problem, options.category ?? 'invalid_config', options.hint)
  return {
    path,
    value: readValue(document, (problem) => tell(undefined, problem, 'invalid_config')),
    error,
    issue: (schema, issue, at = []) => issueError(error, schema, issue, at),
    resolve: async (value, schema, env, at = []) =>
      await resolveReferences(value, {
        schema,
        reading: beginReading(env),
        explain: (thrown, keys) => explainReference(error, thrown, [...at, ...keys]),
      }),
  }
}

/** Aliases may be written so that they multiply beyond measure; the reader refuses that. */
function readValue(document: Document, tell: (problem: string) => IngestError): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw tell((error as Error).message)
  }
}

function findOffset(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as { range?: readonly number[] } | null | undefined
    if (node?.range !== undefined) return node.range[0] ?? 0
  }
  return 0
}

function issueError(error: YamlFile['error'], schema: z.ZodType, issue: z.core.$ZodIssue, at: Path): IngestError {
  if (issue.code !== 'unrecognized_keys') {
    return error([...at, ...issue.path], `${[...at, ...issue.path].join('.') || 'settings'}: ${issue.message}`)
  }
  const [key = ''] = issue.keys
  const known = knownKeys(schema, issue.path)
  const near = nearest(key, known)
  const meant = near === undefined ? `; known: ${known.join(', ')}` : ` (did you mean ${near}?)`
  const where = [...at, ...issue.path, key]
  return error(where, `unknown key ${where.join('.')}${meant}`)
}

function explainReference(error: YamlFile['error'], thrown: unknown, path: Path): unknown {
  if (!(thrown instanceof IngestError)) return thrown
  const { category, message, hint } = thrown
  return error(path, `${path.join('.')}: ${message}`, { category, ...(hint === undefined ? {} : { hint }) })
}

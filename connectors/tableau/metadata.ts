import { type ConnectorContext, IngestError } from '../kit/index.ts'
import { createPageSize, type PageSize } from './page-size.ts'
import type { Session } from './session.ts'
import { pause } from './wait.ts'

/** A page of a connection of the Metadata API. */
export interface Connection<T> {
  readonly nodes: readonly T[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly totalCount: number
}

/** A query with one connection at its root, and how much of it is asked for at a time. */
export interface Question {
  /** The connection: `sheetsConnection`. */
  readonly name: string
  readonly text: string
  /** Nodes a page, to begin with and at most. */
  readonly start: number
  readonly max: number
}

/** The Metadata API. https://help.tableau.com/current/api/metadata_api/en-us/index.html */
export interface Metadata {
  /** The nodes of these ids (variable `ids`), where the account sees them, in any order. */
  byIds<T extends { readonly id: string }>(question: Question, ids: readonly string[]): Promise<T[]>
  /** All nodes, page by page, in the order of their ids (variables `first` and `after`). */
  pages<T>(question: Question): AsyncGenerator<readonly T[], void, void>
  /** One page. @throws {@link TooMuch} where the server wants less to be asked for. */
  page<T>(question: Question, variables: Readonly<Record<string, unknown>>): Promise<Connection<T>>
  /** What the server had to say of answers that are good otherwise, by its code. */
  readonly notes: ReadonlyMap<string, string>
}

/** The server answers part of a query only: less has to be asked for. */
export class TooMuch extends Error {}

const ENDPOINT = 'api/metadata/graphql'

export function createMetadata(session: Session, context: ConnectorContext): Metadata {
  const notes = new Map<string, string>()
  const sizes = new Map<string, PageSize>()
  const sizeOf = ({ text, start, max }: Question): PageSize => {
    const size = sizes.get(text) ?? createPageSize(start, max)
    sizes.set(text, size)
    return size
  }
  const page = async <T>(question: Question, variables: Readonly<Record<string, unknown>>): Promise<Connection<T>> => {
    for (let tries = 0; ; tries += 1) {
      const { body } = await session.post<GraphqlAnswer<T>>(ENDPOINT, { query: question.text, variables })
      const errors = body?.errors ?? []
      if (!errors.some((error) => codeOf(error) === 'RATE_EXCEEDED')) {
        noteAll(errors, notes, context)
        throwWorst(errors, question)
        return connectionOf(body, question)
      }
      context.meter.throttle()
      const wait = RATE_WAITS_MS[tries]
      if (wait === undefined) throw tooFast()
      await pause(wait, context.signal)
    }
  }
  return {
    notes,
    page,
    byIds: async <T extends { readonly id: string }>(question: Question, ids: readonly string[]) => {
      const found: T[] = []
      const size = sizeOf(question)
      for (let start = 0; start < ids.length; ) {
        const wanted = ids.slice(start, start + size.current)
        const nodes = await readWhole<T>(page, question, wanted)
        if (nodes === undefined) {
          if (!size.halve()) throw tooLarge(question, wanted)
          continue
        }
        found.push(...nodes)
        start += wanted.length
        size.grow()
      }
      return found
    },
    async *pages<T>(question: Question) {
      const size = sizeOf(question)
      let after: string | null = null
      let came = 0
      while (true) {
        const answer: Connection<T> | undefined = await unlessTooMuch(page<T>(question, { first: size.current, after }))
        if (answer === undefined) {
          if (!size.halve()) throw tooLarge(question, [])
          continue
        }
        came += answer.nodes.length
        yield answer.nodes
        size.grow()
        const { hasNextPage, endCursor }: Connection<T>['pageInfo'] = answer.pageInfo
        // A page that was cut short says nothing of it, but for the count.
        const more = hasNextPage || came < answer.totalCount
        if (!more) return
        if (endCursor === null || endCursor === after || answer.nodes.length === 0)
          throw new IngestError(
            'data_integrity',
            `${question.name} tells ${came} of ${answer.totalCount}, and not how to go on`,
          )
        after = endCursor
      }
    },
  }
}

/** The nodes of these ids; undefined where it was too much, or fewer came than the server counts. */
async function readWhole<T>(
  page: Metadata['page'],
  question: Question,
  ids: readonly string[],
): Promise<readonly T[] | undefined> {
  const answer = await unlessTooMuch(page<T>(question, { ids, first: ids.length }))
  return answer === undefined || answer.nodes.length < answer.totalCount ? undefined : answer.nodes
}

export async function unlessTooMuch<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof TooMuch) return undefined
    throw error
  }
}

function tooLarge({ name }: Question, ids: readonly string[]): IngestError {
  return new IngestError('data_integrity', `${name}: ${ids.join(', ')} alone is more than the server answers at once`, {
    hint: 'Tableau Server: raise metadata.query.limits.count and metadata.query.limits.time (tsm configuration set).',
  })
}

/** What is waited where the Metadata API says that it is asked too often; it does not say how long. */
const RATE_WAITS_MS = [250, 1_000, 4_000]
const RATE_RETRY_MS = 60_000

function tooFast(): IngestError {
  return new IngestError('rate_limited', 'the Metadata API is asked too often: RATE_EXCEEDED', {
    code: 'RATE_EXCEEDED',
    retryAfterMs: RATE_RETRY_MS,
  })
}

interface GraphqlError {
  readonly message?: string
  readonly extensions?: { readonly code?: string; readonly classification?: unknown; readonly severity?: string }
}

interface GraphqlAnswer<T> {
  readonly data?: Readonly<Record<string, Connection<T> | null>> | null
  readonly errors?: readonly GraphqlError[]
}

function codeOf({ extensions, message }: GraphqlError): string {
  if (extensions?.code !== undefined) return extensions.code
  return typeof extensions?.classification === 'string' ? extensions.classification : (message ?? '')
}

/** A node that is left out of its parent shows as null where the schema allows none. */
const TOO_MUCH = /^(NODE_LIMIT_EXCEEDED|TIME_LIMIT_EXCEEDED|NullValueInNonNullableField)$/

/** https://help.tableau.com/current/api/metadata_api/en-us/docs/meta_api_errors.html */
const NOTES: Readonly<Record<string, string>> = {
  PERMISSIONS_MODE_SWITCHED:
    'the account does not see all of the metadata: give it the derived permissions of a site administrator',
  INHERITANCE_INCOMPLETE: 'the account sees part of the metadata: what is inherited may be incomplete',
  BACKFILL_RUNNING: 'Tableau is still indexing its content: lineage may be incomplete until it is done',
}

function noteAll(errors: readonly GraphqlError[], notes: Map<string, string>, context: ConnectorContext): void {
  for (const error of errors) {
    const code = codeOf(error)
    const note = NOTES[code]
    if (note === undefined || notes.has(code)) continue
    notes.set(code, note)
    context.log.warn({ code, said: error.message }, `Tableau: ${note}`)
  }
}

function throwWorst(errors: readonly GraphqlError[], { name }: Question): void {
  for (const error of errors) {
    const code = codeOf(error)
    if (NOTES[code] !== undefined) continue
    if (TOO_MUCH.test(code)) throw new TooMuch(code)
    throw answerError(error, code, name)
  }
}

function answerError({ message = '' }: GraphqlError, code: string, name: string): IngestError {
  const text = `${name}: ${message}`
  if (code === 'ACCESS_DENIED' || code === 'FILTER_REQUIRED')
    return new IngestError('permission', text, { code, hint: 'The account must be allowed to use the Metadata API.' })
  if (code === 'FEATURE_DISABLED')
    return new IngestError('unsupported', text, {
      code,
      hint: 'Tableau Server: `tsm maintenance metadata-services enable`.',
    })
  if (code === 'INTERNAL_ERROR' || code === 'INTERNAL_SERVER_ERROR' || code === 'DataFetchingException')
    return new IngestError('source_unavailable', text, { code })
  return new IngestError('unsupported', text, { ...(code === message ? {} : { code }) })
}

function connectionOf<T>(body: GraphqlAnswer<T> | undefined, { name }: Question): Connection<T> {
  const connection = body?.data?.[name]
  if (connection === undefined || connection === null)
    throw new IngestError('data_integrity', `${name}: the Metadata API answered without data`)
  return connection
}

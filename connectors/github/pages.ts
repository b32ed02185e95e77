import { IngestError } from '../kit/index.ts'
import type { Client } from './client.ts'

/** A page of a list as it was read last: its validator, and of its entries what matters. */
export interface Page<T> {
  readonly etag?: string
  readonly more: boolean
  readonly entries: readonly T[]
}

export interface PagedList<T> {
  readonly pages: readonly Page<T>[]
  /** Whether any page had to be sent anew. */
  readonly moved: boolean
  /** GitHub's clock at the last answer. */
  readonly at: Date
}

export interface ListQuery<Raw, T> {
  readonly path: string
  readonly parameters?: Readonly<Record<string, string | number>>
  /** The pages as they were read before: asked for conditionally, which costs nothing of the limit. */
  readonly before: readonly Page<T>[]
  /** Entries of an answer; of a single object, itself. */
  readonly entries: (data: Raw) => readonly T[]
}

export const PAGE_SIZE = 100
/** A list that changes all the while is asked for this often. */
const MAX_PASSES = 4

/**
 * Reads a list to its end. Entries shift from page to page when others come and go meanwhile: a list of several pages is
 * asked for again, until nothing has moved.
 */
export async function readPages<Raw, T>(client: Client, query: ListQuery<Raw, T>): Promise<PagedList<T>> {
  let pages = query.before
  let moved = false
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const read = await readOnce(client, query, pages)
    moved ||= read.moved
    pages = read.pages
    if (!read.moved || pages.length === 1) return { ...read, moved }
  }
  throw new IngestError('source_unavailable', `${query.path}: the list kept changing while it was read`)
}

async function readOnce<Raw, T>(
  client: Client,
  { path, parameters, entries }: ListQuery<Raw, T>,
  before: readonly Page<T>[],
): Promise<PagedList<T>> {
  const pages: Page<T>[] = []
  let moved = false
  let at = new Date(0)
  do {
    const known = before[pages.length]
    const page = { per_page: PAGE_SIZE, page: pages.length + 1 }
    const answer = await client.get<Raw>(path, { ...parameters, ...page }, known?.etag)
    at = answer.at
    if (answer.data === undefined && known !== undefined) pages.push(known)
    else {
      moved = true
      const { etag, more, data } = answer
      pages.push({ ...(etag === undefined ? {} : { etag }), more, entries: entries(data as Raw) })
    }
  } while (pages.at(-1)?.more === true)
  return { pages, moved: moved || pages.length !== before.length, at }
}

export function entriesOf<T>(pages: readonly Page<T>[]): T[] {
  return pages.flatMap(({ entries }) => entries)
}

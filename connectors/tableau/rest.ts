import { asObject, type JsonObject } from '../kit/index.ts'
import type { Session } from './session.ts'

/** A list of the REST API, as far as it could be had. */
export interface RestList {
  readonly items: readonly JsonObject[]
  /** False where the list moved while it was read, each time. */
  readonly complete: boolean
  /** When it was begun, by the server's clock. */
  readonly at: number
}

export interface ListOptions {
  /** The path below the site: `workbooks`. */
  readonly path: string
  /** The names that wrap the items: `workbooks`, `workbook`. */
  readonly wrap: readonly [list: string, item: string]
  /** Whether the API sorts this list by when its items were made: only then a shift of pages shows. */
  readonly sorted: boolean
  readonly query?: Readonly<Record<string, string | boolean>>
}

/** The most that a page holds. https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_paging.htm */
const PAGE_SIZE = 1_000
/** How often a list that moves under us is begun anew. */
const MAX_TRIES = 3
/** The server's Date header tells seconds, and items are stamped before they are listed. */
const CLOCK_SLACK_MS = 2_000

/**
 * Reads a whole list, 1,000 items a page. Pages are numbered: an item removed while they are read shifts those behind it,
 * and one of them is on no page. So the pages must add up: what there was at first, what has been made since, and what there is
 * in the end; otherwise the list is read anew.
 */
export async function readList(session: Session, options: ListOptions): Promise<RestList> {
  for (let tries = 1; ; tries += 1) {
    const { items, steady, at } = await readPages(session, options)
    if (steady || tries === MAX_TRIES) return { items, complete: steady, at }
  }
}

async function readPages(
  session: Session,
  options: ListOptions,
): Promise<{ readonly items: readonly JsonObject[]; readonly steady: boolean; readonly at: number }> {
  const items = new Map<string, JsonObject>()
  let first: { readonly total: number; readonly at: number } | undefined
  for (let number = 1; ; number += 1) {
    const page = await readPage(session, options, number)
    first ??= { total: page.total, at: page.at }
    for (const item of page.items) items.set(String(item.id), item)
    if (page.items.length > 0 && number * PAGE_SIZE < page.total) continue
    const begun = first.at - CLOCK_SLACK_MS
    const listed = [...items.values()]
    const fresh = listed.filter((item) => madeSince(item, begun)).length
    // One page is one answer: nothing moves under it.
    const steady = listed.length === page.total && (number === 1 || page.total - fresh === first.total)
    return { items: listed, steady, at: first.at }
  }
}

/** A list that is not sorted has its new items anywhere: then their number says less. */
function madeSince({ createdAt }: JsonObject, at: number): boolean {
  return typeof createdAt === 'string' && Date.parse(createdAt) >= at
}

interface RestPage {
  readonly items: readonly JsonObject[]
  readonly total: number
  /** By the server's clock. */
  readonly at: number
}

async function readPage(
  session: Session,
  { path, wrap, sorted, query }: ListOptions,
  number: number,
): Promise<RestPage> {
  const { body, headers } = await session.site<JsonObject>(path, {
    ...query,
    pageSize: PAGE_SIZE,
    pageNumber: number,
    ...(sorted ? { sort: 'createdAt:asc' } : {}),
  })
  const found = asObject(body?.[wrap[0]])?.[wrap[1]]
  const items = (Array.isArray(found) ? found : []).flatMap((item: unknown): JsonObject[] => {
    const object = asObject(item)
    return object === undefined ? [] : [object]
  })
  const total = Number(asObject(body?.pagination)?.totalAvailable ?? items.length)
  return { items, total, at: Date.parse(headers.get('date') ?? '') || Date.now() }
}

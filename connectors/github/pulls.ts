import { IngestError } from '../kit/index.ts'
import type { Client } from './client.ts'
import { PAGE_SIZE } from './pages.ts'
import { digest, type Repository } from './repositories.ts'
import type { PullEntry, Watermark } from './watermark.ts'

interface RawPull {
  readonly number: number
  readonly node_id: string
  readonly state: string
  readonly draft?: boolean
  readonly title: string
  readonly updated_at: string
  readonly merged_at: string | null
  readonly head: { readonly ref: string; readonly sha: string }
  readonly base: { readonly ref: string }
  readonly labels: readonly { readonly name: string }[]
}

export interface PullList {
  readonly pulls: Watermark['pulls']
  readonly moved: boolean
}

/** Times tell seconds only: what was touched so shortly before it was listed may be touched again unnoticed. */
const SETTLED_MS = 60_000
const MAX_PASSES = 5

/**
 * The latest pull requests by their last update. With those known from before, the list is read down to the last update
 * known, less an overlap: one conditional request when nothing has moved.
 * https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
 */
export async function readPulls(
  client: Client,
  repository: Repository,
  limit: number,
  before: Watermark['pulls'] | undefined,
): Promise<PullList> {
  if (limit === 0) return { pulls: { entries: [] }, moved: before !== undefined && before.entries.length > 0 }
  const known = new Map((before?.entries ?? []).map((entry) => [entry[0], entry]))
  let etag = before?.etag
  let until = overlapped(before?.entries[0]?.[2])
  // The first page may change once more within the second it was read in: it is then asked for anew next time.
  let fresh = false
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const read = await readDown(client, repository, { limit, until, etag })
    if (read === undefined) {
      return { pulls: withEtag(fresh ? undefined : etag, latest([...known.values()], limit)), moved: pass > 1 }
    }
    for (const entry of read.entries) known.set(entry[0], entry)
    // What moves to the front while later pages are read is seen in the next pass.
    etag = read.etag
    fresh = read.fresh
    until = overlapped(read.entries[0]?.[2]) ?? until
    if (read.single || etag === undefined) {
      return { pulls: withEtag(fresh ? undefined : etag, latest([...known.values()], limit)), moved: true }
    }
  }
  throw new IngestError('source_unavailable', `${repository.owner}/${repository.name}: pull requests kept changing`)
}

function withEtag(etag: string | undefined, entries: PullEntry[]): Watermark['pulls'] {
  return { ...(etag === undefined ? {} : { etag }), entries }
}

interface Reach {
  readonly limit: number
  /** Read down to here. */
  readonly until: string | undefined
  readonly etag: string | undefined
}

async function readDown(client: Client, { owner, name }: Repository, { limit, until, etag }: Reach) {
  const entries: PullEntry[] = []
  let first: { etag?: string; fresh: boolean } | undefined
  for (let page = 1; ; page += 1) {
    const answer = await client.get<readonly RawPull[]>(
      '/repos/{owner}/{repo}/pulls',
      { owner, repo: name, state: 'all', sort: 'updated', direction: 'desc', per_page: PAGE_SIZE, page },
      page === 1 ? etag : undefined,
    )
    const { data, at, more } = answer
    if (data === undefined) return undefined
    entries.push(...data.map((raw) => toEntry(raw, at)))
    first ??= {
      ...(answer.etag === undefined ? {} : { etag: answer.etag }),
      fresh: data.some((raw) => isFresh(raw, at)),
    }
    const last = entries.at(-1)?.[2] ?? ''
    const enough = entries.length >= limit && last < (entries[limit - 1]?.[2] ?? '')
    if (!more || enough || (until !== undefined && last < until)) {
      return { entries, ...first, single: page === 1 }
    }
  }
}

function isFresh({ updated_at }: RawPull, at: Date): boolean {
  return at.getTime() - Date.parse(updated_at) < SETTLED_MS
}

function toEntry(raw: RawPull, at: Date): PullEntry {
  const { number, node_id, updated_at, state, draft, title, merged_at, head, base, labels } = raw
  const seen = [updated_at, state, draft ?? false, title, merged_at, head.ref, head.sha, base.ref]
  const stamp = digest([...seen, labels.map((label) => label.name).sort(), isFresh(raw, at) ? at.toISOString() : null])
  return [number, node_id, updated_at, stamp]
}

function overlapped(time: string | undefined): string | undefined {
  if (time === undefined) return undefined
  return new Date(Date.parse(time) - 2 * SETTLED_MS).toISOString().replace('.000Z', 'Z')
}

function latest(entries: readonly PullEntry[], limit: number): PullEntry[] {
  return [...entries]
    .sort((left, right) => (left[2] === right[2] ? right[0] - left[0] : left[2] < right[2] ? 1 : -1))
    .slice(0, limit)
}

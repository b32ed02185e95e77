import { type Memory, pagesOf, parseLfsPointer } from '../kit/index.ts'
import type { Client } from './client.ts'
import type { Repository } from './repositories.ts'

export interface BlobRef {
  readonly sha: string
  readonly size: number
}

/** The texts of a repository's files. */
export interface Blobs {
  /** Texts by SHA; those that are no text, or larger than allowed, are absent. */
  read(refs: readonly BlobRef[]): Promise<ReadonlyMap<string, string>>
  /** The beginnings of data files, of which no more than their first line is kept. */
  readHeads(refs: readonly BlobRef[]): Promise<ReadonlyMap<string, string>>
}

/** Objects asked for in one query, and the bytes they may have together. */
const QUERY_OBJECTS = 40
const QUERY_BYTES = 4_000_000
const HEAD_CHARACTERS = 8_000

/**
 * Reads blobs in bulk. A blob never changes, so each is fetched once ever and kept by its SHA: `blob/<sha>` in the source's
 * memory has the text of code; of data files, `head/<sha>` has the first line.
 */
export function createBlobs(
  client: Client,
  memory: Memory | undefined,
  repository: Repository,
  maxBytes: number,
): Blobs {
  const read = async (
    refs: readonly BlobRef[],
    prefix: string,
    keep: (text: string) => string,
  ): Promise<ReadonlyMap<string, string>> => {
    const wanted = new Map(refs.filter(({ size }) => size <= maxBytes).map((ref) => [ref.sha, ref]))
    const texts = new Map<string, string>()
    const keys = [...wanted.keys()].map((sha) => `${prefix}/${sha}`)
    for (const [key, value] of (await memory?.read(keys)) ?? []) {
      const sha = key.slice(prefix.length + 1)
      wanted.delete(sha)
      if (value !== '') texts.set(sha, value.slice(1))
    }
    for (const page of inQueries([...wanted.values()])) {
      const fetched = await fetchTexts(client, repository, page)
      // Something is kept even of what is no text, so that it is not asked for again.
      const kept = page.map(({ sha }) => {
        const text = fetched.get(sha)
        if (text !== undefined) texts.set(sha, keep(text))
        return [`${prefix}/${sha}`, text === undefined ? '' : `=${keep(text)}`] as const
      })
      await memory?.write(new Map(kept))
    }
    return texts
  }
  return {
    read: (refs) => read(refs, 'blob', (text) => text),
    readHeads: (refs) => read(refs, 'head', headOf),
  }
}

/** The first line; a pointer of Git LFS is no data and is kept whole. */
function headOf(text: string): string {
  if (parseLfsPointer(text) !== undefined) return text
  return text.split(/\r?\n/, 1)[0]?.slice(0, HEAD_CHARACTERS) ?? ''
}

function* inQueries(refs: readonly BlobRef[]): Generator<readonly BlobRef[], void, void> {
  for (const page of pagesOf(refs, QUERY_OBJECTS)) {
    let batch: BlobRef[] = []
    let bytes = 0
    for (const ref of page) {
      if (batch.length > 0 && bytes + ref.size > QUERY_BYTES) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(ref)
      bytes += ref.size
    }
    yield batch
  }
}

interface RawBlob {
  readonly text: string | null
  readonly isBinary: boolean | null
  readonly isTruncated: boolean
}

/** One point of the limit for the lot; only what GraphQL cuts short is asked for by itself. */
async function fetchTexts(
  client: Client,
  repository: Repository,
  refs: readonly BlobRef[],
): Promise<ReadonlyMap<string, string>> {
  const objects = refs.map(({ sha }, index) => `b${index}: object(oid: ${JSON.stringify(sha)}) { ...text }`).join('\n')
  const query = `query Blobs($id: ID!) { node(id: $id) { ... on Repository { ${objects} } } }
    fragment text on GitObject { ... on Blob { text isBinary isTruncated } }`
  const { node } = await client.graphql<{ node: Readonly<Record<string, RawBlob | null>> | null }>(query, {
    id: repository.id,
  })
  const texts = new Map<string, string>()
  for (const [index, { sha }] of refs.entries()) {
    const blob = node?.[`b${index}`]
    const text = blob?.isTruncated === true ? await fetchWhole(client, repository, sha) : blob?.text
    if (text != null && blob?.isBinary !== true && !text.includes('\0')) texts.set(sha, text.toWellFormed())
  }
  return texts
}

async function fetchWhole(client: Client, { owner, name }: Repository, sha: string): Promise<string | undefined> {
  const parameters = { owner, repo: name, sha }
  const { data } = await client.get<{ content: string }>('/repos/{owner}/{repo}/git/blobs/{sha}', parameters)
  const text = Buffer.from(data?.content ?? '', 'base64').toString('utf8')
  return text.includes('\0') ? undefined : text
}

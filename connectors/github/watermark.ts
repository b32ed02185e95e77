import { z } from 'zod'

const page = <T extends z.ZodType>(entry: T) =>
  z.object({ etag: z.string().optional(), more: z.boolean(), entries: z.array(entry) })
const named = z.tuple([z.string(), z.string()])
const release = z.object({
  id: z.string(),
  tag: z.string(),
  name: z.string().nullable(),
  notes: z.string().nullable(),
  prerelease: z.boolean(),
  author: z.string().nullable(),
  publishedAt: z.string().nullable(),
  url: z.string(),
  assets: z.array(z.object({ name: z.string(), bytes: z.number() })),
})

/** Where a repository was read to: what the lists said, with their validators. Kept by the engine between runs. */
const watermark = z.object({
  version: z.literal(1),
  repository: z.string(),
  defaultBranch: z.string(),
  /** What decides which commits and pull requests are kept, and which files. */
  branches: z.array(page(named)),
  tags: z.array(page(named)),
  releases: z.array(page(release)),
  pulls: z.object({
    etag: z.string().optional(),
    /** Number, node id, time of the last update, stamp; the latest first. */
    entries: z.array(z.tuple([z.number(), z.string(), z.string(), z.string()])),
  }),
  /** The commits that are kept, the latest first. */
  commits: z.array(z.string()),
  /** The folders of dbt projects. */
  projects: z.array(z.string()),
  garbled: z.boolean(),
  /** SHAs of texts that were read and are of no catalogued file: named here, they stay in the memory. */
  texts: z.array(z.string()).default([]),
})
export type Watermark = z.infer<typeof watermark>
export type Release = z.infer<typeof release>
export type PullEntry = Watermark['pulls']['entries'][number]

/** Undefined for one that another version wrote: everything is then listed. */
export function parseWatermark(text: string): Watermark | undefined {
  try {
    return watermark.safeParse(JSON.parse(text)).data as Watermark | undefined
  } catch {
    return undefined
  }
}

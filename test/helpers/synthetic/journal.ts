import { z } from 'zod'
import {
  type AssetRecord,
  type Connector,
  type Described,
  defineConnector,
  IngestError,
  nameKey,
} from '../../../connectors/kit/index.ts'

/** Files with a true change log, as Drive, Graph or git have. */
export interface JournalWorld {
  files: Map<string, { id: string; revision: number; size: number }>
  log: { operation: 'upsert' | 'delete'; name: string }[]
  /** Positions before this one are no longer served. */
  logStart: number
  /** Inventories asked for, and keys described, since the last look. */
  inventories: number
  described: string[]
  failItems: Set<string>
}

export function createJournalWorld(): JournalWorld {
  return { files: new Map(), log: [], logStart: 0, inventories: 0, described: [], failItems: new Set() }
}

let lastId = 0

/** Writes a file and the log entry that tells of it. */
export function writeFile(world: JournalWorld, name: string, size: number): void {
  const old = world.files.get(name)
  lastId += 1
  world.files.set(name, { id: old?.id ?? `file-${lastId}`, revision: (old?.revision ?? 0) + 1, size })
  world.log.push({ operation: 'upsert', name })
}

export function deleteFile(world: JournalWorld, name: string): void {
  if (world.files.delete(name)) world.log.push({ operation: 'delete', name })
}

export function renameFile(world: JournalWorld, from: string, to: string): void {
  const file = world.files.get(from)
  if (file === undefined || world.files.has(to)) return
  world.files.delete(from)
  world.files.set(to, file)
  world.log.push({ operation: 'delete', name: from }, { operation: 'upsert', name: to })
}

export function journalConnector(worlds: ReadonlyMap<string, JournalWorld>): Connector {
  return defineConnector<{ world: string }>({
    manifest: {
      type: 'journal',
      title: 'Synthetic change log',
      category: 'files',
      version: '1.0.0',
      protocol: 1,
      recordVersion: 1,
      config: z.strictObject({ world: z.string() }),
      example: { world: 'main' },
      kinds: [{ kind: 'file', group: 'file', levels: ['file'] }],
      scopeNoun: 'drive',
      grants: [],
      urlSchemes: ['journal'],
      fromUrl: (url) => ({ world: new URL(url).host }),
      namespace: ({ world }) => `journal://${world}`,
      suggestName: ({ world }) => world,
      shape: () => null,
      filter: () => null,
    },
    errorRules: [],
    open: async ({ world: name }, context) => {
      const world = worlds.get(name)
      if (world === undefined) throw new IngestError('not_found', `no world ${name}`)
      const item = (key: string, file: { id: string; revision: number }) => ({
        key: nameKey([key]),
        nativeId: file.id,
        fingerprint: String(file.revision),
      })
      return {
        checks: () => [{ name: 'reach', run: async () => undefined }],
        scopes: async () => ({ complete: true, leftOut: [], scopes: [{ key: 'drive', name: 'drive' }] }),
        async *inventory() {
          context.meter.request()
          world.inventories += 1
          const watermark = String(world.log.length)
          yield [...world.files].map(([key, file]) => item(key, file))
          return { listing: 'complete', watermark }
        },
        async *changes(_, watermark) {
          if (Number(watermark) < world.logStart) return { status: 'expired' }
          const end = world.log.length
          for (const { operation, name: key } of world.log.slice(Number(watermark), end)) {
            const file = world.files.get(key)
            if (operation === 'delete') yield [{ operation, key: nameKey([key]) }]
            else if (file !== undefined) yield [{ operation, item: item(key, file) }]
          }
          return { status: 'read', watermark: String(end) }
        },
        async *describe(_, items) {
          world.described.push(...items.map(({ key }) => key))
          const byKey = new Map([...world.files].map(([key, file]) => [nameKey([key]), [key, file] as const]))
          yield items.flatMap(({ key }): Described[] => {
            if (world.failItems.has(key))
              return [{ key, error: new IngestError('source_unavailable', `${key} cannot be read`) }]
            const found = byKey.get(key)
            if (found === undefined) return []
            const [file, { id, size }] = found
            const record: AssetRecord = { kind: 'file', path: [file], nativeId: id, properties: { size } }
            return [{ key, records: [record] }]
          })
        },
        [Symbol.asyncDispose]: async () => {},
      }
    },
  })
}

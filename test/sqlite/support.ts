import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type {
  AssetRecord,
  ConnectorContext,
  ConnectorHandle,
  InventoryItem,
  Scope,
  ScopeListing,
} from '../../connectors/kit/index.ts'
import connector from '../../connectors/sqlite/index.ts'
import { assetRecord } from '../../model/records.ts'

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a script on a database file, which it makes if need be. */
export function run(file: string, sql: string): void {
  const database = new DatabaseSync(file, { enableDoubleQuotedStringLiterals: true, defensive: false })
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

/** A connection that stays open to the end of the test. */
export function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  onTestFinished(() => {
    if (database.isOpen) database.close()
  })
  return database
}

export function contextOf(signal: AbortSignal = new AbortController().signal): ConnectorContext {
  const nothing = () => {}
  return {
    signal,
    log: { debug: nothing, info: nothing, warn: nothing },
    meter: { request: nothing, bytes: nothing, throttle: nothing, cost: nothing },
    secrets: { replace: async () => {} },
  }
}

export async function open(target: string, options: object = {}, signal?: AbortSignal): Promise<ConnectorHandle> {
  const config = connector.manifest.config.parse({ path: target, lockTimeoutMs: 0, ...options })
  const handle = await connector.open(config, contextOf(signal))
  onTestFinished(() => handle[Symbol.asyncDispose]())
  return handle
}

export async function list(target: string, options: object = {}): Promise<ScopeListing> {
  return (await open(target, options)).scopes()
}

export async function itemsOf(handle: ConnectorHandle, scope: Scope): Promise<Map<string, InventoryItem>> {
  const items = new Map<string, InventoryItem>()
  for await (const page of handle.inventory(scope)) for (const item of page) items.set(item.key, item)
  return items
}

/** One file's items; every record is checked against the protocol's schema. */
export async function crawl(file: string): Promise<Map<string, InventoryItem>> {
  const name = path.basename(file)
  const items = await itemsOf(await open(file), { key: name, name })
  for (const { records } of items.values()) for (const record of records ?? []) assetRecord.parse(record)
  return items
}

/** The records of one file by the name inside it; the file's own is left out. */
export async function recordsOf(file: string): Promise<Map<string, AssetRecord>> {
  const items = await crawl(file)
  const records = [...items.values()].flatMap((item) => item.records ?? [])
  return new Map(records.flatMap((record) => (record.path.length === 1 ? [] : [[record.path[1] ?? '', record]])))
}

export async function failureOf(
  action: Promise<unknown>,
): Promise<{ category: string; message: string; hint?: string }> {
  try {
    await action
  } catch (error) {
    return error as { category: string; message: string }
  }
  throw new Error('it did not fail')
}

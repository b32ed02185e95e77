import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type {
  AssetRecord,
  ConnectorContext,
  ConnectorHandle,
  InventoryItem,
  ItemRef,
  Json,
  Scope,
} from '../../connectors/kit/index.ts'
import connector from '../../connectors/postgres/index.ts'
import { withDatabase } from '../helpers/store.ts'

/** The superuser's URL of the scratch PostgreSQL of this run. */
export function adminUrl(): string {
  const url = process.env.TIDEMARK_TEST_POSTGRES
  if (url === undefined) throw new Error('TIDEMARK_TEST_POSTGRES is not set: run the tests through vitest')
  return url
}

export function urlFor(database: string, user?: { readonly name: string; readonly password: string }): string {
  const url = new URL(withDatabase(adminUrl(), database))
  if (user !== undefined) {
    url.username = encodeURIComponent(user.name)
    url.password = encodeURIComponent(user.password)
  }
  return url.href
}

export function connectTo(url: string): postgres.Sql {
  return postgres(url, { max: 1, onnotice: () => undefined, fetch_types: false })
}

/** A name that no other test uses: roles and databases are shared by the whole server. */
export function freshName(prefix: string): string {
  return `${prefix}_${randomBytes(4).toString('hex')}`
}

export interface Scratch extends AsyncDisposable {
  readonly name: string
  readonly url: string
  readonly sql: postgres.Sql
}

/** A new, empty database with one superuser session, on the server of this run unless another is given. */
export async function scratchDatabase(name = freshName('pg_test'), server = adminUrl()): Promise<Scratch> {
  const admin = connectTo(server)
  await admin`create database ${admin(name)} template template0`
  const url = withDatabase(server, name)
  const sql = connectTo(url)
  return {
    name,
    url,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 1 })
      await admin.unsafe(`drop database if exists ${quote(name)} with (force)`)
      await admin.end()
    },
  }
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function testContext(signal: AbortSignal = new AbortController().signal): ConnectorContext {
  const ignore = () => undefined
  return {
    signal,
    log: { debug: ignore, info: ignore, warn: ignore },
    meter: { request: ignore, bytes: ignore, throttle: ignore, cost: ignore },
    secrets: { replace: async () => undefined },
  }
}

export async function openHandle(config: Record<string, Json>, signal?: AbortSignal): Promise<ConnectorHandle> {
  return connector.open(connector.manifest.config.parse(config), testContext(signal))
}

export async function openUrl(
  url: string,
  more: Record<string, Json> = {},
  signal?: AbortSignal,
): Promise<ConnectorHandle> {
  return openHandle({ ...connector.manifest.fromUrl(url), ...more }, signal)
}

export async function onlyScope(handle: ConnectorHandle): Promise<Scope> {
  const { scopes } = await handle.scopes()
  const [scope] = scopes
  if (scope === undefined) throw new Error('no scope listed')
  return scope
}

export async function readInventory(handle: ConnectorHandle, scope: Scope): Promise<InventoryItem[]> {
  const items: InventoryItem[] = []
  for await (const page of handle.inventory(scope)) items.push(...page)
  return items
}

export interface Outcome {
  readonly records: ReadonlyMap<string, AssetRecord>
  readonly errors: ReadonlyMap<string, unknown>
}

export async function describeAll(handle: ConnectorHandle, scope: Scope, items: readonly ItemRef[]): Promise<Outcome> {
  const records = new Map<string, AssetRecord>()
  const errors = new Map<string, unknown>()
  if (handle.describe === undefined) throw new Error('the handle does not describe')
  for await (const page of handle.describe(scope, items)) {
    for (const entry of page) {
      if ('error' in entry) errors.set(entry.key, entry.error)
      else for (const record of entry.records) records.set(entry.key, record)
    }
  }
  return { records, errors }
}

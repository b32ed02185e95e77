import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SQLInputValue } from 'node:sqlite'
import { text as streamText } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import type { ConnectorContext } from '../../../connectors/kit/index.ts'
import type { SnowflakeConfig } from '../../../connectors/snowflake/config.ts'
import { loadDriver } from '../../../connectors/snowflake/driver.ts'
import connector from '../../../connectors/snowflake/index.ts'
import { type Row, Session, type Statement } from '../../../connectors/snowflake/session.ts'
import { literal } from '../../../connectors/snowflake/shows.ts'
import { freePort } from '../../../runtime/process.ts'
import { silentLog } from '../engine.ts'
import { installPythonPeer } from '../python-peer.ts'
import type { Scene } from './scene.ts'

const PEER = { name: 'fakesnow-0.12.1', packages: ['fakesnow[server]==0.12.1', 'snowflake-connector-python<5'] }

/** fakesnow, which runs Snowflake's DDL on DuckDB and answers for TABLES, COLUMNS, VIEWS and SCHEMATA. */
export interface Fakesnow extends AsyncDisposable {
  /** The connector's own session with it, without a stand-in in front; and what it was made of. */
  readonly session: Session
  readonly config: SnowflakeConfig
  run(statement: Statement | string): Promise<readonly Row[]>
  /** Takes what its catalogue now says of a database over into an account; what differs from before has had DDL. */
  importInto(scene: Scene, database: string): Promise<void>
  /** What its parser, sqlglot, says of the statements that are no Snowflake SQL to it. */
  refusals(statements: readonly string[]): Promise<readonly string[]>
}

const PARSE = `
import json, sys, sqlglot
refused = []
for text in json.load(sys.stdin):
    try:
        sqlglot.parse_one(text, read='snowflake')
    except Exception as error:
        refused.append(f'{error} in {text[:200]}')
print(json.dumps(refused))`

/** fakesnow's functions over times take literals alone: values are written into the text. */
class SpelledSession extends Session {
  override pages(statement: Statement | string): AsyncGenerator<readonly Row[], void, void> {
    if (typeof statement === 'string' || !/TO_TIMESTAMP/.test(statement.text)) return super.pages(statement)
    const { text, binds = [] } = statement
    return super.pages(text.replaceAll(/:(\d+)\b/g, (_, place: string) => literal(binds[Number(place) - 1] ?? '')))
  }
}

/** Starts it on the loopback, or tells why it cannot be had. */
export async function startFakesnow(): Promise<Fakesnow | { readonly skip: string }> {
  const installed = await installPythonPeer(PEER)
  if ('skip' in installed) return installed
  const port = await freePort()
  const script = fileURLToPath(new URL('json_server.py', import.meta.url))
  const child = spawn(join(installed.bin, 'python'), [script, String(port)], { stdio: 'ignore' })
  const baseUrl = `http://127.0.0.1:${port}`
  await vi.waitUntil(async () => (await fetch(baseUrl).catch(() => undefined)) !== undefined, { timeout: 60_000 })
  const config = parse({ account: 'fakesnow', baseUrl, user: 'U', password: 'P' })
  const session = new SpelledSession(await loadDriver(), config, context)
  const run = (statement: Statement | string) => session.rows(statement)
  return {
    session,
    config,
    run,
    importInto: (scene, database) => importCatalogue(run, scene, database),
    async refusals(statements) {
      const parser = spawn(join(installed.bin, 'python'), ['-c', PARSE], { stdio: ['pipe', 'pipe', 'inherit'] })
      parser.stdin.end(JSON.stringify(statements))
      return JSON.parse(await streamText(parser.stdout)) as string[]
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]()
      const ended = once(child, 'close')
      child.kill()
      await ended
    },
  }
}

// The connector's own config, as its session takes it.
const parse = connector.manifest.config.parse.bind(connector.manifest.config) as (config: object) => SnowflakeConfig
const nothing = () => {}
const context = {
  signal: new AbortController().signal,
  log: silentLog,
  meter: { request: nothing, bytes: nothing, throttle: nothing, cost: nothing },
} as unknown as ConnectorContext

type Run = Fakesnow['run']
/** What was imported last of each relation, by schema and name. */
const imported = new WeakMap<Scene, Map<string, string>>()

async function importCatalogue(run: Run, scene: Scene, database: string): Promise<void> {
  const view = (name: string) => run(`select * from "${database}".INFORMATION_SCHEMA.${name}`)
  const [schemas, tables, columns, views] = [
    await view('SCHEMATA'),
    await view('TABLES'),
    await view('COLUMNS'),
    await view('VIEWS'),
  ]
  importSchemas(scene, database, schemas)
  const own = (row: Row) => row.TABLE_SCHEMA !== 'INFORMATION_SCHEMA'
  // Its TABLES lacks views.
  const relations = [
    ...tables.filter(({ TABLE_TYPE }) => TABLE_TYPE !== 'VIEW'),
    ...views.map((row) => ({ ...row, TABLE_TYPE: 'VIEW' })),
  ].filter(own)
  const before = imported.get(scene) ?? new Map<string, string>()
  const now = new Map<string, string>()
  for (const relation of relations as readonly Row[]) {
    const [schema, name] = [relation.TABLE_SCHEMA ?? '', relation.TABLE_NAME ?? '']
    const parts = columns
      .filter((row) => row.TABLE_SCHEMA === schema && row.TABLE_NAME === name)
      .sort((left, right) => Number(left.ORDINAL_POSITION) - Number(right.ORDINAL_POSITION))
    const key = JSON.stringify([schema, name])
    const { CREATED: _, LAST_ALTERED: __, LAST_DDL: ___, ROW_COUNT: ____, BYTES: _____, ...lasting } = relation
    now.set(key, JSON.stringify([lasting, parts]))
    if (before.get(key) === now.get(key)) continue
    if (before.has(key)) scene.drop(database, schema, name)
    scene.table(database, schema, name, {
      type: relation.TABLE_TYPE ?? '',
      columns: parts.map((row) => ({
        name: row.COLUMN_NAME ?? '',
        type: row.DATA_TYPE ?? '',
        more: columnValues(row),
      })),
      more: { COMMENT: told(relation.comment ?? relation.COMMENT) },
      ...(relation.VIEW_DEFINITION ? { text: relation.VIEW_DEFINITION } : {}),
    })
  }
  for (const key of before.keys()) {
    const [schema, name] = JSON.parse(key) as [string, string]
    if (!now.has(key)) scene.drop(database, schema, name)
  }
  imported.set(scene, now)
}

function importSchemas(scene: Scene, database: string, rows: readonly Row[]): void {
  const { account } = scene
  const names = rows.map(({ SCHEMA_NAME }) => SCHEMA_NAME ?? '').filter((name) => name !== 'INFORMATION_SCHEMA')
  const known = account.database
    .prepare('select SCHEMA_NAME as name from all_SCHEMATA where CATALOG_NAME = ? and DELETED is null')
    .all(database)
    .map(({ name }) => String(name))
  for (const name of names) if (!known.includes(name)) scene.schema(database, name)
  for (const name of known) if (!names.includes(name)) scene.dropSchema(database, name)
}

function columnValues(row: Row): Record<string, SQLInputValue> {
  const number = (value: string | null | undefined) => (told(value) === null ? null : Number(value))
  return {
    COLUMN_DEFAULT: told(row.COLUMN_DEFAULT),
    IS_NULLABLE: told(row.IS_NULLABLE),
    CHARACTER_MAXIMUM_LENGTH: number(row.CHARACTER_MAXIMUM_LENGTH),
    NUMERIC_PRECISION: number(row.NUMERIC_PRECISION),
    NUMERIC_SCALE: number(row.NUMERIC_SCALE),
    COMMENT: told(row.COMMENT),
  }
}

const told = (value: string | null | undefined): string | null => (value === undefined || value === '' ? null : value)

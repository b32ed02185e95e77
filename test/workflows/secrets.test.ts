import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { IngestError, type Logger } from '../../connectors/kit/index.ts'
import type { Store } from '../../db/store.ts'
import { createEngine, QUICK_RETRY } from '../helpers/engine.ts'
import { listed, type Script, scriptedConnector, thing } from '../helpers/synthetic/scripted.ts'
import { createTemporal, startSync, type TestTemporal } from '../helpers/temporal.ts'

const PASSWORD = 'Hush/p@ss "w0rd" §1'
const TOKEN = 'rotated-t0ken-Xyz'

let temporal: TestTemporal
beforeAll(async () => {
  temporal = await createTemporal()
})
afterAll(() => temporal[Symbol.asyncDispose]())

/** Each way for a careless connector to let a secret out. */
const leaks: Record<string, Script> = {
  'opening fails': {
    open: ({ password }) => Promise.reject(new Error(`cannot sign in with ${password}`)),
  },
  'listing scopes fails with the URL': {
    scopes: () => Promise.reject(new Error(`connect to db://me:${encodeURIComponent(PASSWORD)}@host failed`)),
  },
  'a scope left out tells it': {
    scopes: async () => ({
      complete: true,
      scopes: [{ key: 'shelf', name: 'shelf' }],
      leftOut: [
        { key: 'x', name: 'x', reason: 'permission', message: `no access with ${PASSWORD}`, hint: `try ${PASSWORD}` },
      ],
    }),
  },
  'the verdict of a listing tells it': {
    async *inventory() {
      yield listed('a')
      const error = new IngestError('permission', `partly: ${PASSWORD}`, { hint: PASSWORD, cause: new Error(PASSWORD) })
      return { listing: 'partial', error }
    },
  },
  'a listing throws it, as JSON': {
    async *inventory() {
      yield listed('a')
      throw Object.assign(new Error(JSON.stringify({ password: PASSWORD })), { code: 'EFAIL', config: PASSWORD })
    },
  },
  'an item fails with it': {
    async *describe(items) {
      yield items.map(({ key }) =>
        key === 'c'
          ? { key, error: new IngestError('permission', `${PASSWORD} was refused`, { hint: `not ${PASSWORD}` }) }
          : { key, records: [thing(key)] },
      )
    },
  },
  'a record that is refused holds it': {
    async *describe(items) {
      yield items.map(({ key }) => ({ key, records: [{ kind: PASSWORD, path: [key] }] }))
    },
  },
  'a log line tells it': {
    open: async ({ password }, { log }) => {
      log.info({ config: { password }, list: [password], error: new Error(password) }, `opened with ${password}`)
    },
  },
  'a rotated token is in an error': {
    async *inventory(context) {
      await context.secrets.replace('password', TOKEN)
      yield listed('a')
      throw new Error(`the server did not like ${TOKEN}`)
    },
  },
  'closing fails with it': {
    close: () => Promise.reject(new Error(`could not close ${PASSWORD}`)),
  },
}

test('no secret is in the history of a workflow, in the store, in logs or in errors', async () => {
  const logged: string[] = []
  const write = (fields: object, message: string) => void logged.push(inspect(fields, { depth: 9 }), message)
  const log: Logger = { debug: write, info: write, warn: write }
  const out = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation(() => true),
  )
  const script: Script = {}
  const connector = scriptedConnector(script)
  await using engine = await createEngine([connector], { log })
  const taskQueue = randomUUID()
  const texts: string[] = []
  try {
    await temporal.serve(engine, taskQueue)
    for (const [name, leak] of Object.entries(leaks)) {
      const source = await engine.addSource(connector, { password: PASSWORD }, name)
      for (const key of Object.keys(script)) delete script[key as keyof Script]
      Object.assign(script, leak)
      const workflow = await startSync(temporal.client, taskQueue, {
        organization: 'default',
        source: name,
        sourceId: source.id,
        requestId: await source.request(),
        window: 2,
        retry: QUICK_RETRY,
      })
      const result: unknown = await workflow.result().catch((error: unknown) => error)
      texts.push(inspect(result, { depth: 20 }))
      texts.push(...textsOf(await workflow.fetchHistory()), ...textsOf((await workflow.describe()).raw))
    }
  } finally {
    for (const spy of out) {
      logged.push(...spy.mock.calls.map(([chunk]) => String(chunk)))
      spy.mockRestore()
    }
  }
  const stored = await dumpStore(engine.store)
  // The search finds what is there: the messages that held the secrets came through, without them.
  expect(texts.join('\n')).toContain('cannot sign in with ****')
  expect(stored.join('\n')).toContain('no access with ****')
  expect(stored.join('\n')).toContain('**** was refused')
  expect(logged.join('\n')).toContain('opened with ****')
  expect({ history: findSecrets(texts), store: findSecrets(stored), logs: findSecrets(logged) }).toEqual({
    history: [],
    store: [],
    logs: [],
  })
}, 120_000)

/** Every string inside a protobuf message, payloads decoded. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value, Buffer.from(value, 'base64').toString('utf8')]
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

/** Every row of every table as text, without the columns that are encrypted. */
async function dumpStore({ sql }: Store): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
    where table_schema in ('tidemark', 'drizzle', 'public') and table_type = 'BASE TABLE'`
  const rows: string[] = []
  for (const { name } of tables) {
    const found = await sql.unsafe<{ body: string }[]>(
      `select (to_jsonb(t) - array['secrets', 'data_key'])::text as body from ${name} t`,
    )
    rows.push(...found.map((row) => row.body))
  }
  return rows
}

/** The texts that hold a secret, in any of the forms it may take. */
function findSecrets(texts: readonly string[]): string[] {
  const forms = [PASSWORD, TOKEN].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
  ])
  return texts.filter((text) => forms.some((form) => text.includes(form))).map((text) => text.slice(0, 500))
}

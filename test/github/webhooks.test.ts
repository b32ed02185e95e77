import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { webhook } from '../../connectors/github/webhook.ts'
import { addSource } from '../../services/sources.ts'
import { readWebhookSetup } from '../../services/webhooks.ts'
import { startHttp } from '../../worker/http.ts'
import { webhookInbox } from '../../worker/webhooks.ts'
import { createContext } from '../services/support.ts'

const SECRET = 'a secret of sixteen and more'

const sign = (body: string, secret = SECRET) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
const pushTo = (repository: string, after = 'f'.repeat(40)) =>
  JSON.stringify({ ref: 'refs/heads/main', after, repository: { full_name: repository } })

async function createInbox() {
  const context = await createContext([github])
  const config = { owners: ['acme'], baseUrl: 'http://127.0.0.1:9', webhookSecret: SECRET }
  await addSource(context, { name: 'code', connector: github.manifest.type, config })
  const server = await startHttp({ host: '127.0.0.1', port: 0 }, {}, pino({ level: 'silent' }), webhookInbox(context))
  const url = `http://127.0.0.1:${server.port}/webhooks/github/code`
  const send = async (body: string | Buffer, headers: Record<string, string>, to = url) => {
    const response = await fetch(to, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers })
    return { status: response.status, text: (await response.text()).trim() }
  }
  return {
    context,
    server,
    url,
    send,
    deliver: (delivery: string, body: string, event = 'push') =>
      send(body, { 'x-github-event': event, 'x-github-delivery': delivery, 'x-hub-signature-256': sign(body) }),
    requests: () =>
      context.store.sql`
        select r.scopes, r.trigger, r.mode, p.name as actor from tidemark.sync_request r
        join tidemark.principal p on p.id = r.actor_id order by r.id`,
    async [Symbol.asyncDispose]() {
      await server.close()
      await context[Symbol.asyncDispose]()
    },
  }
}

test("GitHub's documented example of a signature is taken, and its neighbours are not", async () => {
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const config = github.manifest.config.parse({ owners: ['acme'], webhookSecret: "It's a Secret to Everybody" })
  const judge = (body: string, own: string) =>
    webhook.receive(config as never, {
      headers: { 'x-hub-signature-256': own, 'x-github-delivery': '1', 'x-github-event': 'ping' },
      body: Buffer.from(body),
    })
  expect(await judge('Hello, World!', signature)).toEqual({ status: 'ignored', reason: 'pong' })
  for (const [body, own] of [
    ['Hello, World', signature],
    ['Hello, World!', signature.replace('757', '758')],
    ['Hello, World!', signature.slice(0, -1)],
    ['Hello, World!', signature.replace('sha256=', 'sha1=')],
    ['Hello, World!', ''],
  ] as const)
    expect(await judge(body, own)).toMatchObject({ status: 'refused' })
})

test('while secrets rotate the one before is taken too, and nothing older', async () => {
  const judge = (secrets: object, by: string) => {
    const config = github.manifest.config.parse({ owners: ['acme'], ...secrets })
    const body = pushTo('acme/shop')
    const headers = { 'x-hub-signature-256': sign(body, by), 'x-github-delivery': '1', 'x-github-event': 'push' }
    return webhook.receive(config as never, { headers, body: Buffer.from(body) })
  }
  const both = { webhookSecret: 'the new one of these', previousWebhookSecret: 'the old one of these' }
  for (const by of Object.values(both)) expect(await judge(both, by)).toMatchObject({ status: 'accepted' })
  expect(await judge(both, 'an even older secret')).toMatchObject({ status: 'refused' })
  const after = { webhookSecret: both.webhookSecret }
  expect(await judge(after, both.previousWebhookSecret)).toMatchObject({ status: 'refused' })
  // Without a secret of its own there is none before it.
  expect(await judge({ previousWebhookSecret: 'the old one of these' }, 'the old one of these')).toMatchObject({
    status: 'refused',
  })
})

test('a push asks for a sync of its repository alone, and what changes the list of repositories for all', async () => {
  await using inbox = await createInbox()
  expect((await inbox.deliver('d1', pushTo('acme/shop'))).status).toBe(202)
  const renamed = JSON.stringify({ action: 'renamed', repository: { full_name: 'acme/store' } })
  expect((await inbox.deliver('d2', renamed, 'repository')).status).toBe(202)
  const [push, repository] = await inbox.requests()
  expect(push).toEqual({ scopes: ['acme/shop'], trigger: 'webhook', mode: 'incremental', actor: 'webhook/code' })
  expect(repository).toMatchObject({ scopes: null, trigger: 'webhook' })
  const [audit] = await inbox.context.store.sql`select action, subject, detail from tidemark.audit_log
                                                where action = 'source.webhook' order by id limit 1`
  expect(audit).toEqual({
    action: 'source.webhook',
    subject: 'code',
    detail: { delivery: 'd1', scopes: ['acme/shop'] },
  })
})

test('forged and unsigned messages, other owners and events nobody needs ask for nothing', async () => {
  await using inbox = await createInbox()
  const body = pushTo('acme/shop')
  const headers = { 'x-github-event': 'push', 'x-github-delivery': 'd1' }
  expect((await inbox.send(body, headers)).status).toBe(401)
  expect((await inbox.send(body, { ...headers, 'x-hub-signature-256': sign(body, 'another secret') })).status).toBe(401)
  const other = Buffer.concat([Buffer.from(body), Buffer.from([0xff])])
  expect((await inbox.send(other, { ...headers, 'x-hub-signature-256': sign(body) })).status).toBe(401)
  expect(await inbox.deliver('d2', pushTo('elsewhere/shop'))).toEqual({ status: 200, text: 'elsewhere is not crawled' })
  expect((await inbox.deliver('d3', '{}', 'star')).status).toBe(200)
  expect(await inbox.deliver('d4', '{"zen": "Keep it logically awesome."}', 'ping')).toEqual({
    status: 200,
    text: 'pong',
  })
  expect((await inbox.send(body, headers, inbox.url.replace('code', 'nothing'))).status).toBe(404)
  expect((await fetch(inbox.url)).status).toBe(405)
  expect(await inbox.requests()).toEqual([])
})

test('a message that was taken is refused when it comes again, whoever brings it', async () => {
  await using inbox = await createInbox()
  expect((await inbox.deliver('d1', pushTo('acme/shop'))).status).toBe(202)
  expect((await inbox.deliver('d1', pushTo('acme/shop'))).status).toBe(409)
  // Two at once: one of them is taken.
  const both = await Promise.all([1, 2].map(() => inbox.deliver('d2', pushTo('acme/tools'))))
  expect(both.map(({ status }) => status).sort()).toEqual([202, 409])
  expect((await inbox.requests()).map(({ scopes }) => scopes)).toEqual([['acme/shop'], ['acme/tools']])
})

test('messages out of order ask for the same: what is there now', async () => {
  await using inbox = await createInbox()
  await inbox.deliver('d2', pushTo('acme/shop', 'b'.repeat(40)))
  await inbox.deliver('d1', pushTo('acme/shop', 'a'.repeat(40)))
  expect((await inbox.requests()).map(({ scopes }) => scopes)).toEqual([['acme/shop'], ['acme/shop']])
})

test('oversized messages are refused before they are read, slow ones hold nothing up', async () => {
  await using inbox = await createInbox()
  const socket = connect(inbox.server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`POST /webhooks/github/code HTTP/1.1\r\nhost: x\r\ncontent-length: ${1 << 30}\r\n\r\n`)
  expect(String(await once(socket, 'data'))).toContain(' 413 ')
  socket.destroy()
  const slow = connect(inbox.server.port, '127.0.0.1')
  await once(slow, 'connect')
  slow.write('POST /webhooks/github/code HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
  const started = performance.now()
  expect((await inbox.deliver('d1', pushTo('acme/shop'))).status).toBe(202)
  expect(performance.now() - started).toBeLessThan(1_000)
  slow.destroy()
})

test('what to enter at GitHub: the path, the events, whether there is a secret', async () => {
  await using inbox = await createInbox()
  expect(await readWebhookSetup(inbox.context, 'code')).toMatchObject({
    path: '/webhooks/github/code',
    pages: ['https://127.0.0.1:9/organizations/acme/settings/hooks/new'],
    hasSecret: true,
    secretSetting: 'webhookSecret',
  })
})

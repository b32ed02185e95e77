import { joinSecrets, prepareConfig } from '../connectors/config.ts'
import type { WebhookReceiver, WebhookRequest } from '../connectors/kit/index.ts'
import { insertRequest } from '../db/runs.ts'
import { takeDelivery } from '../db/source-state.ts'
import { findSourceByName, insertAudit, type SourceRow } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { requireSource, writeAs } from './lookup.ts'
import { startSync } from './sync.ts'

/** What became of a message; the status is HTTP's. */
export interface WebhookAnswer {
  readonly status: 200 | 202 | 401 | 404 | 409
  readonly message: string
}

/**
 * Takes a message at a source's webhook address: checks that it is genuine and new, and asks for a sync of what it names.
 * The request and the delivery are written in one transaction; what cannot be started now is done by the next sync.
 */
export async function takeWebhook(
  context: ServiceContext,
  { connector, source: name }: { readonly connector: string; readonly source: string },
  request: WebhookRequest,
): Promise<WebhookAnswer> {
  const source = await findSourceByName(context.store, context.organization, name)
  if (source?.connector !== connector) return { status: 404, message: 'there is no such source' }
  const receiver = context.registry.get(connector).webhook
  if (receiver === undefined) return { status: 404, message: 'it takes no webhooks' }
  const verdict = await receiver.receive(await readConfig(context, source), request)
  if (verdict.status === 'refused') return { status: 401, message: verdict.reason }
  if (verdict.status === 'ignored') return { status: 200, message: verdict.reason }
  if (source.status !== 'active') return { status: 200, message: 'the source is paused' }
  const { delivery, scopes } = verdict
  const requestId = await writeAs(context, async (tx, actorId) => {
    if (!(await takeDelivery(tx, source.id, delivery))) return undefined
    const { organization } = context
    const detail = { delivery, ...(scopes === undefined ? {} : { scopes: [...scopes] }) }
    await insertAudit(tx, { organization, actorId, action: 'source.webhook', subject: source.name, detail })
    const wish = { sourceId: source.id, mode: 'incremental', trigger: 'webhook' } as const
    return await insertRequest(tx, { ...wish, actorId, ...(scopes === undefined ? {} : { scopes }) })
  })
  if (requestId === undefined) return { status: 409, message: 'this delivery has been taken already' }
  if (context.temporal !== undefined) await startSync(context, { requestId, source })
  return { status: 202, message: `request ${requestId}` }
}

async function readConfig({ registry, keyRing }: ServiceContext, source: SourceRow): Promise<unknown> {
  const secrets = openSecrets(keyRing, source, source.name)
  return (await prepareConfig(registry.get(source.connector), joinSecrets(source.config, secrets))).config
}

export interface WebhookSetup extends ReturnType<WebhookReceiver<unknown>['setup']> {
  readonly source: string
  /** On the worker's HTTP server. */
  readonly path: string
  /** Where that server listens; undefined while it is off. */
  readonly listens: { readonly host: string; readonly port: number } | undefined
}

/** What a person has to enter at the source. @throws IngestError `unsupported` for a source that cannot tell by itself. */
export async function readWebhookSetup(context: ServiceContext, name: string): Promise<WebhookSetup> {
  const source = await requireSource(context, name)
  const receiver = context.registry.get(source.connector).webhook
  if (receiver === undefined) {
    throw new IngestError('unsupported', `${name}: ${source.connector} does not tell by itself what has changed`, {
      hint: 'Its schedule finds out: tidemark schedule.',
    })
  }
  const setup = receiver.setup(await readConfig(context, source))
  return { source: name, path: `/webhooks/${source.connector}/${name}`, listens: context.settings.http, ...setup }
}

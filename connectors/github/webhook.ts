import { asObject, asText, type WebhookReceiver, type WebhookVerdict } from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import { webHost } from './manifest.ts'

/** Of a repository's contents: its scope alone is synced. */
const CONTENTS = new Set(['push', 'pull_request', 'create', 'delete', 'release', 'pull_request_review'])
/** Of what there is: anything may have another name or be gone. */
const HOLDINGS = new Set(['repository', 'installation', 'installation_repositories', 'organization'])

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const webhook: WebhookReceiver<GithubConfig> = {
  setup({ baseUrl, owners, webhookSecret, app }) {
    const host = `https://${webHost(baseUrl)}`
    const pages =
      app === undefined
        ? owners.map((owner) => `${host}/organizations/${owner}/settings/hooks/new`)
        : [`${host}/settings/apps`]
    return {
      events: [...CONTENTS, 'repository', ...(app === undefined ? [] : ['installation', 'installation_repositories'])],
      pages,
      secretSetting: 'webhookSecret',
      hasSecret: webhookSecret !== undefined,
    }
  },
  async receive({ webhookSecret, previousWebhookSecret, owners }, { headers, body }) {
    if (webhookSecret === undefined) return { status: 'refused', reason: 'the source has no webhookSecret' }
    const signature = headers['x-hub-signature-256']
    const delivery = headers['x-github-delivery']
    if (signature === undefined || delivery === undefined) return { status: 'refused', reason: 'it is not signed' }
    const text = body.toString('utf8')
    const { Webhooks } = await import('@octokit/webhooks')
    // Compared in constant time; bytes that are no UTF-8 change by the decoding, and the signature fits them no more.
    const fits = (secret: string) => new Webhooks({ secret }).verify(text, signature).catch(() => false)
    const previous = previousWebhookSecret
    const genuine = (await fits(webhookSecret)) || (previous !== undefined && (await fits(previous)))
    if (!genuine) return { status: 'refused', reason: 'its signature is not that of the secret' }
    return judge(headers['x-github-event'] ?? '', delivery, parse(text), owners)
  },
}

function judge(event: string, delivery: string, payload: unknown, owners: readonly string[]): WebhookVerdict {
  if (event === 'ping') return { status: 'ignored', reason: 'pong' }
  if (HOLDINGS.has(event)) return { status: 'accepted', delivery }
  if (!CONTENTS.has(event)) return { status: 'ignored', reason: `nothing depends on ${JSON.stringify(event)}` }
  const repository = asObject(asObject(payload)?.repository)
  const scope = asText(repository?.full_name)
  if (scope === undefined) return { status: 'refused', reason: 'it names no repository' }
  const [owner = ''] = scope.split('/')
  const known = owners.some((name) => name.toLowerCase() === owner.toLowerCase())
  return known
    ? { status: 'accepted', delivery, scopes: [scope] }
    : { status: 'ignored', reason: `${owner} is not crawled` }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import type { ServiceContext } from '../services/context.ts'
import { takeWebhook } from '../services/webhooks.ts'
import type { Inbox } from './http.ts'

/** `/webhooks/<connector>/<source>`: whoever can prove to be the source may ask for its sync. */
export function webhookInbox(context: ServiceContext): Inbox {
  return {
    prefix: '/webhooks/',
    async take(rest, headers, body) {
      const [connector = '', source = '', ...more] = rest.split('/').map(decode)
      if (source === '' || more.length > 0) return { status: 404, body: 'write /webhooks/<connector>/<source>\n' }
      const own = { ...context, actor: `webhook/${source}` }
      const single = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      const { status, message } = await takeWebhook(own, { connector, source }, { headers: single, body })
      return { status, body: `${message}\n` }
    },
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}

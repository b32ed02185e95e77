import { type Json, optional, withProperties } from '../../kit/index.ts'
import { commentOn, contentStamps, THIS_DATABASE } from '../queries/shared.sql.ts'
import type { Server } from '../server.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface SubscriptionRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  readonly enabled: boolean
  readonly slot: string | null
  readonly publications: readonly string[]
  readonly connection: string | null
}

/**
 * Up to 13 nobody but superusers may read a subscription's oid itself. The statistics view tells it by name, which is
 * no answer where two databases have subscriptions of that name.
 */
const OID_BY_NAME = `(select min(w.subid::bigint)::oid from pg_stat_subscription w where w.subname = s.subname
  having count(distinct w.subid) = 1)`

const subscriptions = (condition: string, server: Server) => `
select u.oid::text as oid, null::text as schema, s.subname::text as name, r.rolname as owner,
  ${commentOn('pg_subscription', 'u.oid')} as comment, s.subenabled as enabled, s.subslotname as slot,
  to_json(s.subpublications) as publications,
  ${server.subscriptionConnections ? 's.subconninfo' : 'null::text'} as connection
from pg_subscription s cross join lateral (select ${server.subscriptionOids ? 's.oid' : OID_BY_NAME} as oid) u
  left join pg_roles r on r.oid = s.subowner
where s.subdbid = ${THIS_DATABASE} and u.oid is not null and ${condition}`

export const subscription = defineFamily<SubscriptionRow>({
  prefix: 'sub',
  group: 'subscription',
  stamps: (selection, server) => contentStamps(subscriptions(selected(selection, 'u.oid'), server)),
  rows: (oids, server) => subscriptions(selected({ oids }, 'u.oid'), server),
  record: (row, place) => ({
    kind: 'subscription',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      enabled: row.enabled,
      slot: row.slot,
      publications: [...row.publications].sort(),
      connection: row.connection === null ? null : publisherOf(row.connection),
    }),
  }),
})

const TOLD = ['host', 'hostaddr', 'port', 'dbname']

/** Where the publisher is; nothing else of a connection string, which may be `name=value` pairs or a URI, is told. */
export function publisherOf(connection: string): Json | undefined {
  const told = Object.entries(connection.includes('://') ? partsOfUri(connection) : partsOfPairs(connection))
  const kept = told.filter(([name, value]) => TOLD.includes(name) && value !== '')
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/** See https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING */
function partsOfPairs(text: string): Record<string, string> {
  const pairs = text.matchAll(/(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))/gsu)
  return Object.fromEntries(
    [...pairs].map(([, name = '', quoted, plain]) => [name, (quoted ?? plain ?? '').replaceAll(/\\(.)/gsu, '$1')]),
  )
}

function partsOfUri(text: string): Record<string, string> {
  // Several hosts may be listed, which `URL` does not understand. The last @ ends the user and the password.
  const match = /^\w+:\/\/(?:[^/?]*@)?([^/?]*)(?:\/([^?]*))?/u.exec(text)
  const hosts = (match?.[1] ?? '').split(',').map((host) => /^(.*?)(?::(\d+))?$/u.exec(host))
  return {
    host: hosts.map((host) => host?.[1] ?? '').join(','),
    port: hosts.flatMap((host) => host?.[2] ?? []).join(','),
    dbname: match?.[2] ?? '',
  }
}

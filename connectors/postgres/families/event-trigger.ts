import { optional, withProperties } from '../../kit/index.ts'
import { ENABLED } from '../facets.ts'
import { commentOn, contentStamps, isPart, nameOf } from '../queries/shared.sql.ts'
import { defineFamily, type ObjectRow, selected } from './family.ts'

interface EventTriggerRow extends ObjectRow {
  readonly owner: string | null
  readonly comment: string | null
  readonly event: string
  readonly enabled: string
  readonly tags: readonly string[] | null
  readonly function: readonly [schema: string, name: string]
}

const eventTriggers = (condition: string) => `
select t.oid::text as oid, null::text as schema, t.evtname::text as name, r.rolname as owner,
  ${commentOn('pg_event_trigger', 't.oid')} as comment, t.evtevent as event, t.evtenabled as enabled,
  to_json(t.evttags) as tags, ${nameOf('pg_proc', 'pro', 't.evtfoid')} as function
from pg_event_trigger t left join pg_roles r on r.oid = t.evtowner
where ${condition} and not ${isPart('pg_event_trigger', 't.oid')}`

export const eventTrigger = defineFamily<EventTriggerRow>({
  prefix: 'evt',
  group: 'trigger',
  stamps: (selection) => contentStamps(eventTriggers(selected(selection, 't.oid'))),
  rows: (oids) => eventTriggers(selected({ oids }, 't.oid')),
  record: (row, place) => ({
    kind: 'event trigger',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      event: row.event,
      tags: row.tags === null ? null : [...row.tags],
      enabled: ENABLED[row.enabled],
      function: [place.database, ...row.function],
    }),
  }),
})

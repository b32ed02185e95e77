import { nameKey } from '../../kit/index.ts'
import { collation } from './collation.ts'
import { database, schema } from './container.ts'
import { eventTrigger } from './event-trigger.ts'
import { extension } from './extension.ts'
import type { Family, ObjectRow } from './family.ts'
import { foreignDataWrapper, foreignServer } from './foreign.ts'
import { publication } from './publication.ts'
import { relation } from './relation.ts'
import { role } from './role.ts'
import { routine } from './routine.ts'
import { sequence } from './sequence.ts'
import { subscription } from './subscription.ts'
import { tablespace } from './tablespace.ts'
import { type } from './type.ts'

/** All that is crawled, parents first. */
export const FAMILIES: readonly Family[] = [
  database,
  schema,
  relation,
  sequence,
  type,
  routine,
  collation,
  extension,
  publication,
  subscription,
  eventTrigger,
  foreignServer,
  foreignDataWrapper,
  role,
  tablespace,
]

const byPrefix = new Map(FAMILIES.map((family) => [family.prefix, family]))

export function familyOf(prefix: string): Family | undefined {
  return byPrefix.get(prefix)
}

/**
 * The item's key: its name, followed by its group where other families may have the same name. An empty part stands
 * for the database or schema that an object is not in; no name of PostgreSQL is empty.
 */
export function keyOf({ prefix, group }: Family, { schema: space, name }: ObjectRow, databaseName: string): string {
  switch (prefix) {
    case 'db':
      return nameKey([databaseName])
    case 'ns':
      return nameKey([databaseName, name])
    case 'rel':
      return nameKey([databaseName, space ?? '', name])
    case 'role':
    case 'spc':
      return nameKey(['', '', name, group])
    default:
      return nameKey([databaseName, space ?? '', name, group])
  }
}

/** The immutable id taken apart; undefined for what is not ours. */
export function readNativeId(
  nativeId: string | undefined,
): { readonly family: Family; readonly oid: string } | undefined {
  const match = /^([a-z]+):(?:\d+\.)?(\d+)$/.exec(nativeId ?? '')
  const family = familyOf(match?.[1] ?? '')
  return family === undefined ? undefined : { family, oid: match?.[2] ?? '' }
}

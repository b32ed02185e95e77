import { nearest } from '../connectors/registry.ts'
import { listSourceHeads, type SourceHead } from '../db/queries-sources.ts'
import { findSourceByName, resolvePrincipal, type SourceRow } from '../db/sources.ts'
import { asStoreError, inTransaction, type Transaction } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'

export interface SourceRef {
  readonly id: number
  readonly name: string
}

/** What a source's name may be: names are parts of workflow ids and of commands. */
export const SOURCE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u

export function checkName(name: string): void {
  if (SOURCE_NAME.test(name)) return
  throw new IngestError('invalid_config', `${JSON.stringify(name)} cannot be a source's name`, {
    hint: 'Use up to 63 letters, digits, dots, dashes and underscores, a letter or digit first.',
  })
}

export async function isNameTaken(
  { store, organization }: Pick<ServiceContext, 'store' | 'organization'>,
  name: string,
): Promise<boolean> {
  return (await listSourceHeads(store.sql, organization, name)).length > 0
}

export function nameTaken(name: string): IngestError {
  return new IngestError('invalid_config', `a source named ${name} exists already`, {
    hint: `Choose another with --name, or see it with: tidemark show ${name}`,
  })
}

type Looking = Pick<ServiceContext, 'store' | 'organization'>

/** @throws IngestError `invalid_config` for a name nobody has, with the nearest one. */
export async function requireSource(context: Looking, name: string): Promise<SourceRow> {
  const found = await findSourceByName(context.store, context.organization, name).catch((error: unknown) => {
    throw asStoreError(error)
  })
  return found ?? (await refuseName(context, name))
}

/** As {@link requireSource}, for those who need none of its secrets and may not have them. */
export async function requireSourceHead(context: Looking, name: string): Promise<SourceHead> {
  const [found] = await listSourceHeads(context.store.sql, context.organization, name).catch((error: unknown) => {
    throw asStoreError(error)
  })
  return found ?? (await refuseName(context, name))
}

async function refuseName({ store, organization }: Looking, name: string): Promise<never> {
  const names = (await listSourceHeads(store.sql, organization)).map((source) => source.name)
  const near = nearest(name, names)
  throw new IngestError('invalid_config', `there is no source named ${JSON.stringify(name)}`, {
    hint:
      near === undefined
        ? names.length === 0
          ? 'Add one: tidemark add postgres://user@host/database'
          : `Sources: ${names.join(', ')}.`
        : `Did you mean ${near}?`,
  })
}

/** A write: one transaction, its actor known, failures of the store told as such. */
export async function writeAs<T>(
  context: Pick<ServiceContext, 'store' | 'organization' | 'actor'>,
  write: (tx: Transaction, actorId: number) => Promise<T>,
): Promise<T> {
  const { sql } = context.store
  return await inTransaction(
    sql,
    async (tx) => await write(tx, await resolvePrincipal(tx, context.organization, context.actor)),
  )
}

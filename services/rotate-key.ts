import { listMasterKeys } from '../db/queries.ts'
import { insertAudit, listSealed, lockSecrets, type SealedSource, updateSecrets } from '../db/sources.ts'
import { withStoreLock } from '../db/store-lock.ts'
import { openSecrets, rewrapSecrets, sealSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { tellError } from './errors.ts'
import { writeAs } from './lookup.ts'
import { addMasterKey } from './master-key.ts'

export interface RotateOptions {
  readonly home: string
  /** Encrypts the secrets anew, too, each source's under a data key of its own as before. */
  readonly dataKeys: boolean
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Rotation {
  /** The master key that seals from now on. */
  readonly masterKeyId: string
  /** Sources that were moved to it. */
  readonly sources: readonly string[]
  /** Sources whose secrets cannot be opened with any key at hand, and why. */
  readonly failed: readonly { readonly source: string; readonly message: string }[]
}

/**
 * Moves every source's data key under a new master key, each in a transaction of its own, while syncs go on. A rotation
 * that was cut short is taken up again: a new key is made only when all sources are under the newest one at hand. From the
 * environment no key can be made: the first one there is the newest. @throws IngestError `invalid_config` when there is
 * nothing to rotate to.
 */
export async function rotateKeys(context: ServiceContext, options: RotateOptions): Promise<Rotation> {
  return await withStoreLock(context.store.sql, 'rotate-key', async () => {
    if ((await isSettled(context)) && !onlyDataKeys(options)) addMasterKey(options.home, options.env)
    return await moveSources(context, options)
  })
}

/** Whether no source is under an older one of the keys at hand. */
async function isSettled(context: ServiceContext): Promise<boolean> {
  const [, ...older] = context.keyRing.keys()
  const stored = await listMasterKeys(context.store.sql)
  return older.every(({ id }) => !stored.includes(id))
}

/** With a master key from the environment, data keys may be all there is to change. */
function onlyDataKeys({ dataKeys, env = process.env }: RotateOptions): boolean {
  return dataKeys && Boolean(env.TIDEMARK_MASTER_KEY)
}

/** Sources added by processes that had not heard of the newest key come up in a further round. */
const ROUNDS = 20

async function moveSources(context: ServiceContext, { dataKeys }: RotateOptions): Promise<Rotation> {
  const { store, keyRing } = context
  const [newest] = keyRing.keys()
  const moved = new Map<string, string | undefined>()
  for (let round = 1; round <= ROUNDS; round += 1) {
    const all = dataKeys && round === 1
    const waiting = (await listSealed(store.sql, all ? undefined : newest.id)).filter(
      ({ name }) => moved.get(name) === undefined,
    )
    if (waiting.length === 0) break
    for (const source of waiting) moved.set(source.name, await moveSource(context, source, dataKeys))
  }
  const failed = [...moved].flatMap(([source, message]) => (message === undefined ? [] : [{ source, message }]))
  const sources = [...moved].flatMap(([source, message]) => (message === undefined ? [source] : []))
  return { masterKeyId: newest.id, sources: sources.sort(), failed }
}

/** Moves one source; what is wrong with it, if anything. A process that ends here has moved it, or has not. */
async function moveSource(
  context: ServiceContext,
  { id, name, organization }: SealedSource,
  dataKeys: boolean,
): Promise<string | undefined> {
  const { keyRing } = context
  try {
    await writeAs({ ...context, organization }, async (tx, actorId) => {
      const sealed = await lockSecrets(tx, id)
      if (sealed === undefined) return
      const next = dataKeys
        ? sealSecrets(keyRing, openSecrets(keyRing, sealed, name))
        : rewrapSecrets(keyRing, sealed, name)
      await updateSecrets(tx, id, next)
      const detail = { from: sealed.masterKeyId, to: next.masterKeyId, dataKey: dataKeys }
      await insertAudit(tx, { organization, actorId, action: 'source.rekey', subject: name, detail })
    })
    return undefined
  } catch (error) {
    if (error instanceof IngestError && error.category === 'invalid_config') return tellError(error).message
    throw error
  }
}

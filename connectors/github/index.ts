import { defineConnector, keyPath } from '../kit/index.ts'
import { createChecks } from './checks.ts'
import type { GithubConfig } from './config.ts'
import { describeOwnerItems, describeRepositoryItems } from './describe/index.ts'
import { errorRules } from './errors.ts'
import { iterateChanges, iterateItems } from './inventory.ts'
import { manifest } from './manifest.ts'
import { iterateHoldings } from './owner.ts'
import { createPullChecks } from './pull-checks.ts'
import { openReader, type Reader } from './reader.ts'
import { type Holdings, readHoldings } from './repositories.ts'
import { listScopes } from './scopes.ts'
import { openSession } from './session.ts'
import { webhook } from './webhook.ts'

export default defineConnector<GithubConfig>({
  manifest,
  errorRules,
  webhook,
  async open(config, context) {
    const session = await openSession(config, context)
    const holdings = new Map<string, Promise<Holdings>>()
    const readAnew = (owner: string): Promise<Holdings> => {
      const read = readHoldings(session, config, context, owner)
      holdings.set(owner, read)
      return read
    }
    const read = (owner: string): Promise<Holdings> => holdings.get(owner) ?? readAnew(owner)
    let last: { readonly key: string; readonly reader: Promise<Reader> } | undefined
    const readerOf = (key: string): Promise<Reader> => {
      if (last?.key !== key) last = { key, reader: openReader(session, config, context, { key }) }
      return last.reader
    }
    return {
      checks: () => createChecks(config, session, read),
      scopes: () => listScopes(config, readAnew),
      async *inventory({ key }) {
        if (isOwner(key)) return yield* iterateHoldings(config, await read(key))
        return yield* iterateItems(await readerOf(key))
      },
      async *changes({ key }, watermark) {
        if (isOwner(key)) return { status: 'expired' }
        return yield* iterateChanges(await readerOf(key), watermark)
      },
      async *describe({ key }, items) {
        if (isOwner(key)) yield* describeOwnerItems(await session.clientOf(key), await read(key), items)
        else yield* describeRepositoryItems(await readerOf(key), items)
      },
      statistics: createPullChecks(config, session, read),
      // Commits and pull requests are kept to a number: the oldest give way, and a force-push takes commits along.
      filtered: (_scope, keys) => keys.filter((key) => /^(commit|pull)$/.test(keyPath(key)?.[2] ?? '')),
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  },
})

/** Owners' scopes go by the owner's name, those of repositories by `owner/name`. */
function isOwner(key: string): boolean {
  return !key.includes('/')
}

import {
  type ConnectorContext,
  defineConnector,
  keyPath,
  type Scope,
  type ScopeListing,
  whyLeftOut,
} from '../kit/index.ts'
import { type Access, createAccess } from './access.ts'
import { createChecks } from './checks.ts'
import { errorRules } from './errors.ts'
import { resolveRoot, walkFiles } from './files.ts'
import { explainTables, iterateItems, readFingerprint } from './inventory.ts'
import { manifest, type SqliteConfig } from './manifest.ts'
import { readPreview } from './preview.ts'
import { readRowCounts } from './statistics.ts'

export default defineConnector<SqliteConfig>({
  manifest,
  errorRules,
  async open(config, context) {
    const access = createAccess(await import('node:sqlite'), context)
    return {
      checks: () => createChecks(config, context, access),
      scopes: () => listScopes(config, context, access),
      async *inventory({ key }) {
        const root = await resolveRoot(config.path)
        yield* access.iterate({ root, key, lockTimeoutMs: config.lockTimeoutMs }, (file) =>
          iterateItems(file, key, config.tables),
        )
        return { listing: 'complete' }
      },
      async *explain({ key }) {
        const root = await resolveRoot(config.path)
        yield await access.read({ root, key, lockTimeoutMs: config.lockTimeoutMs }, (file) =>
          explainTables(file, key, config.tables),
        )
      },
      filtered: (_scope, keys) => keys.filter((key) => isFiltered(config, key)),
      async *statistics({ key }) {
        const root = await resolveRoot(config.path)
        yield await access.read({ root, key, lockTimeoutMs: config.lockTimeoutMs }, ({ database }) =>
          readRowCounts(database, key, config.tables),
        )
      },
      preview: (asset, limit) => readPreview(config, context, asset, limit),
      async [Symbol.asyncDispose]() {
        access.close()
      },
    }
  },
})

function isFiltered({ tables }: SqliteConfig, key: string): boolean {
  const name = keyPath(key)?.[1]
  return name !== undefined && whyLeftOut(tables, name) !== undefined
}

async function listScopes(config: SqliteConfig, context: ConnectorContext, access: Access): Promise<ScopeListing> {
  const root = await resolveRoot(config.path)
  const scopes: Scope[] = []
  const leftOut: ScopeListing['leftOut'][number][] = []
  let complete = true
  for await (const found of walkFiles(root, config, context.signal)) {
    const { key } = found
    if (found.kind === 'file') {
      // A locked or damaged file is listed all the same: its inventory fails, and it alone.
      const fingerprint = await access
        .read({ root, key, lockTimeoutMs: 0 }, ({ database }) => readFingerprint(database))
        .catch((error: unknown) => {
          context.signal.throwIfAborted()
          context.log.debug({ file: key, error: String(error) }, 'no fingerprint')
        })
      scopes.push({ key, name: key, ...(fingerprint === undefined ? {} : { fingerprint }) })
    } else if (found.kind === 'unlisted') {
      complete = false
      const { category, message, hint } = found.error
      const reason = category === 'permission' ? 'permission' : 'unavailable'
      leftOut.push({ key: `${key}/`, name: `${key}/`, reason, message, ...(hint === undefined ? {} : { hint }) })
    } else {
      leftOut.push({ key, name: key, reason: found.reason, message: found.message })
    }
  }
  return { scopes, leftOut, complete }
}

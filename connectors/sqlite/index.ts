import { type ConnectorContext, defineConnector, type Scope, type ScopeListing } from '../kit/index.ts'
import { type Access, createAccess } from './access.ts'
import { createChecks } from './checks.ts'
import { errorRules } from './errors.ts'
import { resolveRoot, walkFiles } from './files.ts'
import { iterateItems, readFingerprint } from './inventory.ts'
import { manifest, type SqliteConfig } from './manifest.ts'

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
        yield* access.iterate({ root, key, lockTimeoutMs: config.lockTimeoutMs }, (file) => iterateItems(file, key))
        return { listing: 'complete' }
      },
      async [Symbol.asyncDispose]() {
        access.close()
      },
    }
  },
})

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

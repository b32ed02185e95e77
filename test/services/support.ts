import { z } from 'zod'
import { type Check, type Connector, defineConnector, IngestError, secret } from '../../connectors/kit/index.ts'
import { createRegistry } from '../../connectors/registry.ts'
import { createKeyRing, makeMasterKeyText, parseMasterKey } from '../../db/vault.ts'
import type { ServiceContext } from '../../services/context.ts'
import { parseSettings } from '../../services/settings.ts'
import type { RequestedSync } from '../../services/sync.ts'
import type { TemporalLink } from '../../services/temporal.ts'
import { runLocalSync } from '../../worker/local.ts'
import { DAY_MS, QUICK_RETRY, silentLog } from '../helpers/engine.ts'
import { createStore } from '../helpers/store.ts'

export type TestContext = ServiceContext & AsyncDisposable

/** The services' surroundings over a store of its own. */
export async function createContext(
  connectors: readonly Connector[],
  options: { readonly temporal?: TemporalLink; readonly settings?: string } = {},
): Promise<TestContext> {
  const store = await createStore()
  return {
    store,
    registry: createRegistry(connectors),
    settings: {
      ...(await parseSettings(options.settings ?? 'defaultSchedule: none', 'test.yaml')),
      retry: QUICK_RETRY,
    },
    keyRing: createKeyRing(parseMasterKey(makeMasterKeyText(), 'test')),
    organization: 'default',
    actor: 'tester',
    ...(options.temporal === undefined ? {} : { temporal: options.temporal }),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

export function depsOf({ store, registry, keyRing }: ServiceContext) {
  return {
    store,
    registry,
    keyRing,
    log: silentLog,
    limits: { batch: 500, noProgressMs: 60_000, statisticsIntervalMs: DAY_MS },
  }
}

/** Honours a request in this process. */
export async function honour(context: ServiceContext, { requestId, source }: RequestedSync) {
  return await runLocalSync({
    deps: depsOf(context),
    request: { organization: context.organization, source: source.name, sourceId: source.id, requestId },
    window: 4,
    retry: QUICK_RETRY,
    signal: new AbortController().signal,
  })
}

/** A connector whose checks are what a test makes them; it catalogues nothing. */
export function checkedConnector(checks: readonly Check[]): Connector {
  return defineConnector({
    manifest: {
      type: 'checked',
      title: 'Checked',
      category: 'saas',
      version: '1.0.0',
      protocol: 1,
      recordVersion: 1,
      config: z.strictObject({ host: z.string(), token: secret().optional() }),
      example: { host: 'example.org' },
      kinds: [],
      scopeNoun: 'thing',
      grants: [],
      urlSchemes: ['checked'],
      fromUrl: (url) => ({ host: new URL(url).host }),
      namespace: ({ host }) => `checked://${host}`,
      suggestName: ({ host }) => host,
      shape: () => null,
      filter: () => null,
    },
    errorRules: [{ category: 'permission', codes: ['DENIED'], hint: 'GRANT more' }],
    open: async () => ({
      checks: () => checks,
      scopes: async () => ({ scopes: [], leftOut: [], complete: true }),
      // biome-ignore lint/correctness/useYield: there is nothing to list
      inventory: async function* () {
        throw new IngestError('internal', 'nothing to list')
      },
      [Symbol.asyncDispose]: async () => {},
    }),
  })
}

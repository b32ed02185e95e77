import { z } from 'zod'
import {
  type AssetRecord,
  type Connector,
  type ConnectorContext,
  type Described,
  defineConnector,
  type InventoryItem,
  type InventoryVerdict,
  type ItemRef,
  type ScopeListing,
  secret,
} from '../../../connectors/kit/index.ts'

/** What a test makes a connector do instead of what it should. */
export interface Script {
  open?: (config: { readonly password: string }, context: ConnectorContext) => Promise<void>
  scopes?: () => Promise<ScopeListing>
  inventory?: (context: ConnectorContext) => AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void>
  describe?: (items: readonly ItemRef[], context: ConnectorContext) => AsyncGenerator<readonly Described[], void, void>
  close?: () => Promise<void>
}

export const thing = (name: string): AssetRecord => ({ kind: 'thing', path: [name] })
export const listed = (...keys: string[]): InventoryItem[] => keys.map((key) => ({ key, fingerprint: key }))

/** A connector of one scope with the items `a` to `f`, which does what its script says at the time. */
export function scriptedConnector(script: Script): Connector {
  return defineConnector<{ password: string }>({
    manifest: {
      type: 'scripted',
      title: 'Scripted',
      category: 'saas',
      version: '1.0.0',
      protocol: 1,
      recordVersion: 1,
      config: z.strictObject({ password: secret() }),
      example: { password: 'x' },
      kinds: [{ kind: 'thing', group: 'other', levels: ['thing'] }],
      scopeNoun: 'shelf',
      grants: [],
      urlSchemes: ['scripted'],
      fromUrl: () => ({ password: 'x' }),
      namespace: () => 'scripted://here',
      suggestName: () => 'scripted',
      shape: () => null,
      filter: () => null,
    },
    errorRules: [],
    async open(config, context) {
      await script.open?.(config, context)
      return {
        checks: () => [],
        scopes:
          script.scopes ?? (async () => ({ complete: true, leftOut: [], scopes: [{ key: 'shelf', name: 'shelf' }] })),
        async *inventory() {
          if (script.inventory !== undefined) return yield* script.inventory(context)
          yield listed('a', 'b', 'c', 'd', 'e', 'f')
          return { listing: 'complete' }
        },
        async *describe(_, items) {
          if (script.describe !== undefined) return yield* script.describe(items, context)
          yield items.map(({ key }) => ({ key, records: [thing(key)] }))
        },
        [Symbol.asyncDispose]: async () => await script.close?.(),
      }
    },
  }) as Connector
}

import type { ServiceContext } from '../services/context.ts'
import { limitsOf } from '../services/limits.ts'
import type { LocalSyncOptions } from '../worker/local.ts'

/** What the steps need when this very process runs them. */
export function localDeps({ store, registry, keyRing, settings }: ServiceContext): LocalSyncOptions['deps'] {
  return { store, registry, keyRing, log: silent, limits: limitsOf(settings) }
}

/** The history of a run says it better than a log would. */
const silent = { debug: () => {}, info: () => {}, warn: () => {} }

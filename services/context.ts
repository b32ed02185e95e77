import { userInfo } from 'node:os'
import type { Registry } from '../connectors/registry.ts'
import type { Store } from '../db/store.ts'
import type { KeyRing } from '../db/vault.ts'
import type { Settings } from './settings.ts'
import type { TemporalLink } from './temporal.ts'

/** What the services work with: whose catalog, who acts, and the means. */
export interface ServiceContext {
  readonly store: Store
  readonly registry: Registry
  readonly settings: Settings
  readonly keyRing: KeyRing
  readonly organization: string
  /** Named in every write. */
  readonly actor: string
  /** Absent when no Temporal runs: schedules are then kept in the store alone, until one does. */
  readonly temporal?: TemporalLink
}

export const DEFAULT_ORGANIZATION = 'default'

/** TIDEMARK_ACTOR, else the person's name on this machine. */
export function currentActor(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env.TIDEMARK_ACTOR?.trim()
  if (named) return named
  try {
    return userInfo().username
  } catch {
    // An account without a name, as in some containers.
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

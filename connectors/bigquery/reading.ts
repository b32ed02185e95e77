import type { Client } from './client.ts'
import type { BigqueryConfig } from './config.ts'
import type { PolicyTags } from './policy-tags.ts'

/** What it takes to read a dataset. */
export interface Reading {
  readonly client: Client
  readonly config: BigqueryConfig
  readonly tags: PolicyTags
}

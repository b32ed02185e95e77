import type { RetryProfiles } from './steps.ts'

/** How long what is past is kept, in whole days; absent: for ever. */
export interface Retention {
  readonly runs?: number
  /** The latest runs of a source, kept whatever their age. */
  readonly keepRuns: number
  readonly changes?: number
  readonly versions?: number
  readonly audit?: number
  /** Since when nobody has run a statement whose lineage a query log told. */
  readonly logLineage?: number
}

/** What a round of maintenance starts from. */
export interface MaintenanceInput {
  readonly organization: string
  readonly actor: string
  readonly retention: Retention
  readonly retry?: RetryProfiles
  /** What the executions before have done, when a long round goes on in a new one. */
  readonly done?: Tally
}

/** What was taken away, made or refreshed, by kind. */
export type Tally = Readonly<Record<string, number>>

/** One thing to prune, a batch at a time. */
export type Prunable = 'log lineage' | 'runs' | 'versions' | 'edges' | 'fields' | 'assets' | 'words' | 'contents'

/** What the activities implement; wire names. Each is one short transaction or statement, so that no sync waits for it. */
export interface MaintenanceSteps {
  /** Makes the partitions of the coming months; resolves to how many were missing. */
  makePartitions(): Promise<number>
  /** Drops the months of `change` or `audit_log` that lie wholly before the days kept. */
  dropPartitions(input: { readonly table: 'change' | 'audit_log'; readonly days: number }): Promise<number>
  /** Deletes up to a batch of what is past its time. */
  prune(input: {
    readonly what: Prunable
    readonly days: number
    readonly keepRuns: number
  }): Promise<{ readonly deleted: number; readonly more: boolean }>
  /** Vacuums and analyzes the tables that need it and that autovacuum has not come to. */
  tidyTables(): Promise<number>
  /** Writes the audit row of what was done. */
  recordMaintenance(input: {
    readonly organization: string
    readonly actor: string
    readonly done: Tally
  }): Promise<void>
}

export const MAINTENANCE_PROFILES: Readonly<Record<keyof MaintenanceSteps, keyof RetryProfiles>> = {
  makePartitions: 'store',
  dropPartitions: 'store',
  prune: 'store',
  tidyTables: 'store',
  recordMaintenance: 'store',
}

/** What a round needs of its surroundings. */
export interface MaintenanceEnv {
  /** Whether a step that came later may be taken: not in the replay of a round begun before it. */
  patched(id: string): boolean
  historyIsLong(): boolean
  continueAsNew(input: MaintenanceInput): Promise<never>
  tell(progress: string): void
}

/** Everything of the store that time makes due. Versions and assets go before runs, which they may still name. */
export async function maintain(input: MaintenanceInput, steps: MaintenanceSteps, env: MaintenanceEnv): Promise<Tally> {
  const { retention, organization, actor } = input
  const done: Record<string, number> = { ...input.done }
  const add = (what: string, count: number) => {
    if (count > 0) done[what] = (done[what] ?? 0) + count
  }
  add('partitions made', await steps.makePartitions())
  if (retention.changes !== undefined) {
    add('months of changes', await steps.dropPartitions({ table: 'change', days: retention.changes }))
  }
  if (retention.audit !== undefined) {
    add('months of audit log', await steps.dropPartitions({ table: 'audit_log', days: retention.audit }))
  }
  // Words and contents have no age: those that nothing is found by, or needs, any more go, whatever is kept.
  const idle = (['words', 'contents'] as const).filter((what) => env.patched(what)).map((what) => [what, 0] as const)
  for (const [what, days] of [...prunables(retention), ...idle]) {
    while (true) {
      const { deleted, more } = await steps.prune({ what, days, keepRuns: retention.keepRuns })
      add(what, deleted)
      env.tell(describeTally(done))
      if (!more) break
      if (env.historyIsLong()) return await env.continueAsNew({ ...input, done })
    }
  }
  add('tables tidied', await steps.tidyTables())
  if (Object.keys(done).length > 0) await steps.recordMaintenance({ organization, actor, done })
  env.tell(describeTally(done))
  return done
}

function prunables({ runs, versions, logLineage }: Retention): readonly (readonly [Prunable, number])[] {
  return [
    ...(logLineage === undefined ? [] : [['log lineage', logLineage] as const]),
    ...(versions === undefined
      ? []
      : (['versions', 'edges', 'fields', 'assets'] as const).map((what) => [what, versions] as const)),
    ...(runs === undefined ? [] : [['runs', runs] as const]),
  ]
}

/** `12 runs, 3 months of changes`; what there was to do. */
export function describeTally(done: Tally): string {
  const parts = Object.entries(done).map(([what, count]) => `${count} ${what}`)
  return parts.length === 0 ? 'nothing was due' : parts.join(', ')
}

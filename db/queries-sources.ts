import type { SyncOutcome } from '../model/sync.ts'
import type { Query } from './store.ts'

/** One source as `catalog.sources` tells it. */
export interface SourceStatus {
  readonly source: string
  readonly connector: string
  readonly namespace: string
  readonly status: 'active' | 'paused'
  readonly schedule: string | null
  readonly lastSyncAt: Date | null
  readonly lastSyncStatus: SyncOutcome | null
  readonly lastSuccessAt: Date | null
  readonly assets: number
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt: Date
  readonly openProposals: number
  readonly lastError: string | null
}

export async function listSourceStatus(sql: Query, organization: string, name?: string): Promise<SourceStatus[]> {
  return [
    ...(await sql<SourceStatus[]>`
      select c.source, c.connector, c.namespace, c.status, c.schedule, c.last_sync_at as "lastSyncAt",
             c.last_sync_status as "lastSyncStatus", c.last_success_at as "lastSuccessAt", c.assets, c.labels,
             c.created_at as "createdAt",
             (select count(*)::int from tidemark.removal_proposal p where p.source_id = s.id and p.status = 'open') as "openProposals",
             (select r.error ->> 'message' from tidemark.sync_run r
              where r.source_id = s.id and r.completed_at is not null and r.mode <> 'plan' order by r.id desc limit 1) as "lastError"
      from catalog.sources c
      join tidemark.organization o on o.name = c.organization
      join tidemark.source s on s.organization_id = o.id and s.name = c.source
      where c.organization = ${organization} ${name === undefined ? sql`` : sql`and c.source = ${name}`}
      order by c.source`),
  ]
}

/** What the store is, for people who look after it. */
export interface StoreFacts {
  readonly version: string
  readonly role: string
  readonly migrations: number
  readonly bytes: number
}

export async function readStoreFacts(sql: Query): Promise<StoreFacts> {
  const [row] = await sql<StoreFacts[]>`
    select current_setting('server_version') as version, current_user::text as role, (select count(*)::int from tidemark.migration) as migrations,
           pg_database_size(current_database()) as bytes`
  return row as StoreFacts
}

/** A source without its secrets: what readers may have of it. */
export interface SourceHead {
  readonly id: number
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly schedule: unknown
}

/** The sources by name, or the one of a name. */
export async function listSourceHeads(sql: Query, organization: string, name?: string): Promise<SourceHead[]> {
  return [
    ...(await sql<SourceHead[]>`
      select s.id, s.name, s.config, s.schedule
      from tidemark.source s join tidemark.organization o on o.id = s.organization_id
      where o.name = ${organization} ${name === undefined ? sql`` : sql`and s.name = ${name}`}
      order by s.name`),
  ]
}

/** The task queues that active sources name, with those sources. */
export async function listTaskQueues(
  sql: Query,
  organization: string,
): Promise<{ readonly taskQueue: string; readonly sources: readonly string[] }[]> {
  return [
    ...(await sql<{ taskQueue: string; sources: string[] }[]>`
      select s.task_queue as "taskQueue", array_agg(s.name order by s.name) as sources
      from tidemark.source s join tidemark.organization o on o.id = s.organization_id
      where o.name = ${organization} and s.status = 'active' and s.task_queue is not null
      group by s.task_queue order by s.task_queue`),
  ]
}

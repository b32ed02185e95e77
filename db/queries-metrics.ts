import type { Query } from './store.ts'

/** What is worth an alert, of one active source. */
export interface SourceGauges {
  readonly source: string
  readonly connector: string
  /** Seconds since the last sync that succeeded; since the source was added when none has. */
  readonly successAge: number
  /** Seconds between two syncs, where the schedule is an interval. */
  readonly every: number | null
  readonly heldRemovals: number
  readonly healthy: boolean
}

export async function readSourceGauges(sql: Query, organization: string): Promise<SourceGauges[]> {
  return [
    ...(await sql<SourceGauges[]>`
      select s.name as source, s.connector,
             extract(epoch from now() - coalesce(success.at, s.created_at))::float8 as "successAge",
             (s.schedule ->> 'everySeconds')::float8 as every,
             (select count(*)::int from tidemark.removal_proposal p
              where p.source_id = s.id and p.status = 'open') as "heldRemovals",
             coalesce((select h.healthy from tidemark.health_check h
                       where h.source_id = s.id order by h.id desc limit 1), true) as healthy
      from tidemark.source s join tidemark.organization o on o.id = s.organization_id
      left join lateral (
        select r.completed_at as at from tidemark.sync_run r
        where r.source_id = s.id and r.outcome = 'succeeded' and r.mode <> 'plan' order by r.id desc limit 1
      ) success on true
      where o.name = ${organization} and s.status = 'active'
      order by s.name`),
  ]
}

export interface ConnectionGauges {
  readonly active: number
  readonly idle: number
  readonly limit: number
}

/** Every Tidemark's connections to the store, as its server counts them, and how many the server takes in all. */
export async function readConnectionGauges(sql: Query): Promise<ConnectionGauges> {
  const [row] = await sql<ConnectionGauges[]>`
    select count(*) filter (where state = 'active')::int as active,
           count(*) filter (where state <> 'active')::int as idle,
           current_setting('max_connections')::int as "limit"
    from pg_stat_activity where datname = current_database() and application_name = 'tidemark'`
  return row as ConnectionGauges
}

import { and, asc, eq } from 'drizzle-orm'
import type { RunBudget } from './runs.ts'
import { namespace, organization, source } from './schema/index.ts'
import type { Query, Store, Transaction } from './store.ts'
import type { SealedSecrets } from './vault.ts'

/** A source as stored, its secrets still sealed. */
export interface SourceRow extends SealedSecrets {
  readonly id: number
  readonly organizationId: number
  readonly organization: string
  readonly name: string
  readonly connector: string
  readonly namespaceId: number
  readonly namespace: string
  readonly config: Readonly<Record<string, unknown>>
  readonly configVersion: number
  readonly schedule: unknown
  readonly labels: Readonly<Record<string, string>>
  readonly status: 'active' | 'paused'
  /** Of the workers that reach the source; null: the one of temporal.yaml. */
  readonly taskQueue: string | null
  /** Who answers for it: people or teams. */
  readonly owners: readonly string[]
  /** Whether rows may be previewed. */
  readonly preview: boolean
  /** What a run may ask of the source at most. */
  readonly budget: RunBudget | null
}

const columns = {
  id: source.id,
  organizationId: source.organizationId,
  organization: organization.name,
  name: source.name,
  connector: source.connector,
  namespaceId: source.namespaceId,
  namespace: namespace.name,
  config: source.config,
  configVersion: source.configVersion,
  secrets: source.secrets,
  dataKey: source.dataKey,
  masterKeyId: source.masterKeyId,
  schedule: source.schedule,
  labels: source.labels,
  status: source.status,
  taskQueue: source.taskQueue,
  owners: source.owners,
  preview: source.preview,
  budget: source.budget,
}

const selectSources = ({ orm }: Store) =>
  orm
    .select(columns)
    .from(source)
    .innerJoin(organization, eq(organization.id, source.organizationId))
    .innerJoin(namespace, eq(namespace.id, source.namespaceId))

export async function findSource(store: Store, id: number): Promise<SourceRow | undefined> {
  const [row] = await selectSources(store).where(eq(source.id, id))
  return row as SourceRow | undefined
}

export async function findSourceByName(
  store: Store,
  organizationName: string,
  name: string,
): Promise<SourceRow | undefined> {
  const [row] = await selectSources(store).where(and(eq(organization.name, organizationName), eq(source.name, name)))
  return row as SourceRow | undefined
}

export async function listSources(store: Store, organizationName: string): Promise<SourceRow[]> {
  const rows = await selectSources(store).where(eq(organization.name, organizationName)).orderBy(asc(source.name))
  return rows as SourceRow[]
}

/** The id of whoever acts, made on first sight. */
export async function resolvePrincipal(
  sql: Query | Transaction,
  organizationName: string,
  name: string,
): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    with found as (select id from tidemark.organization where name = ${organizationName}),
    made as (
      insert into tidemark.principal (organization_id, name)
      select id, ${name} from found
      where not exists (select 1 from tidemark.principal p where p.organization_id = found.id and p.name = ${name})
      on conflict (organization_id, name) do update set name = excluded.name
      returning id)
    select id from made union all
    select p.id from tidemark.principal p join found on p.organization_id = found.id where p.name = ${name} limit 1`
  return (row as { id: number }).id
}

export interface NewSource extends SealedSecrets {
  readonly organization: string
  readonly name: string
  readonly connector: string
  readonly namespace: string
  readonly config: unknown
  readonly schedule: unknown
  readonly labels: Readonly<Record<string, string>>
  readonly owners?: readonly string[]
  readonly taskQueue?: string | null
  readonly preview?: boolean
  readonly budget?: RunBudget | null
  readonly status?: SourceRow['status']
  readonly actorId: number
}

/** Adds a source; undefined when the name is taken. */
export async function insertSource(tx: Transaction, input: NewSource): Promise<number | undefined> {
  const [space] = await tx<{ id: number }[]>`
    with org as (select id from tidemark.organization where name = ${input.organization}),
    known as (select n.id from tidemark.namespace n join org on n.organization_id = org.id
              where n.name = ${input.namespace} or ${input.namespace} = any (n.aliases)),
    made as (insert into tidemark.namespace (organization_id, name) select org.id, ${input.namespace} from org
             where not exists (select 1 from known)
             on conflict (organization_id, name) do update set name = excluded.name returning id)
    select id from known union all select id from made limit 1`
  const [row] = await tx<{ id: number }[]>`
    insert into tidemark.source (organization_id, name, connector, namespace_id, config, secrets, data_key, master_key_id,
                                 schedule, labels, owners, task_queue, preview, budget, status, created_by)
    select organization_id, ${input.name}, ${input.connector}, id, ${tx.json(input.config as never)},
           ${Buffer.from(input.secrets)}, ${Buffer.from(input.dataKey)}, ${input.masterKeyId},
           ${input.schedule === null ? null : tx.json(input.schedule as never)}, ${tx.json(input.labels as never)},
           ${[...(input.owners ?? [])]}, ${input.taskQueue ?? null}, ${input.preview ?? false},
           ${input.budget ? tx.json(input.budget as never) : null},
           ${input.status ?? 'active'}, ${input.actorId}
    from tidemark.namespace where id = ${(space as { id: number }).id}
    on conflict (organization_id, name) do nothing returning id`
  return row?.id
}

export async function updateSecrets(tx: Transaction, sourceId: number, sealed: SealedSecrets): Promise<void> {
  await tx`
    update tidemark.source set secrets = ${Buffer.from(sealed.secrets)}, data_key = ${Buffer.from(sealed.dataKey)},
      master_key_id = ${sealed.masterKeyId}, updated_at = now()
    where id = ${sourceId}`
}

/** What may change of a source; what is absent stays. */
export interface SourceChange {
  readonly config?: SealedSecrets & { readonly config: unknown }
  readonly schedule?: unknown
  readonly labels?: Readonly<Record<string, string>>
  readonly owners?: readonly string[]
  readonly taskQueue?: string | null
  readonly preview?: boolean
  readonly budget?: RunBudget | null
  readonly status?: SourceRow['status']
}

export async function updateSource(tx: Transaction, sourceId: number, change: SourceChange): Promise<void> {
  const { config, schedule, labels, owners, taskQueue, preview, budget, status } = change
  const json = (value: unknown) => (value === null ? null : tx.json(value as never))
  const parts = [
    ...(schedule === undefined ? [] : [tx`schedule = ${json(schedule)}`]),
    ...(labels === undefined ? [] : [tx`labels = ${json(labels)}`]),
    ...(owners === undefined ? [] : [tx`owners = ${[...owners]}`]),
    ...(taskQueue === undefined ? [] : [tx`task_queue = ${taskQueue}`]),
    ...(preview === undefined ? [] : [tx`preview = ${preview}`]),
    ...(budget === undefined ? [] : [tx`budget = ${json(budget)}`]),
    ...(status === undefined ? [] : [tx`status = ${status}`]),
    ...(config === undefined ? [] : [tx`config = ${json(config.config)}, config_version = config_version + 1`]),
  ]
  const assignments = parts.map((part) => tx`${part},`)
  await tx`update tidemark.source set ${assignments} updated_at = now() where id = ${sourceId}`
  if (config !== undefined) await updateSecrets(tx, sourceId, config)
}

export interface SealedSource {
  readonly id: number
  readonly name: string
  readonly organization: string
}

/** The store's sources whose secrets are not under a master key; all of them when none is named. */
export async function listSealed(sql: Query, exceptKey?: string): Promise<SealedSource[]> {
  return [
    ...(await sql<SealedSource[]>`
      select s.id, s.name, o.name as organization from tidemark.source s
      join tidemark.organization o on o.id = s.organization_id
      where ${exceptKey ?? null}::text is null or s.master_key_id <> ${exceptKey ?? null} order by s.id`),
  ]
}

/** Reads a source's sealed secrets and keeps others from replacing them until the transaction ends. */
export async function lockSecrets(tx: Transaction, sourceId: number): Promise<SealedSecrets | undefined> {
  const [row] = await tx<SealedSecrets[]>`
    select secrets, data_key as "dataKey", master_key_id as "masterKeyId" from tidemark.source
    where id = ${sourceId} for update`
  return row
}

/** Writes the audit row of a change, in the transaction that makes it. */
export async function insertAudit(
  tx: Transaction,
  entry: {
    readonly organization: string
    readonly actorId: number
    readonly action: string
    readonly subject: string
    readonly detail?: Readonly<Record<string, unknown>>
  },
): Promise<void> {
  await tx`
    insert into tidemark.audit_log (organization_id, principal_id, action, subject, detail)
    select id, ${entry.actorId}, ${entry.action}, ${entry.subject}, ${tx.json((entry.detail ?? {}) as never)}
    from tidemark.organization where name = ${entry.organization}`
}

import type postgres from 'postgres'

/** Tables with columns, and layer upon layer of views and reports made from them. */
const TABLES = 10_000
const LAYERS = 9
const LAYER_SIZE = 22_500
/** Each asset of a layer reads those so far from its own place in the layer below. */
const READS = [0, 1, 5, 23, 111]
/** One in so many assets is made by a text that is not wholly known; one in so many filters by a column. */
const NOT_KNOWN = 40
const FILTERS = 20
const INDEX_STEP = 5_000

export const NOUNS = (
  'account address agent airport amount area article asset audit author balance bank batch benefit bill block booking bottle ' +
  'branch brand budget building campaign carrier catalog category channel charge city claim client cohort colour comment ' +
  'company contact container contract country coupon courier course credit currency customer deal debit delivery department ' +
  'deposit depot device discount district document driver email employee engine event exchange expense factory feature fee ' +
  'field fleet flight forecast freight garage gender goods grade guest harvest holiday hotel household identity image ' +
  'incident income industry ingredient insurance inventory invoice issue item journal journey keyword label language lead ' +
  'ledger lesson licence limit location machine manager margin market material measure member merchant message meter ' +
  'method mileage model movement network notice number offer office option order outcome owner package parcel partner ' +
  'passenger patient payment payroll penalty period permit person phone picture plan plant point policy portal position ' +
  'premium price process product profile project promotion property provider purchase quantity quarter question quote rating ' +
  'reason receipt recipe record refund region register release rental repair report request reserve resource response result ' +
  'return revenue review reward risk role room route salary sale sample schedule score season seat section segment seller ' +
  'sensor session shift shipment signal size stock store street student subject supplier survey target tariff task tax team ' +
  'tenant terminal ticket timetable title token tour trade trailer transfer trip unit usage vehicle vendor version visit ' +
  'voucher wage warehouse warranty weight worker yield zone'
).split(' ')

export interface CatalogSize {
  readonly assets: number
  readonly columns: number
  readonly edges: number
  readonly fieldEdges: number
  readonly indexSeconds: number
  /** Names of tables that everything else is made from. */
  readonly roots: readonly string[]
}

/** Fills an empty store. A run of the crawler would take far longer and answer nothing more. */
export async function makeCatalog(sql: postgres.Sql): Promise<CatalogSize> {
  await makeAssets(sql)
  await makeColumns(sql)
  await makeEdges(sql)
  await sql`analyze`
  await makeFieldEdges(sql)
  await sql`analyze`
  const started = performance.now()
  const [last] = await sql<{ id: number }[]>`select max(id)::int as id from tidemark.asset`
  for (let first = 0; first <= (last?.id ?? 0); first += INDEX_STEP) {
    await sql`select tidemark.index_assets(array(select id from tidemark.asset where id > ${first} and id <= ${first + INDEX_STEP}))`
  }
  const indexSeconds = (performance.now() - started) / 1000
  await sql`vacuum analyze`
  const [size] = await sql<Omit<CatalogSize, 'roots' | 'indexSeconds'>[]>`
    select (select count(*)::int from tidemark.asset) as assets, (select count(*)::int from tidemark.field) as columns,
           (select count(*)::int from tidemark.lineage_edge) as edges,
           (select count(*)::int from tidemark.lineage_field_edge) as "fieldEdges"`
  const roots = await sql<
    { name: string }[]
  >`select display as name from tidemark.asset where kind = 'table' order by id limit 1000`
  return { ...(size as NonNullable<typeof size>), indexSeconds, roots: roots.map(({ name }) => name) }
}

/** A noun by a number, in SQL. */
const nounAt = (sql: postgres.Sql, number: string) =>
  sql`(${NOUNS}::text[])[1 + (${sql.unsafe(number)}) % ${NOUNS.length}]`

async function makeAssets(sql: postgres.Sql): Promise<void> {
  await sql`insert into tidemark.principal (organization_id, name) select id, 'bench' from tidemark.organization`
  await sql`insert into tidemark.namespace (organization_id, name) select id, 'postgres://shop:5432' from tidemark.organization`
  await sql`
    insert into tidemark.source (organization_id, name, connector, namespace_id, config, secrets, data_key, master_key_id, created_by)
    select 1, 'shop', 'postgres', 1, '{}', '', '', 'key', 1`
  await sql`
    insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, database_name, schema_name,
      owner, comment, placeholder)
    select 1, 'relation', array_to_string(path, '.'), kind, path, array_to_string(path, '.'), path[3], path[1], path[2],
           'team_' || n % 30, comment, false
    from (
      select n, 'table' as kind,
             array['shop', 'area_' || n % 40, concat_ws('_', ${nounAt(sql, 'n * 7919')}, ${nounAt(sql, 'n / 40')}, n)] as path,
             case when n % 4 = 0 then 'Every ' || ${nounAt(sql, 'n * 31')} || ' as it came from the ' || ${nounAt(sql, 'n * 17')} end as comment
      from generate_series(1, ${TABLES}::int) as n
      union all
      select layer * ${LAYER_SIZE}::int + n, case when layer = ${LAYERS}::int then 'report' else 'view' end,
             array['shop', 'layer_' || layer,
                   case when layer = ${LAYERS}::int then 'report_' || n
                        else concat_ws('_', ${nounAt(sql, 'n * 13 + layer')}, ${nounAt(sql, 'n * 101 + layer')}, n) end], null
      from generate_series(1, ${LAYERS}::int) as layer, generate_series(0, ${LAYER_SIZE - 1}::int) as n
    ) made order by n`
}

async function makeColumns(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into tidemark.field (asset_id, name_key, name, path, position, native_type, type, nullable, comment)
    select id, name, name, array[name], position, 'text', 'string', true,
           case when (id + position) % 5 = 0 then 'The ' || ${nounAt(sql, 'id * 3 + position * 11')} || ', without tax' end
    from (
      select a.id, position, case position when 1 then 'id' when 2 then 'created_at'
               else concat_ws('_', ${nounAt(sql, 'a.id * 29 + position * 3571')}, ${nounAt(sql, 'a.id / 7 + position * 271')}, position) end as name
      from tidemark.asset a, generate_series(1, 16) as position where a.kind = 'table'
    ) made`
}

/** Within a layer places wrap around, so that every table has about as much above it as the next. */
async function makeEdges(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
      upstream_display, upstream_id, origin, source_id, valid_from, last_seen_at)
    select distinct d.id, 1, 'relation', u.name_key, u.path, u.display, u.id, 'catalogue', 1, now(), now()
    from (
      select layer, n, ${TABLES}::int + (layer - 1) * ${LAYER_SIZE}::int + n + 1 as id
      from generate_series(1, ${LAYERS}::int) as layer, generate_series(0, ${LAYER_SIZE - 1}::int) as n
    ) d
    cross join unnest(${READS}::int[]) as far
    join tidemark.asset u on u.id = case when d.layer = 1 then (d.n + far) % ${TABLES}::int + 1
      else ${TABLES}::int + (d.layer - 2) * ${LAYER_SIZE}::int + (d.n + far) % ${LAYER_SIZE}::int + 1 end`
}

/**
 * Every view has a key, made from the keys of two of those it reads, and three more columns, each made from one of
 * theirs: five edges a view. Some filter by a column; of some not every column is known.
 */
async function makeFieldEdges(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into tidemark.lineage_text (source_id, origin, asset_id, text_hash, outcome, statements, derived_at, last_seen_at)
    select 1, 'definition', id, '', case when id % ${NOT_KNOWN}::int = 0 then 'partial' else 'resolved' end, 1, now(), now()
    from tidemark.asset where kind <> 'table' order by id`
  await sql`
    update tidemark.lineage_edge e set columns_known = true, text_id = t.id
    from tidemark.lineage_text t where t.asset_id = e.downstream_id and t.outcome = 'resolved'`
  await sql`
    insert into tidemark.lineage_field_edge (text_id, downstream_id, downstream_field, upstream_id, upstream_field, influence,
      transformation, subtypes, confidence, statement_hash, valid_from)
    select t.id, read.downstream_id, made.field, read.upstream_id, coalesce(f.name_key, 'c' || made.reads),
           case made.field when '' then 'indirect' else 'direct' end, 'identity',
           array[case made.field when '' then 'FILTER' else 'IDENTITY' end], 1, '', now()
    from (
      select downstream_id, upstream_id, row_number() over (partition by downstream_id order by upstream_id)::int as nth
      from tidemark.lineage_edge
    ) read
    join tidemark.lineage_text t on t.asset_id = read.downstream_id
    cross join lateral (
      select 'c1' as field, 1 as reads where read.nth <= 2
      union all
      select 'c' || read.nth, 2 + (read.downstream_id * 7 + read.nth * 3) % 3 where read.nth between 2 and 4
      union all
      select '', 2 where read.nth = 5 and read.downstream_id % ${FILTERS}::int = 0
    ) made
    left join tidemark.field f on f.asset_id = read.upstream_id and f.position = made.reads
    order by 1, 2, 3, 4, 5`
}

import {
  addDataset,
  addModel,
  addProject,
  addRoutine,
  createWorld,
  putTable,
  type Resource,
  type TableWorld,
  tableIn,
  type World,
} from './world.ts'

export const SHOP = 'shop-prod'
export const LAKE = 'lake-prod'
export const TAXONOMY = `projects/${SHOP}/locations/eu/taxonomies/7`

const field = (name: string, type: string, more: Resource = {}): Resource => ({ name, type, mode: 'NULLABLE', ...more })

const CUSTOMER = [
  field('id', 'INTEGER', { mode: 'REQUIRED' }),
  field('email', 'STRING', {
    policyTags: { names: [`${TAXONOMY}/policyTags/1`] },
    maxLength: '320',
    description: 'Where to write.',
  }),
  field('address', 'RECORD', {
    fields: [
      field('street', 'STRING'),
      field('geo', 'RECORD', { fields: [field('lat', 'FLOAT'), field('lon', 'FLOAT')] }),
    ],
  }),
  field('phones', 'RECORD', { mode: 'REPEATED', fields: [field('kind', 'STRING'), field('number', 'STRING')] }),
  field('tags', 'STRING', { mode: 'REPEATED' }),
  field('balance', 'NUMERIC', { precision: '12', scale: '2', defaultValueExpression: '0' }),
  field('active', 'RANGE', { rangeElementType: { type: 'DATE' } }),
  field('born', 'DATE'),
  field('seen', 'TIMESTAMP'),
  field('extra', 'JSON'),
  field('place', 'GEOGRAPHY'),
]

const ORDERS = [
  field('id', 'INTEGER', { mode: 'REQUIRED' }),
  field('customer_id', 'INTEGER'),
  field('placed', 'TIMESTAMP'),
  field('total', 'BIGNUMERIC'),
]

/** Every kind of asset, small: two projects, views across them, shards, keys, routines, a model, a connection. */
export function createShop(): World {
  const world = createWorld()
  const shop = addProject(world, SHOP)
  addProject(world, LAKE)
  const access = [
    { role: 'OWNER', userByEmail: 'ann@example.com' },
    { role: 'READER', groupByEmail: 'analysts@example.com' },
    { role: 'WRITER', userByEmail: `loader@${SHOP}.iam.gserviceaccount.com` },
    { role: 'READER', specialGroup: 'projectReaders' },
    { view: { projectId: LAKE, datasetId: 'marts', tableId: 'spend' } },
  ]
  addDataset(world, SHOP, 'sales', { access, description: 'What was sold.', labels: { env: 'prod', team: 'sales' } })
  addDataset(world, SHOP, 'raw events', { location: 'US', labels: { env: 'test' } })
  addDataset(world, LAKE, 'marts', { labels: { env: 'prod' } })
  world.policyTags.set(TAXONOMY, [{ name: `${TAXONOMY}/policyTags/1`, displayName: 'Personal' }])
  shop.connections.set('eu', [
    {
      name: `projects/1/locations/eu/connections/crm`,
      cloudSql: {
        instanceId: 'shop:eu:crm',
        database: 'crm',
        type: 'POSTGRES',
        credential: { username: 'u', password: 'p' },
      },
    },
  ])
  addTables(world)
  addViews(world)
  addCode(world)
  addJobs(world)
  return world
}

function addTables(world: World): void {
  const sales = (table: string) => ({ project: SHOP, dataset: 'sales', table })
  putTable(world, sales('customer'), {
    schema: { fields: CUSTOMER },
    description: 'Who buys.',
    labels: { pii: 'yes' },
    clustering: { fields: ['id'] },
    numRows: '2',
    numBytes: '200',
    tableConstraints: { primaryKey: { columns: ['id'] } },
  })
  tableIn(world, sales('customer')).rows.push(customerRow('1', 'a@example.com'), customerRow('2', 'b@example.com'))
  putTable(world, sales('orders'), {
    schema: { fields: ORDERS },
    timePartitioning: { type: 'DAY', field: 'placed', expirationMs: '86400000' },
    requirePartitionFilter: true,
    numRows: '5',
    numBytes: '500',
    tableConstraints: {
      primaryKey: { columns: ['id'] },
      foreignKeys: [
        {
          name: 'orders.fk$1',
          referencedTable: { projectId: SHOP, datasetId: 'sales', tableId: 'customer' },
          columnReferences: [{ referencingColumn: 'customer_id', referencedColumn: 'id' }],
        },
      ],
    },
  })
  const policies: [string, string][] = [['eu_only', "region = 'eu'"]]
  tableIn(world, sales('orders')).rowPolicies.push(
    ...policies.map(([policyId, filterPredicate]) => ({ rowAccessPolicyReference: { policyId }, filterPredicate })),
  )
  tableIn(world, sales('orders')).policy = {
    bindings: [{ role: 'roles/bigquery.dataViewer', members: ['user:eve@example.com'] }],
  }
  for (const day of ['20260101', '20260102', '20260103']) {
    const address = { project: SHOP, dataset: 'raw events', table: `events_${day}` }
    putTable(world, address, { schema: { fields: [field('name', 'STRING'), field('at', 'TIMESTAMP')] } })
  }
  putTable(world, sales('snapshot of orders'), {
    type: 'SNAPSHOT',
    schema: { fields: ORDERS },
    snapshotDefinition: { baseTableReference: reference('orders'), snapshotTime: '2026-01-01T00:00:00Z' },
  })
  putTable(world, sales('orders_clone'), {
    schema: { fields: ORDERS },
    cloneDefinition: { baseTableReference: reference('orders'), cloneTime: '2026-01-01T00:00:00Z' },
  })
  putTable(world, sales('files'), {
    type: 'EXTERNAL',
    schema: { fields: [field('line', 'STRING')] },
    externalDataConfiguration: { sourceUris: ['gs://shop/*.csv'], sourceFormat: 'CSV', autodetect: true },
  })
  putTable(world, sales('ünï-cødé " \' ; --'), { schema: { fields: [field('x', 'INTEGER')] } })
}

const reference = (tableId: string): Resource => ({ projectId: SHOP, datasetId: 'sales', tableId })

function customerRow(id: string, email: string): TableWorld['rows'][number] {
  const address = { f: [{ v: 'Main St' }, { v: { f: [{ v: '1.5' }, { v: '2.5' }] } }] }
  const phones = [{ v: { f: [{ v: 'home' }, { v: '1' }] } }]
  return [
    id,
    email,
    address,
    phones,
    [{ v: 'a' }],
    '1.50',
    '[2026-01-01, 2026-02-01)',
    '2000-01-01',
    '2026-01-01T00:00:00Z',
    '{"a":1}',
    null,
  ]
}

function addViews(world: World): void {
  putTable(
    world,
    { project: SHOP, dataset: 'sales', table: 'latest' },
    {
      type: 'VIEW',
      schema: { fields: [field('customer', 'STRING'), field('total', 'BIGNUMERIC')] },
      view: {
        query:
          'select c.email as customer, o.total from sales.orders o join `shop-prod.sales.customer` c on c.id = o.customer_id',
        useLegacySql: false,
      },
    },
  )
  putTable(
    world,
    { project: SHOP, dataset: 'sales', table: 'totals' },
    {
      type: 'MATERIALIZED_VIEW',
      schema: { fields: [field('customer_id', 'INTEGER'), field('total', 'BIGNUMERIC')] },
      materializedView: {
        query: 'select customer_id, sum(total) as total from `shop-prod.sales.orders` group by customer_id',
        enableRefresh: true,
        refreshIntervalMs: '1800000',
        lastRefreshTime: '1767225600000',
      },
    },
  )
  putTable(
    world,
    { project: LAKE, dataset: 'marts', table: 'spend' },
    {
      type: 'VIEW',
      schema: { fields: [field('email', 'STRING'), field('spent', 'BIGNUMERIC'), field('events', 'INTEGER')] },
      view: {
        query:
          'select c.email, sum(o.total) as spent, (select count(*) from `shop-prod.raw events.events_*`) as events from `shop-prod.sales.customer` c join `shop-prod.sales.orders` o on o.customer_id = c.id group by 1',
        useLegacySql: false,
      },
    },
  )
  putTable(
    world,
    { project: SHOP, dataset: 'sales', table: 'old' },
    {
      type: 'VIEW',
      schema: { fields: [field('id', 'INTEGER')] },
      view: { query: 'select id from [shop-prod:sales.orders]', useLegacySql: true },
    },
  )
}

function addCode(world: World): void {
  const sales = (table: string) => ({ project: SHOP, dataset: 'sales', table })
  const int = { typeKind: 'INT64' }
  addRoutine(world, sales('twice'), {
    arguments: [{ name: 'x', dataType: int }],
    returnType: int,
    definitionBody: 'x * 2',
    description: 'Doubles.',
    determinismLevel: 'DETERMINISTIC',
  })
  addRoutine(world, sales('orders_of'), {
    routineType: 'TABLE_VALUED_FUNCTION',
    arguments: [{ name: 'who', dataType: int }],
    definitionBody: 'select id, total from `shop-prod.sales.orders` where customer_id = who',
  })
  addRoutine(world, sales('refresh'), {
    routineType: 'PROCEDURE',
    arguments: [{ name: 'day', mode: 'IN', dataType: { typeKind: 'DATE' } }],
    definitionBody:
      'BEGIN\n  insert into `shop-prod.sales.orders_clone` select * from `shop-prod.sales.orders` where date(placed) = day;\nEND',
  })
  addRoutine(world, sales('js'), {
    language: 'JAVASCRIPT',
    arguments: [{ name: 's', dataType: { typeKind: 'STRING' } }],
    returnType: { typeKind: 'ARRAY', arrayElementType: { typeKind: 'STRING' } },
    definitionBody: 'return [s]',
    importedLibraries: ['gs://shop/lib.js'],
  })
  addModel(world, sales('churn'), {
    modelType: 'LOGISTIC_REGRESSION',
    description: 'Who leaves.',
    featureColumns: [{ name: 'balance', type: { typeKind: 'NUMERIC' } }],
    labelColumns: [{ name: 'left', type: { typeKind: 'BOOL' } }],
    trainingRuns: [{ startTime: '2026-01-01T00:00:00Z' }],
  })
}

/** Jobs of the last hours, so that they are in any window. */
function addJobs(world: World): void {
  const orders = reference('orders')
  addJob(world, SHOP, {
    query: 'insert into `shop-prod.sales.orders_clone` (id, total) select id, total from orders',
    defaultDataset: { projectId: SHOP, datasetId: 'sales' },
    destinationTable: reference('orders_clone'),
    referencedTables: [orders],
    statementType: 'INSERT',
  })
  addJob(world, SHOP, {
    query: 'select name from `raw events.events_20260101`',
    destinationTable: { projectId: SHOP, datasetId: '_0123456789abcdef', tableId: 'anon1' },
    referencedTables: [{ projectId: SHOP, datasetId: 'raw events', tableId: 'events_20260101' }],
    user: 'bob@example.com',
  })
  addJob(world, LAKE, {
    query: 'select 1 from `shop-prod.sales.orders`',
    referencedTables: [orders],
    user: 'bob@example.com',
  })
}

export interface JobFacts {
  readonly query: string
  readonly referencedTables?: readonly Resource[]
  readonly destinationTable?: Resource
  readonly defaultDataset?: Resource
  readonly statementType?: string
  readonly user?: string
  readonly state?: string
  readonly labels?: Resource
  readonly error?: string
  readonly parent?: string
  /** Statements of a script; its own jobs have it for a parent. */
  readonly children?: number
  /** A job that copies, in place of a query. */
  readonly copy?: Resource
  /** Milliseconds since the epoch; an hour ago when absent. */
  readonly at?: number
}

let jobs = 0

export function addJob(world: World, project: string, facts: JobFacts): string {
  jobs += 1
  const created = String(facts.at ?? Date.now() - 3_600_000 + jobs)
  const { query, destinationTable, defaultDataset, referencedTables = [], statementType = 'SELECT' } = facts
  const jobId = `job-${jobs}`
  world.projects.get(project)?.jobs.push({
    jobReference: { projectId: project, jobId, location: 'EU' },
    user_email: facts.user ?? 'ann@example.com',
    status: {
      state: facts.state ?? 'DONE',
      ...(facts.error === undefined ? {} : { errorResult: { reason: facts.error } }),
    },
    configuration: {
      jobType: facts.copy === undefined ? 'QUERY' : 'COPY',
      labels: facts.labels,
      copy: facts.copy,
      query: facts.copy === undefined ? { query, destinationTable, defaultDataset, useLegacySql: false } : undefined,
    },
    statistics: {
      creationTime: created,
      startTime: created,
      endTime: String(Number(created) + 500),
      parentJobId: facts.parent,
      numChildJobs: facts.children === undefined ? undefined : String(facts.children),
      query: { statementType, referencedTables, totalBytesBilled: '10485760', queryPlan: [{ name: 'S00' }] },
    },
  })
  return jobId
}

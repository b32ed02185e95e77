/** What a stand-in for BigQuery holds: resources as the REST API has them, kept whole. */
export interface World {
  readonly projects: Map<string, ProjectWorld>
  /** By the name of the taxonomy: `projects/p/locations/eu/taxonomies/1`. */
  readonly policyTags: Map<string, Resource[]>
  /** Moves with every change: times and etags come of it. */
  clock: number
}

export type Resource = { [key: string]: unknown }

export interface ProjectWorld {
  readonly datasets: Map<string, DatasetWorld>
  /** By location. */
  readonly connections: Map<string, Resource[]>
  /** Newest last. */
  readonly jobs: Resource[]
}

export interface DatasetWorld {
  resource: Resource
  readonly tables: Map<string, TableWorld>
  readonly routines: Map<string, Resource>
  readonly models: Map<string, Resource>
}

export interface TableWorld {
  resource: Resource
  rows: unknown[][]
  readonly rowPolicies: Resource[]
  policy: Resource
}

const EPOCH = Date.UTC(2026, 0, 1)

export function createWorld(): World {
  return { projects: new Map(), policyTags: new Map(), clock: EPOCH }
}

/** The next moment of the world, in milliseconds as the API writes them. */
export function tick(world: World): string {
  world.clock += 1000
  return String(world.clock)
}

export function addProject(world: World, project: string): ProjectWorld {
  const added = { datasets: new Map(), connections: new Map(), jobs: [] }
  world.projects.set(project, added)
  return added
}

export function addDataset(world: World, project: string, dataset: string, more: Resource = {}): DatasetWorld {
  const at = tick(world)
  const resource = {
    kind: 'bigquery#dataset',
    id: `${project}:${dataset}`,
    datasetReference: { projectId: project, datasetId: dataset },
    location: 'EU',
    creationTime: at,
    lastModifiedTime: at,
    ...more,
  }
  const added = { resource, tables: new Map(), routines: new Map(), models: new Map() }
  world.projects.get(project)?.datasets.set(dataset, added)
  return added
}

export interface TableAddress {
  readonly project: string
  readonly dataset: string
  readonly table: string
}

export function datasetIn(world: World, project: string, dataset: string): DatasetWorld {
  const found = world.projects.get(project)?.datasets.get(dataset)
  if (found === undefined) throw new Error(`the world has no dataset ${project}.${dataset}`)
  return found
}

/** Adds a table, or makes it anew. */
export function putTable(world: World, { project, dataset, table }: TableAddress, more: Resource): TableWorld {
  const at = tick(world)
  const resource = {
    kind: 'bigquery#table',
    id: `${project}:${dataset}.${table}`,
    tableReference: { projectId: project, datasetId: dataset, tableId: table },
    type: 'TABLE',
    location: 'EU',
    creationTime: at,
    lastModifiedTime: at,
    etag: `"${at}"`,
    numRows: '0',
    numBytes: '0',
    ...more,
  }
  const added = { resource, rows: [], rowPolicies: [], policy: {} }
  datasetIn(world, project, dataset).tables.set(table, added)
  return added
}

export function tableIn(world: World, { project, dataset, table }: TableAddress): TableWorld {
  const found = datasetIn(world, project, dataset).tables.get(table)
  if (found === undefined) throw new Error(`the world has no table ${project}.${dataset}.${table}`)
  return found
}

/** Changes a table as `tables.patch` does; a property that is undefined is taken away. */
export function patchTable(world: World, address: TableAddress, patch: Resource): void {
  const found = tableIn(world, address)
  const at = tick(world)
  found.resource = { ...found.resource, ...patch, lastModifiedTime: at, etag: `"${at}"` }
}

export function addRoutine(world: World, address: TableAddress, more: Resource): void {
  const { project, dataset, table: routine } = address
  const at = tick(world)
  const reference = { projectId: project, datasetId: dataset, routineId: routine }
  datasetIn(world, project, dataset).routines.set(routine, {
    etag: `"${at}"`,
    routineReference: reference,
    routineType: 'SCALAR_FUNCTION',
    creationTime: at,
    lastModifiedTime: at,
    language: 'SQL',
    ...more,
  })
}

export function addModel(world: World, address: TableAddress, more: Resource): void {
  const { project, dataset, table: model } = address
  const at = tick(world)
  const reference = { projectId: project, datasetId: dataset, modelId: model }
  datasetIn(world, project, dataset).models.set(model, {
    etag: `"${at}"`,
    modelReference: reference,
    creationTime: at,
    lastModifiedTime: at,
    ...more,
  })
}

import type { Client } from './client.ts'
import { type DatasetRef, datasetPath, grantOn, type Model, type Routine, type TableList } from './resources.ts'
import { ROUTINE_MASK } from './routines.ts'

const PAGE = 1000
const READER = 'roles/bigquery.metadataViewer'

export interface ListedTable {
  readonly name: string
  readonly type: string
}

/** The tables and views of a dataset, pages of them: names and types are all that the listing is asked for. */
export async function* listTables(client: Client, ref: DatasetRef): AsyncGenerator<readonly ListedTable[], void, void> {
  const request = {
    path: [...datasetPath(ref), 'tables'],
    query: { maxResults: PAGE, fields: 'nextPageToken,tables(tableReference(tableId),type)' },
    what: `tables of ${ref.project}.${ref.dataset}`,
    grant: grantOn(ref.project, client.account.principal, READER),
  }
  for await (const { tables = [] } of client.pages<TableList>(request)) {
    const named = tables.flatMap(({ tableReference, type = 'TABLE' }) =>
      tableReference?.tableId === undefined ? [] : [{ name: tableReference.tableId, type }],
    )
    // What the API lists beside tables, models in old projects, has lists of its own.
    yield named.filter(({ type }) => type !== 'MODEL')
  }
}

interface RoutineList {
  readonly routines?: readonly Routine[]
  readonly nextPageToken?: string
}

/** The routines of a dataset with all that is told of them. */
export async function* listRoutines(client: Client, ref: DatasetRef): AsyncGenerator<readonly Routine[], void, void> {
  const request = {
    path: [...datasetPath(ref), 'routines'],
    query: { maxResults: PAGE, readMask: ROUTINE_MASK },
    what: `routines of ${ref.project}.${ref.dataset}`,
    grant: grantOn(ref.project, client.account.principal, READER),
  }
  for await (const { routines = [] } of client.pages<RoutineList>(request)) yield routines
}

interface ModelList {
  readonly models?: readonly Model[]
  readonly nextPageToken?: string
}

/** The models of a dataset: what they are called and when they last changed. */
export async function* listModels(client: Client, ref: DatasetRef): AsyncGenerator<readonly Model[], void, void> {
  const request = {
    path: [...datasetPath(ref), 'models'],
    query: { maxResults: PAGE },
    what: `models of ${ref.project}.${ref.dataset}`,
    grant: grantOn(ref.project, client.account.principal, READER),
  }
  for await (const { models = [] } of client.pages<ModelList>(request)) yield models
}

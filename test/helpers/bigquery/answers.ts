import { type ApiCall, type Reply, refuse } from './api.ts'
import { type DatasetWorld, type ProjectWorld, type Resource, type TableWorld, tick, type World } from './world.ts'

const ok = (body: unknown): Reply => ({ status: 200, body })

/** The documented answers, paged where they are. https://cloud.google.com/bigquery/docs/reference/rest */
export function answerApi(world: World, call: ApiCall): Reply {
  const [head, id, ...rest] = call.path
  if (call.method === 'HEAD') return { status: 404, body: {} }
  if (head !== 'projects') return missing(call)
  if (id === undefined) {
    const projects = [...world.projects.keys()].map((name) => ({ id: name, projectReference: { projectId: name } }))
    return ok(listPage(call, 'projects', projects))
  }
  if (rest[0] === 'locations') return answerLocation(world, call)
  const project = world.projects.get(id)
  if (project === undefined) return missing(call)
  if (rest[0] === 'jobs') return ok(listPage(call, 'jobs', listJobs(project, call)))
  if (rest[0] === 'queries' && call.method === 'POST') return runQuery(world, project, call)
  return rest[0] === 'datasets' ? answerDatasets(project, call, rest.slice(1)) : missing(call)
}

function missing({ path }: ApiCall): Reply {
  return refuse(404, 'notFound', `Not found: ${path.join('/')}`)
}

/** A page of a list, with the token of the next. */
export function listPage(call: ApiCall, key: string, list: readonly unknown[]): Resource {
  const size = Number(call.query.get('maxResults') ?? call.query.get('pageSize') ?? 1000)
  const start = Number(call.query.get('pageToken') ?? 0)
  const next = start + size
  return {
    [key]: list.slice(start, next),
    ...(next < list.length ? { nextPageToken: String(next) } : {}),
  }
}

function answerLocation(world: World, call: ApiCall): Reply {
  const [, project = '', , location = '', kind, , last] = call.path
  if (kind === 'connections')
    return ok(listPage(call, 'connections', world.projects.get(project)?.connections.get(location) ?? []))
  if (kind !== 'taxonomies' || last !== 'policyTags') return missing(call)
  const tags = world.policyTags.get(call.path.slice(0, 6).join('/'))
  return tags === undefined ? missing(call) : ok(listPage(call, 'policyTags', tags))
}

function answerDatasets(project: ProjectWorld, call: ApiCall, rest: readonly string[]): Reply {
  const [id, kind, name, sub] = rest
  if (id === undefined) return ok(listPage(call, 'datasets', listDatasets(project, call)))
  const dataset = project.datasets.get(id)
  if (dataset === undefined) return missing(call)
  if (kind === undefined) return ok(dataset.resource)
  if (kind === 'tables') return answerTables(dataset, call, name, sub)
  if (kind === 'routines')
    return ok(
      listPage(
        call,
        'routines',
        [...dataset.routines.values()].map((entry) => masked(entry, call)),
      ),
    )
  if (kind !== 'models') return missing(call)
  if (name === undefined) return ok(listPage(call, 'models', [...dataset.models.values()].map(listedModel)))
  const model = dataset.models.get(name)
  return model === undefined ? missing(call) : ok(model)
}

function listDatasets({ datasets }: ProjectWorld, { query }: ApiCall): Resource[] {
  const wanted = (query.get('filter') ?? '').split(' ').filter((part) => part !== '')
  const fits = ({ resource }: DatasetWorld) =>
    wanted.every((part) => {
      const [, key = '', value] = /^labels\.([^:]+)(?::(.*))?$/.exec(part) ?? []
      const labels = (resource.labels ?? {}) as Record<string, string>
      return value === undefined ? key in labels : labels[key] === value
    })
  return [...datasets.values()].filter(fits).map(({ resource }) => resource)
}

/** Without a mask the list tells little. */
function masked(routine: Resource, { query }: ApiCall): Resource {
  const mask = query.get('readMask')?.split(',') ?? [
    'etag',
    'routineType',
    'creationTime',
    'lastModifiedTime',
    'language',
  ]
  return Object.fromEntries(Object.entries(routine).filter(([key]) => key === 'routineReference' || mask.includes(key)))
}

function listedModel({ modelReference, modelType, creationTime, lastModifiedTime, labels }: Resource): Resource {
  return { modelReference, modelType, creationTime, lastModifiedTime, labels }
}

function listedTable({ resource }: TableWorld): Resource {
  const { kind, id, tableReference, friendlyName, type, timePartitioning, clustering, labels, creationTime } = resource
  return { kind, id, tableReference, friendlyName, type, timePartitioning, clustering, labels, creationTime }
}

function answerTables(dataset: DatasetWorld, call: ApiCall, step: string | undefined, sub: string | undefined): Reply {
  if (step === undefined) return ok(listPage(call, 'tables', [...dataset.tables.values()].map(listedTable)))
  const [name = '', verb] = step.split(':')
  const table = dataset.tables.get(name)
  if (table === undefined) return missing(call)
  if (verb === 'getIamPolicy') return ok(table.policy)
  if (sub === 'rowAccessPolicies') return ok(listPage(call, 'rowAccessPolicies', table.rowPolicies))
  if (sub === 'data') return listRows(table, call)
  const { numRows, numBytes, ...basic } = table.resource
  return ok(call.query.get('view') === 'BASIC' ? basic : { ...basic, numRows, numBytes })
}

function listRows({ resource, rows }: TableWorld, { query }: ApiCall): Reply {
  if (!['TABLE', 'SNAPSHOT', 'CLONE'].includes(String(resource.type))) {
    return refuse(400, 'invalid', `Cannot list a table of type ${String(resource.type)}.`)
  }
  return ok({ rows: rows.slice(0, Number(query.get('maxResults'))).map(toApiRow), totalRows: String(rows.length) })
}

const toApiRow = (row: readonly unknown[]): Resource => ({ f: row.map((v) => ({ v })) })

/** Newest first, from the moment asked for, of one script or of none. */
function listJobs({ jobs }: ProjectWorld, { query }: ApiCall): Resource[] {
  const since = Number(query.get('minCreationTime') ?? 0)
  const parent = query.get('parentJobId') ?? undefined
  const statisticsOf = (job: Resource) => job.statistics as { creationTime: string; parentJobId?: string }
  return jobs
    .filter((job) => Number(statisticsOf(job).creationTime) >= since && statisticsOf(job).parentJobId === parent)
    .toReversed()
}

const SELECT = /^SELECT \* FROM `([^`]+)`\.`([^`]+)`\.`([^`]+)` LIMIT (\d+)$/

/** A view's rows are what the world keeps for it; each query is a job. */
function runQuery(world: World, project: ProjectWorld, { body }: ApiCall): Reply {
  const { query, dryRun, labels } = body as { query: string; dryRun?: boolean; labels?: object }
  const [, owner = '', dataset = '', name = '', limit] = SELECT.exec(query) ?? []
  const table = world.projects.get(owner)?.datasets.get(dataset)?.tables.get(name)
  if (table === undefined) return refuse(404, 'notFound', `Not found: Table ${owner}:${dataset}.${name}`)
  const totalBytesProcessed = String(table.resource.numBytes ?? '0')
  if (dryRun === true) return ok({ totalBytesProcessed, jobComplete: true })
  const at = tick(world)
  project.jobs.push({
    jobReference: { projectId: owner, jobId: `preview-${at}`, location: 'EU' },
    status: { state: 'DONE' },
    configuration: { jobType: 'QUERY', labels, query: { query } },
    statistics: { creationTime: at, startTime: at, endTime: at },
  })
  return ok({ jobComplete: true, totalBytesProcessed, rows: table.rows.slice(0, Number(limit)).map(toApiRow) })
}

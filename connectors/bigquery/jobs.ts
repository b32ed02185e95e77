import { IngestError } from '../kit/index.ts'
import type { Client } from './client.ts'
import { grantOn, type Job } from './resources.ts'

const DAY_MS = 86_400_000
const ROLE = 'roles/bigquery.resourceViewer'

/** The label of queries of our own; those of a preview have it. */
export const OWN_LABEL = 'tidemark'

/** Without plans and timelines, which are most of a job. */
const FIELDS = `nextPageToken,unreachable,jobs(jobReference,user_email,status(state,errorResult(reason)),
  configuration(jobType,labels,dryRun,query(query,defaultDataset,destinationTable,useLegacySql),copy(sourceTable,sourceTables,destinationTable),load(destinationTable)),
  statistics(creationTime,startTime,endTime,parentJobId,numChildJobs,query(statementType,cacheHit,referencedTables,referencedLogicalViews,ddlTargetTable,ddlOperationPerformed)))`.replace(
  /\s+/g,
  '',
)

interface JobList {
  readonly jobs?: readonly Job[]
  readonly nextPageToken?: string
  /** Locations that did not answer. */
  readonly unreachable?: readonly string[]
}

export interface JobWindow {
  /** Milliseconds since the epoch: jobs created then or later. */
  readonly since: number
  /** Only the statements of this script. */
  readonly parent?: string
}

/** The start of what is read when nothing was read before. */
export const historyStart = (days: number): number => Date.now() - days * DAY_MS

/**
 * The jobs of all users of a project, newest first, in every location, our own left out. The list is free; the views of
 * INFORMATION_SCHEMA that tell the same are not. https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/list
 */
export async function* listJobs(
  client: Client,
  project: string,
  { since, parent }: JobWindow,
): AsyncGenerator<{ readonly jobs: readonly Job[]; readonly unreachable: readonly string[] }, void, void> {
  const request = {
    path: ['projects', project, 'jobs'],
    query: {
      allUsers: true,
      projection: 'full',
      maxResults: 1000,
      minCreationTime: Math.max(0, Math.trunc(since)),
      parentJobId: parent,
      fields: FIELDS,
    },
    what: `jobs of ${project}`,
    grant: grantOn(project, client.account.principal, ROLE),
  }
  for await (const { jobs = [], unreachable = [] } of client.pages<JobList>(request)) {
    yield { jobs: jobs.filter((job) => !isOwn(job)), unreachable }
  }
}

const isOwn = ({ configuration }: Job): boolean =>
  configuration?.dryRun === true || configuration?.labels?.[OWN_LABEL] !== undefined

export const createdAt = ({ statistics }: Job): number => Number(statistics?.creationTime ?? 0)

export const isDone = ({ status }: Job): boolean => status?.state === 'DONE'

export const hasFailed = ({ status }: Job): boolean => status?.errorResult !== undefined

/** Of other users' jobs an account without `bigquery.jobs.listAll` learns that they were, not what they did. */
export const isRedacted = ({ configuration }: Job): boolean =>
  configuration?.query?.query === undefined && configuration?.copy === undefined && configuration?.load === undefined

export function hiddenJobs(client: Client, project: string, count: number): IngestError {
  return new IngestError('permission', `${count} jobs of other users in ${project} are not shown to this account`, {
    hint: grantOn(project, client.account.principal, ROLE),
  })
}

export function unreachableJobs(project: string, locations: readonly string[]): IngestError {
  return new IngestError('source_unavailable', `jobs of ${project} in ${locations.join(', ')} could not be read`)
}

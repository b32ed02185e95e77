import { keyPath, type NamePath, type SqlTexts } from '../kit/index.ts'
import { cataloguedName } from './shards.ts'

/**
 * How BigQuery's texts name relations. What a view or routine does not qualify with a project is in its own; a dataset
 * is never left out but in a job, which may give one.
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#path_expressions
 */
export const sqlTexts: SqlTexts = {
  dialect: 'bigquery',
  opaque: ['javascript', 'python', 'java', 'scala'],
  defaults: ({ path: [database = ''] }) => ({ database }),
  logDefaults(_scope, database) {
    const [project = '', dataset] = keyPath(database ?? '') ?? []
    return { database: project, ...(dataset === undefined ? {} : { schemas: [dataset] }) }
  },
  assetPath: (name) => {
    const [project, dataset, table] = splitProject(name)
    return project === undefined || dataset === undefined || table === undefined
      ? undefined
      : [project, dataset, cataloguedName(table)]
  },
  isSystem: (name) =>
    name.some((part) => /^information_schema$/i.test(part)) || /^__tables(_summary)?__$/i.test(name.at(-1) ?? ''),
}

/** A name of exactly project, dataset and table; regions (`region-eu`) hold the system's views. */
function splitProject(name: NamePath): NamePath {
  return name.length === 3 ? name : []
}

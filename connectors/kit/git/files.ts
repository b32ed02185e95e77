/** What a file of a repository means to data. */
export type CodeFileKind =
  | 'sql file'
  | 'migration'
  | 'notebook'
  | 'lookml file'
  | 'pipeline'
  | 'openapi schema'
  | 'graphql schema'
  | 'protobuf schema'
  | 'avro schema'
  | 'json schema'
  | 'data file'
  | 'workflow'
  | 'dbt file'
  | 'file'

const RULES: readonly (readonly [CodeFileKind, RegExp])[] = [
  ['workflow', /^\.github\/workflows\/[^/]+\.ya?ml$/],
  ['dbt file', /(^|\/)(dbt_project|packages|dependencies|profiles)\.ya?ml$/],
  ['notebook', /\.ipynb$/i],
  ['lookml file', /\.(lkml|lookml)$/i],
  // Flyway, Liquibase, Alembic, Rails, Django, Prisma, golang-migrate, Knex: by the folders and names they all prescribe.
  [
    'migration',
    /(^|\/)(migrations?|migrate|alembic\/versions|db\/changelog|flyway)\/.*\.(sql|py|rb|xml|ya?ml|json|js|ts|php)$/i,
  ],
  ['migration', /(^|\/)[VUR]\d*[\d._]*__[^/]+\.sql$/],
  ['sql file', /\.(sql|ddl|dml|hql|bq|psql|plsql|pls|pks|pkb|tsql|cql)(\.j2|\.jinja|\.jinja2)?$/i],
  ['openapi schema', /(^|\/)(open-?api|swagger)[^/]*\.(ya?ml|json)$/i],
  ['openapi schema', /\.(openapi|swagger)\.(ya?ml|json)$/i],
  ['graphql schema', /\.(graphqls?|gql)$/i],
  ['protobuf schema', /\.proto$/i],
  ['avro schema', /\.avsc$/i],
  ['json schema', /(\.|^|\/)schema\.json$/i],
  ['pipeline', /(^|\/)(dags|dagster[^/]*|prefect[^/]*|flows|pipelines)\/.*\.py$/i],
  ['pipeline', /(^|\/)[^/]*(_dag|_flow|_pipeline|definitions)\.py$/i],
  ['data file', /\.(csv|tsv|psv|parquet|avro|orc|feather|arrow|jsonl|ndjson|xlsx?)(\.gz|\.zst|\.bz2)?$/i],
]

/** What a path says of its file; undefined for one that has nothing to do with data. */
export function codeFileKind(path: string): CodeFileKind | undefined {
  return RULES.find(([, pattern]) => pattern.test(path))?.[0]
}

import { asObject, asText, type JsonObject } from '../schemas/fields.ts'

/** What a repository says of the database that a file of SQL is of; each part only where something says so. */
export interface SqlHint {
  /** As it is written there: `postgres`, `postgresql`, `sqlserver`. */
  readonly dialect?: string
  readonly database?: string
  readonly schemas?: readonly string[]
}

const SQLFLUFF = /(^|\/)(\.sqlfluff|pyproject\.toml|setup\.cfg|tox\.ini)$/
const URLS = /(^|\/)(flyway\.(conf|toml)|liquibase\.properties|alembic\.ini|schema\.prisma)$/
const PROFILES = /(^|\/)profiles\.ya?ml$/
const PROJECT = /(^|\/)dbt_project\.ya?ml$/

/** Whether a file may say of which database others are. */
export function isSqlHintFile(path: string): boolean {
  return [SQLFLUFF, URLS, PROFILES, PROJECT].some((pattern) => pattern.test(path))
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  hql: 'hive',
  bq: 'bigquery',
  psql: 'postgres',
  tsql: 'tsql',
  plsql: 'oracle',
  pls: 'oracle',
  pks: 'oracle',
  pkb: 'oracle',
}

/**
 * Makes the look-up of hints from the texts of {@link isSqlHintFile}s. Of a file in a dbt project the profile counts, then
 * SQLFluff's settings, then where migrations connect to, each of the nearest folder; then the file's ending, and its folders' names.
 */
export function createSqlHints(
  files: ReadonlyMap<string, string>,
  { parseYaml, isDialect }: { parseYaml: (text: string) => unknown; isDialect: (name: string) => boolean },
): (path: string) => SqlHint | undefined {
  const linted = new Map<string, string>()
  const connected = new Map<string, string>()
  const projects = new Map<string, SqlHint>()
  const profiles = [...files]
    .filter(([path]) => PROFILES.test(path))
    .map(([path, text]) => [folderOf(path), text] as const)
  const byFolder = new Map(profiles.map(([folder, text]) => [folder, read(text, parseYaml)]))
  for (const [path, text] of files) {
    const folder = folderOf(path)
    const dialect = SQLFLUFF.test(path) ? sqlfluffDialect(text) : URLS.test(path) ? connectionDialect(text) : undefined
    if (dialect !== undefined && isDialect(dialect)) (SQLFLUFF.test(path) ? linted : connected).set(folder, dialect)
    if (!PROJECT.test(path)) continue
    const profile = asText(read(text, parseYaml).profile)
    const near = nearest(byFolder, folder)
    const hint = profile === undefined || near === undefined ? undefined : profileHint(asObject(near[profile]))
    if (hint !== undefined) projects.set(folder, hint)
  }
  return (path) => {
    const folder = folderOf(path)
    const named = folder.split('/').findLast((name) => name !== '' && isDialect(name))
    const ending = EXTENSIONS[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '']
    const project = nearest(projects, folder)
    const told = project?.dialect !== undefined && isDialect(project.dialect) ? project.dialect : undefined
    const dialect = told ?? nearest(linted, folder) ?? nearest(connected, folder) ?? ending ?? named
    const { dialect: _, ...places } = project ?? {}
    const hint = { ...(dialect === undefined ? {} : { dialect }), ...places }
    return Object.keys(hint).length === 0 ? undefined : hint
  }
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}

/** What the innermost folder around has. */
function nearest<T>(byFolder: ReadonlyMap<string, T>, folder: string): T | undefined {
  for (let at = folder; ; at = folderOf(at)) {
    const found = byFolder.get(at)
    if (found !== undefined || at === '') return found
  }
}

function read(text: string, parseYaml: (text: string) => unknown): JsonObject {
  try {
    return asObject(parseYaml(text)) ?? {}
  } catch {
    return {}
  }
}

/** https://docs.sqlfluff.com/en/stable/configuration/setting_configuration.html */
function sqlfluffDialect(text: string): string | undefined {
  const section = /^\[(?:sqlfluff|tool\.sqlfluff\.core)\][^\n]*\n([\s\S]*?)(?=^\[|$(?![\s\S]))/m.exec(text)?.[1] ?? ''
  return /^\s*dialect\s*[=:]\s*["']?(\w+)/m.exec(section)?.[1]
}

/** The scheme of the first address: `jdbc:postgresql://…`, `mysql+pymysql://…`; Prisma names its provider. */
function connectionDialect(text: string): string | undefined {
  const provider = /^datasource\s+\w+\s*\{[^}]*?\bprovider\s*=\s*"(\w+)"/m.exec(text)?.[1]
  return provider ?? /^[^#\n]*\burl\b[^=\n]*=\s*["']?(?:jdbc:)?(\w+)(?:\+\w+)?:/m.exec(text)?.[1]
}

/** https://docs.getdbt.com/docs/core/connect-data-platform/profiles.yml */
function profileHint(profile: JsonObject | undefined): SqlHint | undefined {
  const outputs = Object.entries(asObject(profile?.outputs) ?? {}).flatMap(([name, output]) => {
    const settings = asObject(output)
    return settings === undefined ? [] : [[name, settings] as const]
  })
  const target = literal(profile?.target)
  const meant = outputs.find(([name]) => name === target)?.[1] ?? (outputs.length === 1 ? outputs[0]?.[1] : undefined)
  const types = new Set(outputs.map(([, output]) => literal(output.type)))
  const dialect = literal(meant?.type) ?? (types.size === 1 ? [...types][0] : undefined)
  const database = literal(meant?.dbname ?? meant?.database ?? meant?.project ?? meant?.catalog)
  const schema = literal(meant?.schema ?? meant?.dataset)
  return {
    ...(dialect === undefined ? {} : { dialect }),
    ...(database === undefined ? {} : { database }),
    ...(schema === undefined ? {} : { schemas: [schema] }),
  }
}

/** What is put together when dbt runs says nothing. */
function literal(value: unknown): string | undefined {
  const text = asText(value)
  return text === undefined || text.includes('{{') ? undefined : text
}

import {
  type AssetRecord,
  asObject,
  type Described,
  type FieldRecord,
  type Json,
  parseLfsPointer,
  readAvroFields,
  readDelimitedFields,
  readGraphqlFields,
  readJsonSchemaFields,
  readOpenApiFields,
  readProtobufFields,
  toFieldRecords,
  withProperties,
} from '../../kit/index.ts'
import { encodePath, fileFingerprint, parentOf } from '../items.ts'
import type { Reader } from '../reader.ts'
import type { Repository } from '../repositories.ts'
import { sqlReading } from '../sql.ts'
import type { TreeFile } from '../tree.ts'

/** What of a file is looked into. */
const TEXT_KINDS: ReadonlySet<TreeFile['kind']> = new Set([
  'sql file',
  'migration',
  'notebook',
  'lookml file',
  'pipeline',
  'openapi schema',
  'graphql schema',
  'protobuf schema',
  'avro schema',
  'json schema',
  'workflow',
])

/** Files by their path, texts fetched in bulk. */
export async function* describeFiles(
  reader: Reader,
  paths: ReadonlyMap<string, string>,
): AsyncGenerator<Described[], void, void> {
  const tree = await reader.anyTree()
  if (tree === undefined) return
  const files = [...paths].flatMap(([key, path]) => {
    const file = tree.files.get(path)
    return file === undefined ? [] : [{ key, file }]
  })
  const texts = await reader.blobs.read(files.flatMap(({ file }) => (TEXT_KINDS.has(file.kind) ? [file] : [])))
  const heads = await reader.blobs.readHeads(files.flatMap(({ file }) => (file.kind === 'data file' ? [file] : [])))
  const { parse } = await import('yaml')
  yield files.map(({ key, file }) => {
    const text = texts.get(file.sha) ?? heads.get(file.sha)
    return { key, fingerprint: fileFingerprint(file), records: [fileRecord(reader, file, text, parse)] }
  })
}

type ParseYaml = (text: string) => unknown

function fileRecord(
  { config, repository }: Reader,
  file: TreeFile,
  text: string | undefined,
  parseYaml: ParseYaml,
): AssetRecord {
  const { path, kind, owners } = file
  const lfs = text === undefined ? undefined : parseLfsPointer(text)
  const content = lfs === undefined ? text : undefined
  const fields = content === undefined ? [] : readFields(kind, path, content, parseYaml)
  const isSql =
    content !== undefined &&
    /^(sql file|migration)$/.test(kind) &&
    /\.(py|rb|xml|ya?ml|json|js|ts|php)$/i.exec(path) === null
  return {
    kind,
    path: [repository.owner, repository.name, path],
    parent: parentOf(repository),
    nativeId: `${repository.id}:${path}`,
    ...(owners.length === 0 ? {} : { owner: owners.join(' ') }),
    url: fileUrl(repository, file),
    ...(fields.length === 0 ? {} : { fields }),
    ...(isSql ? { definition: { language: 'sql', text: content } } : {}),
    ...withProperties({
      sha: file.sha,
      ...(kind === 'submodule' ? {} : { bytes: file.size }),
      ...(lfs === undefined ? {} : { lfs: { oid: lfs.oid, bytes: lfs.size } }),
      ...(content === undefined ? {} : detailsOf(kind, content, parseYaml)),
      ...(isSql ? { sql: sqlReading(config, repository, path, file.sql) ?? null } : {}),
    }),
  }
}

/** At the default branch, whatever it is called: a commit would move all files' records with every push. */
function fileUrl({ url }: Repository, { path, kind, sha }: TreeFile): string {
  const name = path.replace(`#${sha}`, '')
  return `${url}/${kind === 'submodule' ? 'tree' : 'blob'}/HEAD/${encodePath(name)}`
}

/** The fields of files that have a schema; none of one that cannot be read. */
function readFields(kind: TreeFile['kind'], path: string, text: string, parseYaml: ParseYaml): FieldRecord[] {
  try {
    switch (kind) {
      case 'avro schema':
        return toFieldRecords(readAvroFields(JSON.parse(text)))
      case 'json schema':
        return toFieldRecords(readJsonSchemaFields(JSON.parse(text)))
      case 'openapi schema':
        return toFieldRecords(readOpenApiFields(parseYaml(text)))
      case 'graphql schema':
        return toFieldRecords(readGraphqlFields(text))
      case 'protobuf schema':
        return toFieldRecords(readProtobufFields(text))
      case 'data file':
        return /\.(csv|tsv|psv)$/i.test(path) ? toFieldRecords(readDelimitedFields(text)) : []
      default:
        return []
    }
  } catch {
    return []
  }
}

function detailsOf(kind: TreeFile['kind'], text: string, parseYaml: ParseYaml): Record<string, Json> {
  try {
    if (kind === 'workflow') return workflowDetails(asObject(parseYaml(text)))
    if (kind === 'notebook') return notebookDetails(asObject(JSON.parse(text)))
  } catch {
    return {}
  }
  return kind === 'pipeline' ? pipelineDetails(text) : {}
}

function workflowDetails(workflow: Readonly<Record<string, unknown>> | undefined): Record<string, Json> {
  const on = workflow?.on
  const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on.map(String) : Object.keys(asObject(on) ?? {})
  return {
    ...(typeof workflow?.name === 'string' ? { name: workflow.name } : {}),
    events: events.sort(),
    jobs: Object.keys(asObject(workflow?.jobs) ?? {}),
  }
}

function notebookDetails(notebook: Readonly<Record<string, unknown>> | undefined): Record<string, Json> {
  const metadata = asObject(notebook?.metadata)
  const language = asObject(metadata?.language_info)?.name ?? asObject(metadata?.kernelspec)?.language
  return {
    ...(typeof language === 'string' ? { language } : {}),
    cells: Array.isArray(notebook?.cells) ? notebook.cells.length : 0,
  }
}

const FRAMEWORKS = ['airflow', 'dagster', 'prefect'] as const

function pipelineDetails(text: string): Record<string, Json> {
  const used = FRAMEWORKS.filter((name) => new RegExp(`^\\s*(?:from|import)\\s+${name}\\b`, 'm').test(text))
  const names = [...text.matchAll(/\bdag_id\s*=\s*["']([^"']+)["']|\bDAG\(\s*["']([^"']+)["']/g)]
  return {
    ...(used.length === 0 ? {} : { frameworks: [...used] }),
    ...(names.length === 0 ? {} : { dags: [...new Set(names.map(([, named, first]) => named ?? first ?? ''))] }),
  }
}

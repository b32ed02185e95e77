import {
  type AssetRecord,
  asText,
  compareNames,
  type Described,
  type FieldRecord,
  type Json,
  optional,
  readDelimitedFields,
  toFieldRecords,
  type UpstreamRecord,
  withProperties,
} from '../../kit/index.ts'
import {
  type DbtColumn,
  type DbtExposure,
  type DbtNode,
  type DbtProject,
  type DbtSource,
  readProject,
} from '../dbt/project.ts'
import { findReferences } from '../dbt/references.ts'
import { encodePath, parentOf } from '../items.ts'
import type { Reader } from '../reader.ts'
import { sqlReading } from '../sql.ts'
import { projectOf, type Tree } from '../tree.ts'

/** A project with where it lies. */
interface Located {
  readonly reader: Reader
  readonly folder: string
  readonly project: DbtProject
  readonly tree: Tree
}

/** dbt projects by their folder: one item each, since what a model means depends on all of its project. */
export async function* describeProjects(
  reader: Reader,
  folders: ReadonlyMap<string, string>,
): AsyncGenerator<Described[], void, void> {
  const tree = await reader.anyTree()
  const { parse } = await import('yaml')
  for (const [key, folder] of folders) {
    const sha = tree?.projects.get(folder)
    if (tree === undefined || sha === undefined) continue
    const files = await readFiles(reader, tree, folder)
    const project = readProject(files, parse)
    yield [{ key, fingerprint: sha, records: projectRecords({ reader, folder, project, tree }) }]
  }
}

async function readFiles(reader: Reader, tree: Tree, folder: string): Promise<Map<string, string>> {
  const own = [...tree.projectFiles].filter(([path]) => projectOf(tree.projects.keys(), path) === folder)
  const inside = (path: string) => (folder === '' ? path : path.slice(folder.length + 1))
  const read = own.filter(([path]) => /\.(sql|ya?ml)$/i.test(path) && !/(^|\/)(target|dbt_packages)\//.test(path))
  const seeds = own.filter(([path]) => /\.csv$/i.test(path))
  const texts = await reader.blobs.read(read.map(([, file]) => file))
  const heads = await reader.blobs.readHeads(seeds.map(([, file]) => file))
  return new Map(
    [...read, ...seeds]
      .map(([path, { sha }]) => [inside(path), texts.get(sha) ?? heads.get(sha) ?? ''] as const)
      .sort(([left], [right]) => compareNames(left, right)),
  )
}

function pathOf({ reader, folder }: Located, ...own: string[]): string[] {
  const { owner, name } = reader.repository
  return [owner, name, folder === '' ? '.' : folder, ...own]
}

function fileOf({ folder }: Located, file: string): string {
  return folder === '' ? file : `${folder}/${file}`
}

function readingOf(located: Located, file: string): Reading {
  const { reader, tree } = located
  const path = fileOf(located, file)
  return sqlReading(reader.config, reader.repository, path, tree.sqlHint(path))
}

function urlOf({ reader, folder }: Located, file: string): string {
  const { url } = reader.repository
  return `${url}/blob/HEAD/${encodePath(folder === '' ? file : `${folder}/${file}`)}`
}

function projectRecords(located: Located): AssetRecord[] {
  const { project, reader } = located
  const record: AssetRecord = {
    kind: 'dbt project',
    path: pathOf(located),
    parent: parentOf(reader.repository),
    nativeId: `${reader.repository.id}:dbt:${located.folder}`,
    url: urlOf(located, 'dbt_project.yml'),
    ...withProperties({ name: project.name, version: project.version }),
  }
  return [
    record,
    ...project.sources.map((source) => sourceRecord(located, source)),
    ...project.nodes.map((node) => nodeRecord(located, node)),
    ...project.exposures.map((exposure) => exposureRecord(located, exposure)),
  ]
}

const inProject = (located: Located) => ({ group: 'job' as const, path: pathOf(located) })

function sourceRecord(located: Located, source: DbtSource): AssetRecord {
  const { reader } = located
  const name = `${source.source}.${source.name}`
  const reading = readingOf(located, source.file)
  const relation = sourceRelation(source, reading)
  const namespace = asText(reading?.namespace)
  return {
    kind: 'dbt source',
    path: pathOf(located, name),
    parent: inProject(located),
    nativeId: `${reader.repository.id}:dbt:${located.folder}:${name}`,
    ...optional('comment', source.description),
    url: urlOf(located, source.file),
    ...withFields(source.columns, []),
    ...withProperties({ file: fileOf(located, source.file), relation }),
    ...(namespace === undefined
      ? {}
      : { upstreams: [{ namespace, group: 'relation', path: relation, origin: 'code' }] }),
  }
}

function nodeRecord(located: Located, node: DbtNode): AssetRecord {
  const { reader, project } = located
  const file = fileOf(located, node.file)
  const reading = readingOf(located, node.file)
  const references = node.kind === 'seed' ? [] : findReferences(node.text)
  const relation = nodeRelation(node, reading)
  const known = references.flatMap((reference): UpstreamRecord[] => {
    const found =
      reference.kind === 'source'
        ? project.sources.some(({ source, name }) => `${source}.${name}` === reference.key)
        : project.nodes.some(({ name }) => name === reference.name)
    const own = reference.kind === 'source' ? reference.key : reference.name
    return found && own !== node.name ? [{ group: 'job', path: pathOf(located, own), origin: 'code' }] : []
  })
  const unresolved = references.filter(
    ({ kind, key, name }) =>
      !(kind === 'source'
        ? project.sources.some((source) => `${source.source}.${source.name}` === key)
        : project.nodes.some((other) => other.name === name)),
  )
  return {
    kind: `dbt ${node.kind}`,
    path: pathOf(located, node.name),
    parent: inProject(located),
    nativeId: `${reader.repository.id}:dbt:${located.folder}:${node.name}`,
    ...optional('comment', node.description),
    url: urlOf(located, node.file),
    ...withFields(node.columns, node.kind === 'seed' ? toFieldRecords(readDelimitedFields(node.text)) : []),
    ...(node.kind === 'seed' ? {} : { definition: { language: 'sql', text: node.text } }),
    ...withProperties({
      file,
      materialized: asText(node.config.materialized) ?? (node.kind === 'model' ? 'view' : 'table'),
      relation,
      ...(unresolved.length === 0
        ? {}
        : { unresolved: unresolved.map(({ kind, key, line }) => ({ kind, key, line })) }),
      ...(reading === undefined || node.kind === 'seed'
        ? {}
        : { sql: { ...reading, target: relation, manifest: manifestOf(located, node, reading) } }),
    }),
    ...withUpstreams(known),
  }
}

function exposureRecord(located: Located, exposure: DbtExposure): AssetRecord {
  const references = exposure.dependsOn.flatMap(findReferences)
  return {
    kind: 'dbt exposure',
    path: pathOf(located, exposure.name),
    parent: inProject(located),
    nativeId: `${located.reader.repository.id}:dbt:${located.folder}:exposure:${exposure.name}`,
    ...optional('owner', exposure.owner),
    ...optional('comment', exposure.description),
    url: exposure.url ?? urlOf(located, exposure.file),
    ...withProperties({ file: fileOf(located, exposure.file), type: exposure.type }),
    ...withUpstreams(
      references.map(({ kind, key, name }) => ({
        group: 'job',
        path: pathOf(located, kind === 'source' ? key : name),
        origin: 'code',
      })),
    ),
  }
}

function withUpstreams(upstreams: readonly UpstreamRecord[]): { upstreams?: UpstreamRecord[] } {
  const unique = new Map(upstreams.map((upstream) => [JSON.stringify(upstream.path), upstream]))
  if (unique.size === 0) return {}
  return { upstreams: [...unique].sort(([left], [right]) => compareNames(left, right)).map(([, upstream]) => upstream) }
}

function withFields(columns: readonly DbtColumn[], others: readonly FieldRecord[]): { fields?: FieldRecord[] } {
  const told = toFieldRecords(
    columns.map(({ name, type, comment }) => ({
      path: [name],
      nativeType: type ?? 'unknown',
      type: 'unknown',
      nullable: true,
      comment,
    })),
  ).map((field, index): FieldRecord => {
    const tests = columns[index]?.tests ?? []
    return tests.length === 0 ? field : { ...field, properties: { tests: [...tests] } }
  })
  const fields = told.length > 0 ? told : [...others]
  return fields.length === 0 ? {} : { fields }
}

type Reading = Readonly<Record<string, Json>> | undefined

function sourceRelation({ database, schema, identifier }: DbtSource, reading: Reading): string[] {
  const own = database ?? asText(reading?.database)
  return [...(own === undefined ? [] : [own]), schema, identifier]
}

/** dbt's own rule: a custom schema is appended to the target's. https://docs.getdbt.com/docs/build/custom-schemas */
function nodeRelation(node: DbtNode, reading: Reading): string[] {
  const { config, kind, name } = node
  const schemas = Array.isArray(reading?.schemas) ? reading.schemas : []
  const target = asText(schemas[0])
  const custom = asText(kind === 'snapshot' ? undefined : config.schema)
  const schema =
    kind === 'snapshot' && asText(config.target_schema) !== undefined
      ? asText(config.target_schema)
      : custom === undefined
        ? target
        : target === undefined
          ? custom
          : `${target}_${custom}`
  const database = asText(config.database) ?? asText(config.project) ?? asText(reading?.database)
  const alias = asText(config.alias) ?? name
  return [...(database === undefined ? [] : [database]), ...(schema === undefined ? [] : [schema]), alias]
}

/** What the templates of one text lead to. */
function manifestOf(located: Located, node: DbtNode, reading: Reading): Json {
  const { project } = located
  const refs: Record<string, Json> = {}
  const sources: Record<string, Json> = {}
  for (const { kind, key, name } of findReferences(node.text)) {
    if (kind === 'source') {
      const found = project.sources.find((source) => `${source.source}.${source.name}` === key)
      if (found !== undefined) sources[key] = sourceRelation(found, reading)
      continue
    }
    const found = project.nodes.find((other) => other.name === name)
    if (found === undefined) continue
    refs[key] = nodeRelation(found, readingOf(located, found.file))
  }
  return { refs, sources }
}

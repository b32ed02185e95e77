import { asObject, asText, type JsonObject } from '../../kit/index.ts'

/** What a node of a dbt project is. https://docs.getdbt.com/docs/build/projects */
export type NodeKind = 'model' | 'seed' | 'snapshot'

export interface DbtColumn {
  readonly name: string
  readonly type: string | undefined
  readonly comment: string | undefined
  readonly tests: readonly string[]
}

export interface DbtNode {
  readonly kind: NodeKind
  readonly name: string
  readonly file: string
  readonly text: string
  readonly description: string | undefined
  readonly columns: readonly DbtColumn[]
  readonly config: JsonObject
}

export interface DbtSource {
  readonly source: string
  readonly name: string
  readonly file: string
  readonly identifier: string
  readonly database: string | undefined
  readonly schema: string
  readonly description: string | undefined
  readonly columns: readonly DbtColumn[]
}

export interface DbtExposure {
  readonly name: string
  readonly file: string
  readonly type: string | undefined
  readonly url: string | undefined
  readonly owner: string | undefined
  readonly description: string | undefined
  readonly dependsOn: readonly string[]
}

export interface DbtProject {
  readonly name: string
  readonly version: string | undefined
  readonly nodes: readonly DbtNode[]
  readonly sources: readonly DbtSource[]
  readonly exposures: readonly DbtExposure[]
}

/** Files of a project: the path within it, and the text. */
export type ProjectFiles = ReadonlyMap<string, string>

/** Reads a project from its files, without running dbt. A file that cannot be read counts as empty. */
export function readProject(files: ProjectFiles, parseYaml: (text: string) => unknown): DbtProject {
  const read = (path: string): JsonObject => parseObject(files.get(path), parseYaml)
  const settings = read(files.has('dbt_project.yml') ? 'dbt_project.yml' : 'dbt_project.yaml')
  const name = asText(settings.name) ?? 'project'
  const paths = {
    model: folders(settings['model-paths'] ?? settings['source-paths'], 'models'),
    seed: folders(settings['seed-paths'] ?? settings['data-paths'], 'seeds'),
    snapshot: folders(settings['snapshot-paths'], 'snapshots'),
  }
  const properties = [...files.keys()].filter((path) => /\.ya?ml$/i.test(path) && !/^dbt_project/.test(path)).sort()
  const described = collectProperties(properties.map((path) => [path, read(path)]))
  const nodes = [...files].flatMap(([file, text]): DbtNode[] =>
    nodesOf(file, text, paths).map((node) => {
      const own = described.nodes.get(`${node.kind} ${node.name}`) ?? {}
      return {
        ...node,
        file,
        description: asText(own.description),
        columns: columnsOf(own),
        config: {
          ...settingsOf(settings, name, node.kind, file, paths),
          ...asObject(own.config),
          ...inlineConfig(node.text),
        },
      }
    }),
  )
  const unique = new Map(nodes.map((node) => [node.name, node]))
  return {
    name,
    version: asText(settings.version),
    nodes: [...unique.values()].sort((left, right) => (left.name < right.name ? -1 : 1)),
    sources: described.sources,
    exposures: described.exposures,
  }
}

type Paths = Readonly<Record<NodeKind, readonly string[]>>

function nodesOf(file: string, text: string, paths: Paths): Pick<DbtNode, 'kind' | 'name' | 'text'>[] {
  const within = (kind: NodeKind) => paths[kind].some((folder) => file.startsWith(`${folder}/`))
  const own = file.split('/').at(-1) ?? ''
  if (within('snapshot') && own.endsWith('.sql')) {
    const blocks = text.matchAll(/\{%-?\s*snapshot\s+(\w+)\s*-?%\}/g)
    return [...blocks].map(([, name = '']) => ({ kind: 'snapshot', name, text }))
  }
  if (within('model') && own.endsWith('.sql')) return [{ kind: 'model', name: own.slice(0, -4), text }]
  if (within('seed') && own.endsWith('.csv')) return [{ kind: 'seed', name: own.slice(0, -4), text }]
  return []
}

function folders(value: unknown, usual: string): string[] {
  const list = Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [usual]
  return list.map((folder) => folder.replace(/^\.\/|\/+$/g, ''))
}

function parseObject(text: string | undefined, parseYaml: (text: string) => unknown): JsonObject {
  try {
    return asObject(parseYaml(text ?? '')) ?? {}
  } catch {
    return {}
  }
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(asObject).filter((entry) => entry !== undefined) : []
}

function collectProperties(documents: readonly (readonly [string, JsonObject])[]) {
  const nodes = new Map<string, JsonObject>()
  const sources: DbtSource[] = []
  const exposures: DbtExposure[] = []
  for (const [file, document] of documents) {
    for (const [list, kind] of [
      ['models', 'model'],
      ['seeds', 'seed'],
      ['snapshots', 'snapshot'],
    ] as const) {
      for (const entry of objects(document[list])) nodes.set(`${kind} ${asText(entry.name) ?? ''}`, entry)
    }
    for (const source of objects(document.sources)) sources.push(...sourcesOf(file, source))
    for (const exposure of objects(document.exposures)) exposures.push(exposureOf(file, exposure))
  }
  const byName = <T>(list: T[], nameOf: (entry: T) => string) =>
    [...new Map(list.map((entry) => [nameOf(entry), entry])).values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return {
    nodes,
    sources: byName(sources, ({ source, name }) => `${source}.${name}`),
    exposures: byName(exposures, ({ name }) => name),
  }
}

function sourcesOf(file: string, source: JsonObject): DbtSource[] {
  const name = asText(source.name)
  if (name === undefined) return []
  return objects(source.tables).flatMap((table): DbtSource[] => {
    const own = asText(table.name)
    if (own === undefined) return []
    return [
      {
        source: name,
        name: own,
        file,
        identifier: asText(table.identifier) ?? own,
        database: asText(source.database),
        schema: asText(source.schema) ?? name,
        description: asText(table.description) ?? asText(source.description),
        columns: columnsOf(table),
      },
    ]
  })
}

function exposureOf(file: string, exposure: JsonObject): DbtExposure {
  const owner = asObject(exposure.owner)
  return {
    name: asText(exposure.name) ?? '',
    file,
    type: asText(exposure.type),
    url: asText(exposure.url),
    owner: asText(owner?.email) ?? asText(owner?.name),
    description: asText(exposure.description),
    dependsOn: Array.isArray(exposure.depends_on)
      ? exposure.depends_on.filter((entry) => typeof entry === 'string')
      : [],
  }
}

function columnsOf(node: JsonObject): DbtColumn[] {
  return objects(node.columns).flatMap((column): DbtColumn[] => {
    const name = asText(column.name)
    if (name === undefined) return []
    const tests = [column.tests, column.data_tests].flatMap((list) => (Array.isArray(list) ? list : []))
    const named = tests.map((test) => asText(test) ?? Object.keys(asObject(test) ?? {})[0] ?? '')
    return [{ name, type: asText(column.data_type), comment: asText(column.description), tests: named }]
  })
}

/** What `dbt_project.yml` sets for a folder, the innermost last; keys may be written with a plus. */
function settingsOf(settings: JsonObject, project: string, kind: NodeKind, file: string, paths: Paths): JsonObject {
  const root = paths[kind].find((folder) => file.startsWith(`${folder}/`)) ?? ''
  const steps = [
    project,
    ...file
      .slice(root.length + 1)
      .split('/')
      .slice(0, -1),
  ]
  let at = asObject(settings[`${kind}s`])
  let config: JsonObject = plain(at)
  for (const step of steps) {
    at = asObject(at?.[step])
    if (at === undefined) break
    config = { ...config, ...plain(at) }
  }
  return config
}

function plain(settings: JsonObject | undefined): JsonObject {
  const entries = Object.entries(settings ?? {}).filter(
    ([key, value]) => key.startsWith('+') || typeof value !== 'object',
  )
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(/^\+/, ''), value]))
}

/** The literal arguments of a `config(...)` call in the text. */
function inlineConfig(text: string): JsonObject {
  const body = /\{\{-?\s*config\s*\(([\s\S]*?)\)\s*-?\}\}/.exec(text)?.[1] ?? ''
  const pairs = body.matchAll(/(\w+)\s*=\s*(?:'([^']*)'|"([^"]*)"|(true|false|True|False))/g)
  return Object.fromEntries(
    [...pairs].map(([, key = '', one, two, flag]) => [key, flag === undefined ? (one ?? two) : /true/i.test(flag)]),
  )
}

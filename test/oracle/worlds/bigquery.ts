import { configFor, startStandIn } from '../../helpers/bigquery/stand-in.ts'
import {
  addDataset,
  addModel,
  addProject,
  addRoutine,
  createWorld,
  patchTable,
  putTable,
  type Resource,
  type TableAddress,
  tableIn,
  tick,
  type World,
} from '../../helpers/bigquery/world.ts'
import type { OracleWorld } from '../world.ts'

const PROJECTS = ['one', 'two']
const TYPES = ['STRING', 'INTEGER', 'FLOAT', 'DATE', 'JSON', 'RECORD']
const TAXONOMY = 'projects/one/locations/eu/taxonomies/1'

type Change = (world: World, picks: readonly number[]) => void

/** Two projects with a few datasets, changed in every way the API knows; each change is whole at once. */
export async function bigqueryWorld(seed: number): Promise<OracleWorld> {
  const world = createWorld()
  for (const project of PROJECTS) {
    addProject(world, project)
    for (const dataset of ['a', 'b']) {
      addDataset(world, project, dataset)
      for (const table of ['t1', 't2', 't3', 'd_20260101']) {
        const fields = [field('id', seed), field(`c${seed % 3}`, seed >> 3)]
        putTable(world, { project, dataset, table }, { schema: { fields } })
      }
    }
  }
  world.policyTags.set(TAXONOMY, [{ name: `${TAXONOMY}/policyTags/1`, displayName: 'First' }])
  const standIn = await startStandIn(world)
  const config = { ...configFor(standIn), projects: PROJECTS, rowAccessPolicies: true, tableAccess: true }
  const apply = async (operation: string, picks: readonly number[]) => CHANGES[operation]?.(world, picks)
  return {
    type: 'bigquery',
    config,
    operations: Object.keys(CHANGES),
    apply,
    // There are no transactions of DDL: what would be one is told at once.
    applyInTransaction: apply,
    commit: async () => {},
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  }
}

function field(name: string, pick: number): Resource {
  const type = TYPES[pick % TYPES.length] ?? 'STRING'
  const inner = { fields: [{ name: 'x', type: 'STRING', mode: 'NULLABLE' }] }
  return { name, type, mode: pick % 7 === 0 ? 'REPEATED' : 'NULLABLE', ...(type === 'RECORD' ? inner : {}) }
}

const pick = <T>(list: readonly T[], at: number | undefined): T | undefined =>
  list[(at ?? 0) % Math.max(1, list.length)]

function someDataset(world: World, [at = 0]: readonly number[]): Omit<TableAddress, 'table'> | undefined {
  const all = [...world.projects].flatMap(([project, { datasets }]) =>
    [...datasets.keys()].map((dataset) => ({ project, dataset })),
  )
  return pick(all, at)
}

function someTable(world: World, picks: readonly number[]): TableAddress | undefined {
  const all = [...world.projects].flatMap(([project, { datasets }]) =>
    [...datasets].flatMap(([dataset, { tables }]) => [...tables.keys()].map((table) => ({ project, dataset, table }))),
  )
  return pick(all, picks[0])
}

/** A change of a table's resource. */
function onTable(change: (resource: Resource, picks: readonly number[], world: World) => Resource): Change {
  return (world, picks) => {
    const address = someTable(world, picks)
    if (address !== undefined) patchTable(world, address, change(tableIn(world, address).resource, picks, world))
  }
}

const fieldsOf = ({ schema }: Resource): Resource[] => [...((schema as { fields?: Resource[] }).fields ?? [])]

function newTable(world: World, picks: readonly number[], name: string, more: Resource = {}): void {
  const dataset = someDataset(world, picks)
  if (dataset === undefined) return
  const fields = [field('id', 1), field('v', picks[2] ?? 0)]
  putTable(world, { ...dataset, table: name }, { schema: { fields }, ...more })
}

/** Views read tables by full names; some of them are gone, or not there yet. */
function viewOf(world: World, picks: readonly number[]): Resource {
  const of = someTable(world, [picks[3] ?? 0]) ?? { project: 'one', dataset: 'a', table: 't1' }
  const query = `select * from \`${of.project}.${of.dataset}.${of.table}\``
  return { type: 'VIEW', view: { query, useLegacySql: false } }
}

const CHANGES: Readonly<Record<string, Change>> = {
  'new table': (world, picks) => newTable(world, picks, `t${(picks[1] ?? 0) % 9}`),
  'new shard': (world, picks) =>
    newTable(world, picks, `d_202601${String(1 + ((picks[1] ?? 0) % 28)).padStart(2, '0')}`),
  'new view': (world, picks) => newTable(world, picks, `v${(picks[1] ?? 0) % 5}`, viewOf(world, picks)),
  'drop table': (world, picks) => {
    const address = someTable(world, picks)
    if (address !== undefined)
      world.projects.get(address.project)?.datasets.get(address.dataset)?.tables.delete(address.table)
  },
  'add column': onTable((resource, [, name = 0, type = 0]) => ({
    schema: {
      fields: [...fieldsOf(resource).filter((entry) => entry.name !== `n${name % 6}`), field(`n${name % 6}`, type)],
    },
  })),
  'drop column': onTable((resource, [, at = 0]) => {
    const fields = fieldsOf(resource)
    return { schema: { fields: fields.filter((_, index) => fields.length === 1 || index !== at % fields.length) } }
  }),
  'describe column': onTable((resource, [, at = 0, words = 0]) => ({
    schema: {
      fields: fieldsOf(resource).map((entry, index, all) =>
        index === at % all.length ? { ...entry, description: `words ${words % 5}` } : entry,
      ),
    },
  })),
  'tag column': onTable((resource, [, at = 0, tag = 0]) => ({
    schema: {
      fields: fieldsOf(resource).map((entry, index, all) =>
        index === at % all.length ? { ...entry, policyTags: { names: [`${TAXONOMY}/policyTags/${tag % 3}`] } } : entry,
      ),
    },
  })),
  'rename tag': (world, [, name = 0]) => {
    world.policyTags.set(TAXONOMY, [{ name: `${TAXONOMY}/policyTags/1`, displayName: `Name ${name % 4}` }])
  },
  describe: onTable((_resource, [, words = 0]) => ({ description: `words ${words % 5}` })),
  label: onTable((_resource, [, value = 0]) => ({ labels: { team: `t${value % 4}` } })),
  partition: onTable((_resource, [, kind = 0]) => ({ timePartitioning: { type: ['DAY', 'HOUR', 'MONTH'][kind % 3] } })),
  'key to another': onTable((_resource, [, , , of = 0], world) => {
    const to = someTable(world, [of])
    const referencedTable = { projectId: to?.project, datasetId: to?.dataset, tableId: to?.table }
    const columnReferences = [{ referencingColumn: 'id', referencedColumn: 'id' }]
    return { tableConstraints: { foreignKeys: [{ name: 'k.fk$1', referencedTable, columnReferences }] } }
  }),
  'write rows': onTable((_resource, [, rows = 0]) => ({ numRows: String(rows) })),
  'row policy': (world, picks) => {
    const address = someTable(world, picks)
    if (address === undefined) return
    const { rowPolicies } = tableIn(world, address)
    const policyId = `p${(picks[1] ?? 0) % 3}`
    rowPolicies.splice(0, rowPolicies.length, { rowAccessPolicyReference: { policyId }, filterPredicate: 'true' })
  },
  'give access': (world, picks) => {
    const address = someTable(world, picks)
    if (address === undefined) return
    const members = [`user:${(picks[1] ?? 0) % 3}@example.com`]
    tableIn(world, address).policy = { bindings: [{ role: 'roles/bigquery.dataViewer', members }] }
  },
  'new dataset': (world, picks) => {
    const project = PROJECTS[(picks[0] ?? 0) % PROJECTS.length] ?? 'one'
    const dataset = `n${(picks[1] ?? 0) % 3}`
    if (!world.projects.get(project)?.datasets.has(dataset)) addDataset(world, project, dataset)
  },
  'drop dataset': (world, picks) => {
    const of = someDataset(world, picks)
    if (of?.dataset.startsWith('n') === true) world.projects.get(of.project)?.datasets.delete(of.dataset)
  },
  'change dataset': (world, picks) => {
    const of = someDataset(world, picks)
    const dataset = of === undefined ? undefined : world.projects.get(of.project)?.datasets.get(of.dataset)
    if (dataset === undefined) return
    const access = [{ role: 'READER', userByEmail: `${(picks[1] ?? 0) % 3}@example.com` }]
    dataset.resource = {
      ...dataset.resource,
      access,
      description: `words ${(picks[2] ?? 0) % 4}`,
      lastModifiedTime: tick(world),
    }
  },
  'put routine': (world, picks) => {
    const of = someDataset(world, picks)
    if (of === undefined) return
    addRoutine(world, { ...of, table: `f${(picks[1] ?? 0) % 3}` }, { definitionBody: String((picks[2] ?? 0) % 5) })
  },
  'train model': (world, picks) => {
    const of = someDataset(world, picks)
    if (of === undefined) return
    const featureColumns = [{ name: `x${(picks[2] ?? 0) % 3}`, type: { typeKind: 'INT64' } }]
    addModel(world, { ...of, table: `m${(picks[1] ?? 0) % 2}` }, { modelType: 'KMEANS', featureColumns })
  },
  'drop model': (world, picks) => {
    const of = someDataset(world, picks)
    const models = of === undefined ? undefined : world.projects.get(of.project)?.datasets.get(of.dataset)?.models
    models?.delete(`m${(picks[1] ?? 0) % 2}`)
  },
}

import type { Emulator } from '../../helpers/bigquery/emulator.ts'
import { configFor } from '../../helpers/bigquery/stand-in.ts'
import type { Resource } from '../../helpers/bigquery/world.ts'
import type { OracleWorld } from '../world.ts'

const TYPES = ['STRING', 'INT64', 'FLOAT64', 'DATE', 'BOOL']

type Change = (picks: readonly number[]) => Promise<unknown>

/** One project of the emulator's, emptied, changed through its API and by DDL. */
export async function emulatorWorld(emulator: Emulator, project: string, seed: number): Promise<OracleWorld> {
  const { ask, query } = emulator
  const base = `projects/${project}/datasets`
  const names = async (path: string, list: string, id: string): Promise<string[]> => {
    const entries = ((await ask('GET', `${path}?maxResults=100000`))[list] ?? []) as Record<
      string,
      Record<string, string>
    >[]
    return entries.map((entry) => Object.values(entry).find((value) => value?.[id] !== undefined)?.[id] ?? '').sort()
  }
  const datasets = () => names(base, 'datasets', 'datasetId')
  for (const dataset of await datasets()) await ask('DELETE', `${base}/${dataset}?deleteContents=true`)
  const addDataset = async (datasetId: string) =>
    await ask('POST', base, { datasetReference: { projectId: project, datasetId }, location: 'EU' })
  const putTable = async (datasetId: string, tableId: string, type: string) =>
    await ask('POST', `${base}/${datasetId}/tables`, {
      tableReference: { projectId: project, datasetId, tableId },
      schema: {
        fields: [
          { name: 'id', type: 'INT64', mode: 'REQUIRED' },
          { name: 'v', type },
        ],
      },
    })
  for (const dataset of ['a', 'b']) {
    await addDataset(dataset)
    for (const table of ['t1', 't2', 'd_20260101'])
      await putTable(dataset, table, TYPES[seed % TYPES.length] ?? 'STRING')
  }

  const someDataset = async (pick = 0) => {
    const all = await datasets()
    return all[pick % all.length] ?? 'a'
  }
  const onTable =
    (change: (dataset: string, table: string, picks: readonly number[]) => Promise<unknown>): Change =>
    async (picks) => {
      const dataset = await someDataset(picks[0])
      const tables = await names(`${base}/${dataset}/tables`, 'tables', 'tableId')
      const table = tables[(picks[1] ?? 0) % Math.max(1, tables.length)]
      if (table !== undefined) await change(dataset, table, picks)
    }
  const patch = (dataset: string, table: string, body: Resource) =>
    ask('PATCH', `${base}/${dataset}/tables/${table}`, body)
  const changes: Readonly<Record<string, Change>> = {
    'new table': async (picks) => await putTable(await someDataset(picks[0]), `t${(picks[1] ?? 0) % 6}`, 'STRING'),
    'new shard': async (picks) =>
      await putTable(
        await someDataset(picks[0]),
        `d_202601${String(1 + ((picks[1] ?? 0) % 28)).padStart(2, '0')}`,
        'DATE',
      ),
    'drop table': onTable((dataset, table) => ask('DELETE', `${base}/${dataset}/tables/${table}`)),
    describe: onTable((dataset, table, [, , words = 0]) =>
      patch(dataset, table, { description: `words ${words % 5}` }),
    ),
    label: onTable((dataset, table, [, , value = 0]) => patch(dataset, table, { labels: { team: `t${value % 4}` } })),
    // Its ALTER TABLE leaves the metadata as it was.
    'add column': onTable(async (dataset, table, [, , name = 0, type = 0]) => {
      const { schema } = await ask('GET', `${base}/${dataset}/tables/${table}`)
      const { fields = [] } = (schema ?? {}) as { fields?: Resource[] }
      const added = { name: `n${name % 6}`, type: TYPES[type % TYPES.length] }
      const others = fields.filter((field) => field.name !== added.name)
      await patch(dataset, table, { schema: { fields: [...others, added] } })
    }),
    'make anew': onTable((dataset, table, [, , value = 0]) =>
      query(`CREATE OR REPLACE TABLE \`${project}.${dataset}.${table}\` AS SELECT ${value % 9} AS id, 'x' AS made`),
    ),
    'write rows': onTable((dataset, table) => query(`INSERT INTO \`${project}.${dataset}.${table}\` (id) VALUES (1)`)),
    'put routine': async (picks) => {
      const datasetId = await someDataset(picks[0])
      const routineId = `f${(picks[1] ?? 0) % 3}`
      const routine = {
        routineReference: { projectId: project, datasetId, routineId },
        routineType: 'SCALAR_FUNCTION',
        language: 'SQL',
        arguments: [{ name: 'x', dataType: { typeKind: 'INT64' } }],
        definitionBody: `x * ${(picks[2] ?? 0) % 5}`,
      }
      const path = `${base}/${datasetId}/routines`
      await ask('POST', path, routine).catch(() => ask('PUT', `${path}/${routineId}`, routine))
    },
    'new dataset': async (picks) => await addDataset(`n${(picks[0] ?? 0) % 3}`),
    'drop dataset': async (picks) => await ask('DELETE', `${base}/n${(picks[0] ?? 0) % 3}?deleteContents=true`),
    'describe dataset': async (picks) =>
      await ask('PATCH', `${base}/${await someDataset(picks[0])}`, { description: `words ${(picks[1] ?? 0) % 4}` }),
  }
  // What the emulator refuses, such as a table that is there already, has changed nothing.
  const apply = async (operation: string, picks: readonly number[]) =>
    void (await changes[operation]?.(picks).catch(() => {}))
  return {
    type: 'bigquery',
    config: { ...configFor(emulator.front), projects: [project], concurrency: 4 },
    operations: Object.keys(changes),
    apply,
    applyInTransaction: apply,
    commit: async () => {},
    // The emulator is the suite's.
    [Symbol.asyncDispose]: async () => {},
  }
}

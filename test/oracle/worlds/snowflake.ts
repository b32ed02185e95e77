import connector from '../../../connectors/snowflake/index.ts'
import { snowflakeFixture } from '../../helpers/snowflake/fixture.ts'
import type { Scene } from '../../helpers/snowflake/scene.ts'
import type { OracleSubject } from '../world.ts'

const SCHEMAS = ['APP', 'Lower', 'x.y"z']
const NAMES = ['A', 'B', 'C d', 'e', 'é"']
const ROLES = ['ANALYST', 'LOADER']

type Row = Readonly<Record<string, string>>
type Picks = readonly number[]
const pick = <T>(list: readonly T[], number = 0): T | undefined => list[number % list.length]

/** What there is to act on now. */
class Catalogue {
  readonly scene: Scene
  readonly database: string

  constructor(scene: Scene, database: string) {
    this.scene = scene
    this.database = database
  }

  rows(sql: string, ...values: string[]): Row[] {
    return this.scene.account.database.prepare(sql).all(...values) as Row[]
  }

  schemas = (): string[] =>
    this.rows(
      'select SCHEMA_NAME as name from all_SCHEMATA where CATALOG_NAME = ? and DELETED is null order by 1',
      this.database,
    ).map(({ name = '' }) => name)

  relations = (kind = '%'): Row[] =>
    this.rows(
      'select TABLE_SCHEMA as s, TABLE_NAME as n, TABLE_TYPE as t from all_TABLES where TABLE_CATALOG = ? and DELETED is null and TABLE_TYPE like ? order by 1, 2',
      this.database,
      kind,
    )

  columns = (schema: string, name: string): string[] =>
    this.rows(
      'select COLUMN_NAME as name from all_COLUMNS where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null order by ORDINAL_POSITION',
      this.database,
      schema,
      name,
    ).map(({ name: column = '' }) => column)

  has = (schema: string, name: string): boolean => this.relations().some(({ s, n }) => s === schema && n === name)
}

/** Every kind of change, each made on whatever is there. */
function operationsOf(catalogue: Catalogue): Readonly<Record<string, (picks: Picks) => void>> {
  const { scene, database: db } = catalogue
  let serial = 0
  const fresh = (
    schema: string | undefined,
    name: string | undefined,
    make: (schema: string, name: string) => void,
  ) => {
    if (schema !== undefined && name !== undefined && !catalogue.has(schema, name)) make(schema, name)
  }
  const onRelation = (kind: string, act: (schema: string, name: string, picks: Picks) => void) => (picks: Picks) => {
    const row = pick(catalogue.relations(kind), picks[0])
    if (row !== undefined) act(row.s ?? '', row.n ?? '', picks)
  }
  const place = (picks: Picks) => [pick(catalogue.schemas(), picks[0]), pick(NAMES, picks[1])] as const
  return {
    'create table': (picks) =>
      fresh(...place(picks), (schema, name) =>
        scene.table(db, schema, name, {
          columns: [{ name: 'ID', type: 'NUMBER' }, { name: `C${(picks[2] ?? 0) % 4}` }],
          more: { IS_DYNAMIC: (picks[3] ?? 0) % 5 === 0 ? 'YES' : 'NO' },
        }),
      ),
    'create view': (picks) =>
      fresh(...place(picks), (schema, name) =>
        scene.table(db, schema, name, {
          type: 'VIEW',
          text: `CREATE VIEW X AS SELECT ${picks[2]} AS ID`,
          owned: (picks[3] ?? 0) % 2 === 0,
        }),
      ),
    'replace view': onRelation('VIEW', (schema, name, picks) =>
      scene.replaceView(db, schema, name, `CREATE VIEW X AS SELECT ${picks[1]} AS ID`),
    ),
    'add column': onRelation('%', (schema, name) => {
      serial += 1
      scene.addColumn(db, schema, name, { name: `N${serial}` })
    }),
    'rename column': onRelation('%', (schema, name, picks) => {
      const column = pick(catalogue.columns(schema, name), picks[1])
      serial += 1
      if (column !== undefined) scene.renameColumn(db, schema, name, column, `R${serial}`)
    }),
    'drop column': onRelation('BASE TABLE', (schema, name, picks) => {
      const columns = catalogue.columns(schema, name)
      const column = pick(columns, picks[1])
      if (column !== undefined && columns.length > 1) scene.dropColumn(db, schema, name, column)
    }),
    comment: onRelation('%', (schema, name, picks) =>
      scene.alter(db, schema, name, { COMMENT: `says ${(picks[1] ?? 0) % 3}` }),
    ),
    owner: onRelation('%', (schema, name, picks) =>
      scene.alter(db, schema, name, { TABLE_OWNER: pick(ROLES, picks[1]) ?? '' }),
    ),
    rename: onRelation('%', (schema, name, picks) =>
      fresh(pick(catalogue.schemas(), picks[1]), pick(NAMES, picks[2]), (toSchema, to) =>
        scene.rename(db, schema, name, to, toSchema),
      ),
    ),
    drop: onRelation('%', (schema, name) => scene.drop(db, schema, name)),
    'drop and create': onRelation('BASE TABLE', (schema, name) => {
      scene.drop(db, schema, name)
      scene.table(db, schema, name, { columns: [{ name: 'ANEW' }] })
    }),
    rows: onRelation('BASE TABLE', (schema, name, picks) => scene.load(db, schema, name, picks[1] ?? 0)),
    'primary key': onRelation('BASE TABLE', (schema, name) => {
      const held = catalogue.rows(
        'select 1 as one from show_primary_keys where database_name = ? and schema_name = ? and table_name = ?',
        db,
        schema,
        name,
      )
      if (held.length === 0) scene.primaryKey(db, schema, name, catalogue.columns(schema, name).slice(0, 1))
    }),
    'foreign key': onRelation('BASE TABLE', (schema, name, picks) => {
      const other = pick(catalogue.relations('BASE TABLE'), picks[1])
      const [column] = catalogue.columns(schema, name)
      const held = catalogue.rows(
        'select 1 as one from show_imported_keys where fk_schema_name = ? and fk_table_name = ?',
        schema,
        name,
      )
      if (other !== undefined && column !== undefined && held.length === 0)
        scene.foreignKey(db, schema, name, column, [other.s ?? '', other.n ?? '', 'ID'])
    }),
    grant: onRelation('%', (schema, name, picks) =>
      scene.grant('SELECT', 'TABLE', [db, schema, name], pick(ROLES, picks[1]) ?? ''),
    ),
    revoke: onRelation('%', (schema, name, picks) =>
      scene.revoke('SELECT', [db, schema, name], pick(ROLES, picks[1]) ?? ''),
    ),
    tag: onRelation('%', (schema, name, picks) => {
      serial += 1
      scene.tag([db, schema, name], `T${serial}`, `v${(picks[1] ?? 0) % 3}`, pick([null, 'ID'], picks[2]) ?? null)
    }),
    untag: (picks) => {
      const row = pick(catalogue.rows('select TAG_NAME as name from usage_TAG_REFERENCES order by 1'), picks[0])
      if (row !== undefined) scene.untag(row.name ?? '')
    },
    'create schema': (picks) => {
      const name = pick(SCHEMAS, picks[0])
      if (name !== undefined && !catalogue.schemas().includes(name))
        scene.schema(db, name, { COMMENT: `c${(picks[1] ?? 0) % 2}` })
    },
    'drop schema': (picks) => {
      const name = pick(
        catalogue.schemas().filter((schema) => schema !== 'PUBLIC'),
        picks[0],
      )
      if (name !== undefined && (picks[1] ?? 0) % 3 === 0) scene.dropSchema(db, name)
    },
    task: (picks) => {
      const [schema, name] = place(picks)
      const held = catalogue.rows(
        'select name from show_tasks where schema_name = ? and name = ?',
        schema ?? '',
        `task ${name}`,
      )
      if (schema === undefined) return
      if (held.length > 0) scene.dropShown('TASKS', `task ${name}`)
      else
        scene.shown('TASKS', {
          name: `task ${name}`,
          id: `${schema}.${name}.${picks[2]}`,
          database_name: db,
          schema_name: schema,
          definition: `SELECT ${picks[2]}`,
        })
    },
    routine: (picks) => {
      const [schema, name = ''] = place(picks)
      serial += 1
      if (schema === undefined) return
      const held = catalogue.rows(
        'select 1 as one from all_FUNCTIONS where FUNCTION_SCHEMA = ? and FUNCTION_NAME = ? and DELETED is null',
        schema,
        name,
      )
      const values = { FUNCTION_DEFINITION: `${picks[2]}`, LAST_ALTERED: scene.account.tick() }
      if (held.length === 0)
        scene.object('FUNCTIONS', 'FUNCTION', [db, schema, name], {
          ARGUMENT_SIGNATURE: '(A NUMBER)',
          DATA_TYPE: 'NUMBER',
          FUNCTION_LANGUAGE: 'JAVASCRIPT',
          FUNCTION_ID: 9000 + serial,
          ...values,
        })
      else if ((picks[3] ?? 0) % 2 === 0)
        scene.account.run(
          'update all_FUNCTIONS set FUNCTION_DEFINITION = ?, LAST_ALTERED = ? where FUNCTION_SCHEMA = ? and FUNCTION_NAME = ? and DELETED is null',
          values.FUNCTION_DEFINITION,
          values.LAST_ALTERED,
          schema,
          name,
        )
      else
        scene.account.run(
          'update all_FUNCTIONS set DELETED = ? where FUNCTION_SCHEMA = ? and FUNCTION_NAME = ? and DELETED is null',
          values.LAST_ALTERED,
          schema,
          name,
        )
    },
  }
}

/** DDL commits at once in Snowflake: what happens in a transaction happens at once. */
export function snowflakeSubject(catalog: 'information_schema' | 'account_usage'): OracleSubject {
  return {
    name: `snowflake by ${catalog}`,
    connector,
    async createWorld(seed) {
      const fixture = await snowflakeFixture((scene) => scene.database('SHOP'), { catalog })
      const operations = operationsOf(new Catalogue(fixture.scene, 'SHOP'))
      const names = Object.keys(operations)
      const apply = async (operation: string, picks: Picks) => operations[operation]?.(picks)
      for (let n = 0; n < 20; n += 1) {
        const number = (seed >>> 0) + n * 7919
        await apply(n < 2 ? 'create schema' : (names[number % 3] ?? ''), [n, number >> 2, number >> 4, number >> 3])
      }
      return {
        type: 'snowflake',
        config: { ...fixture.config },
        operations: names,
        apply,
        applyInTransaction: apply,
        commit: async () => {},
        [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
      }
    },
  }
}

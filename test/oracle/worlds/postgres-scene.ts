import type postgres from 'postgres'

/** What an operation sees: the database it acts on, read at that moment, and the numbers that choose. */
export interface Scene {
  readonly sql: postgres.Sql
  /** Names of the roles of this world. */
  readonly roles: readonly string[]
  readonly picks: readonly number[]
}

/** The statements of a change; undefined when nothing fits. Whatever PostgreSQL refuses changes nothing. */
export type Operation = (scene: Scene) => Promise<string | undefined> | string | undefined

export interface Relation {
  readonly schema: string
  readonly name: string
  readonly kind: string
  /** Quoted and qualified. */
  readonly full: string
  readonly columns: readonly string[]
}

export const SCHEMAS = ['app', 'Data "x"', 'hidden one', 'é.s']
export const RELATIONS = ['t1', 't2', 'T 3', 't.4', 'ü5', 'select', 't"7', "t'8"]
export const VIEWS = ['v1', 'V 2', 'v.3', 't1', 'T 3']
export const COLUMNS = ['id', 'a', 'b', 'C d', 'é', 'x.y', 'f']
export const TYPES = ['mood', 'Kind x', 'ty.pe']
const BUILT_IN = [
  'integer',
  'text',
  'numeric(8, 2)',
  'varchar(20)',
  'timestamptz',
  'boolean',
  'jsonb',
  'uuid',
  'text[]',
  'bytea',
]
export const TEXTS = ['one', "it's", 'two\nlines', 'naïve', '']

export const ident = (name: string) => `"${name.replaceAll('"', '""')}"`
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
/** Lists chosen from are never empty where this is used without a check. */
export const one = <T>(list: readonly T[], number = 0): T => list[number % list.length] as T
export const maybe = <T>(list: readonly T[], number = 0): T | undefined => list[number % list.length]

export async function names(scene: Scene, query: string): Promise<string[]> {
  const rows = await scene.sql.unsafe(query)
  return rows.map((row) => String(row.name))
}

export const MINE = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"

export const schemas = (scene: Scene) =>
  names(scene, `select n.nspname as name from pg_namespace n where ${MINE} order by n.nspname collate "C"`)

export async function relations(scene: Scene, kinds: string): Promise<Relation[]> {
  const rows = await scene.sql.unsafe(`select n.nspname as schema, c.relname as name, c.relkind as kind,
    format('%I.%I', n.nspname, c.relname) as full, (select coalesce(json_agg(attname order by attnum), '[]') from pg_attribute
      where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${MINE} and position(c.relkind::text in '${kinds}') > 0 order by n.nspname collate "C", c.relname collate "C"`)
  return rows as unknown as Relation[]
}

/** Types of a `typtype`, quoted and qualified. */
export const types = (scene: Scene, kind: string) =>
  names(
    scene,
    `select format('%I.%I', n.nspname, t.typname) as name from pg_type t join pg_namespace n on n.oid = t.typnamespace
     left join pg_class c on c.oid = t.typrelid where ${MINE} and t.typtype = '${kind}' and (c.relkind is null or c.relkind = 'c')
     order by n.nspname collate "C", t.typname collate "C"`,
  )

/** Those that an expression can call without arguments, for a number. */
export const functions = (scene: Scene) =>
  names(
    scene,
    `select format('%I.%I', n.nspname, p.proname) as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${MINE} and p.pronargs = 0 and p.prorettype in (20, 23) and p.prokind = 'f' order by n.nspname collate "C", p.proname collate "C"`,
  )

export const labels = (scene: Scene, type: string) =>
  names(
    scene,
    `select enumlabel as name from pg_enum where enumtypid = ${literal(type)}::regtype order by enumsortorder`,
  )

export async function parts(
  scene: Scene,
  from: string,
): Promise<{ readonly relation: string; readonly name: string }[]> {
  const rows = await scene.sql.unsafe(`select format('%I.%I', n.nspname, c.relname) as relation, x.name from (${from}) x
    join pg_class c on c.oid = x.oid join pg_namespace n on n.oid = c.relnamespace where ${MINE} order by n.nspname collate "C", c.relname collate "C", x.name collate "C"`)
  return rows as unknown as { relation: string; name: string }[]
}

export const constraints = (scene: Scene, kinds = 'pufcx') =>
  parts(
    scene,
    `select conrelid as oid, conname as name from pg_constraint where conrelid <> 0 and position(contype::text in '${kinds}') > 0`,
  )
/** Here `relation` is the index itself. */
export const indexes = (scene: Scene) =>
  parts(scene, 'select i.indexrelid as oid, x.relname as name from pg_index i join pg_class x on x.oid = i.indexrelid')

export async function columnType(scene: Scene, number: number): Promise<string> {
  const own = [...(await types(scene, 'e')), ...(await types(scene, 'd')), ...(await types(scene, 'c'))]
  const all = [...BUILT_IN, ...own, ...own.map((type) => `${type}[]`)]
  return one(all, number)
}

export const relationOf =
  (
    kinds: string,
    build: (
      relation: Relation,
      picks: readonly number[],
      scene: Scene,
    ) => Promise<string | undefined> | string | undefined,
  ): Operation =>
  async (scene) => {
    const relation = maybe(await relations(scene, kinds), scene.picks[0])
    return relation === undefined ? undefined : build(relation, scene.picks.slice(1), scene)
  }

export const columnOf = (
  kinds: string,
  build: (
    at: { readonly table: string; readonly column: string },
    picks: readonly number[],
    scene: Scene,
  ) => Promise<string | undefined> | string | undefined,
): Operation =>
  relationOf(kinds, (relation, [a, ...rest], scene) => {
    const column = maybe(relation.columns, a)
    return column === undefined ? undefined : build({ table: relation.full, column: ident(column) }, rest, scene)
  })

export const listed =
  (
    list: (scene: Scene) => Promise<string[]>,
    build: (name: string, picks: readonly number[], scene: Scene) => Promise<string | undefined> | string | undefined,
  ): Operation =>
  async (scene) => {
    const name = maybe(await list(scene), scene.picks[0])
    return name === undefined ? undefined : build(name, scene.picks.slice(1), scene)
  }

export const enums = (scene: Scene) => types(scene, 'e')
export const domains = (scene: Scene) => types(scene, 'd')
export const composites = (scene: Scene) => types(scene, 'c')
export const sequences = async (scene: Scene) => (await relations(scene, 'S')).map(({ full }) => full)
export const quotedSchemas = async (scene: Scene) => (await schemas(scene)).map(ident)
export const comment = (target: string, [a]: readonly number[]) =>
  `comment on ${target} is ${a !== undefined && a % 4 === 0 ? 'null' : literal(one(TEXTS, a))}`

export async function newName(scene: Scene, [a, b]: readonly number[], pool = RELATIONS): Promise<string | undefined> {
  const schema = maybe(await schemas(scene), a)
  return schema === undefined ? undefined : `${ident(schema)}.${ident(one(pool, b))}`
}

/** As `server_version_num`; what an older version cannot parse must not be sent to it. */
export async function versionOf(scene: Scene): Promise<number> {
  const [version = '0'] = await names(scene, "select current_setting('server_version_num') as name")
  return Number(version)
}

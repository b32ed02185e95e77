import {
  comment,
  enums,
  functions,
  ident,
  labels,
  MINE,
  maybe,
  names,
  type Operation,
  one,
  parts,
  type Relation,
  relations,
  type Scene,
  schemas,
  types,
} from './postgres-scene.ts'

export const PARSED_BODIES = 140000
export const PARTS_PUBLISHED = 150000

export const ROUTINES = ['fn', 'Fn 2', 'over', 'agg.r']
export const NAMES = ['o1', 'O 2', 'o.3']

/** `kind signature` of every routine, as ALTER and COMMENT take it. */
export const routines = (scene: Scene) =>
  names(
    scene,
    `select case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end || p.oid::regprocedure as name
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${MINE} and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
     order by n.nspname collate "C", p.proname collate "C", p.proargtypes::text`,
  )

export const triggerFunctions = (scene: Scene) =>
  names(
    scene,
    `select p.oid::regproc::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${MINE} and p.prorettype = 'trigger'::regtype order by 1`,
  )
export const eventTriggers = (scene: Scene) =>
  names(scene, 'select quote_ident(evtname) as name from pg_event_trigger order by evtname collate "C"')
export const publications = (scene: Scene) =>
  names(scene, 'select quote_ident(pubname) as name from pg_publication order by pubname collate "C"')
export const collations = (scene: Scene) =>
  names(
    scene,
    `select format('%I.%I', n.nspname, l.collname) as name from pg_collation l join pg_namespace n on n.oid = l.collnamespace
     where ${MINE} order by 1`,
  )
export const statistics = (scene: Scene) =>
  names(
    scene,
    `select format('%I.%I', n.nspname, s.stxname) as name from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
     where ${MINE} order by 1`,
  )
export const ranges = (scene: Scene) => types(scene, 'r')
export const foreignServers = (scene: Scene) =>
  names(scene, 'select quote_ident(srvname) as name from pg_foreign_server order by srvname collate "C"')
export const wrappers = (scene: Scene) =>
  names(scene, 'select quote_ident(fdwname) as name from pg_foreign_data_wrapper order by fdwname collate "C"')
export const triggers = (scene: Scene) =>
  parts(scene, 'select tgrelid as oid, tgname as name from pg_trigger where not tgisinternal')
export const policies = (scene: Scene) => parts(scene, 'select polrelid as oid, polname as name from pg_policy')
export const rules = (scene: Scene) =>
  parts(scene, "select ev_class as oid, rulename as name from pg_rewrite where ev_type <> '1'")

export async function domainConstraints(scene: Scene): Promise<{ readonly domain: string; readonly name: string }[]> {
  const rows =
    await scene.sql.unsafe(`select contypid::regtype::text as domain, quote_ident(conname) as name from pg_constraint
    where contypid <> 0 and contype = 'c' and contypid::regtype::text !~ '^information_schema' order by 1, 2`)
  return rows as unknown as { domain: string; name: string }[]
}

type Part = { readonly relation: string; readonly name: string }

export const partOf =
  (
    list: (scene: Scene) => Promise<readonly Part[]>,
    build: (part: Part, picks: readonly number[], scene: Scene) => Promise<string | undefined> | string | undefined,
  ): Operation =>
  async (scene) => {
    const found = maybe(await list(scene), scene.picks[0])
    return found && build({ ...found, name: ident(found.name) }, scene.picks.slice(1), scene)
  }

export const grantee = ({ roles }: Scene, pick = 0) => one(['public', ...roles.map(ident)], pick)
export const commented = (target: string) => (name: string, picks: readonly number[]) =>
  comment(`${target} ${name}`, picks)
export const owned =
  (target: string) =>
  (name: string, [a]: readonly number[], { roles }: Scene) =>
    `alter ${target} ${name} owner to ${ident(one(roles, a))}`
export const renamed =
  (target: string, pool = NAMES) =>
  (name: string, [a]: readonly number[]) =>
    `alter ${target} ${name} rename to ${ident(one(pool, a))}`
export const moved =
  (target: string) =>
  async (name: string, [a]: readonly number[], scene: Scene) =>
    `alter ${target} ${name} set schema ${ident(one(await schemas(scene), a))}`

/** An expression over a relation's columns that reads functions, labels and, where subqueries may be, other relations. */
export async function condition(
  scene: Scene,
  relation: Relation,
  [a = 0, b = 0, c = 0]: readonly number[],
  row = '',
): Promise<string> {
  const column = maybe(relation.columns, a)
  const call = maybe(await functions(scene), b)
  const label = maybe(await enums(scene), b)
  const plain = column === undefined ? 'true' : `${row}${ident(column)} is not null`
  const other = maybe(await relations(scene, 'rpv'), c)
  const join = maybe(await relations(scene, 'rpv'), b)
  const shared = other && join && other.columns.find((name) => join.columns.includes(name))
  return one(
    [
      plain,
      call === undefined ? plain : `${plain} and ${call}() > 0`,
      label === undefined ? plain : `'${(await labels(scene, label))[0] ?? ''}'::${label} is not null`,
      other === undefined || row !== '' ? plain : `exists (select from ${other.full} x where x is not null)`,
      shared === undefined || row !== '' || other?.full === join?.full
        ? plain
        : `exists (select x.* from ${other?.full} x join ${join?.full} y using (${ident(shared)}))`,
    ],
    c,
  )
}

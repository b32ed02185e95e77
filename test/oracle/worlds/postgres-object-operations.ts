import {
  columnOf,
  columnType,
  comment,
  composites,
  domains,
  enums,
  functions,
  ident,
  labels,
  listed,
  literal,
  MINE,
  maybe,
  names,
  newName,
  type Operation,
  one,
  parts,
  type Relation,
  relationOf,
  relations,
  type Scene,
  schemas,
  sequences,
  types,
  versionOf,
} from './postgres-scene.ts'

const PARSED_BODIES = 140000
const PARTS_PUBLISHED = 150000

const ROUTINES = ['fn', 'Fn 2', 'over', 'agg.r']
const NAMES = ['o1', 'O 2', 'o.3']

/** `kind signature` of every routine, as ALTER and COMMENT take it. */
const routines = (scene: Scene) =>
  names(
    scene,
    `select case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end || p.oid::regprocedure as name
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${MINE} and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
     order by n.nspname collate "C", p.proname collate "C", p.proargtypes::text`,
  )

const triggerFunctions = (scene: Scene) =>
  names(
    scene,
    `select p.oid::regproc::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${MINE} and p.prorettype = 'trigger'::regtype order by 1`,
  )
const eventTriggers = (scene: Scene) =>
  names(scene, 'select quote_ident(evtname) as name from pg_event_trigger order by evtname collate "C"')
const publications = (scene: Scene) =>
  names(scene, 'select quote_ident(pubname) as name from pg_publication order by pubname collate "C"')
const collations = (scene: Scene) =>
  names(
    scene,
    `select format('%I.%I', n.nspname, l.collname) as name from pg_collation l join pg_namespace n on n.oid = l.collnamespace
     where ${MINE} order by 1`,
  )
const statistics = (scene: Scene) =>
  names(
    scene,
    `select format('%I.%I', n.nspname, s.stxname) as name from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
     where ${MINE} order by 1`,
  )
const ranges = (scene: Scene) => types(scene, 'r')
const foreignServers = (scene: Scene) =>
  names(scene, 'select quote_ident(srvname) as name from pg_foreign_server order by srvname collate "C"')
const wrappers = (scene: Scene) =>
  names(scene, 'select quote_ident(fdwname) as name from pg_foreign_data_wrapper order by fdwname collate "C"')
const triggers = (scene: Scene) =>
  parts(scene, 'select tgrelid as oid, tgname as name from pg_trigger where not tgisinternal')
const policies = (scene: Scene) => parts(scene, 'select polrelid as oid, polname as name from pg_policy')
const rules = (scene: Scene) =>
  parts(scene, "select ev_class as oid, rulename as name from pg_rewrite where ev_type <> '1'")

async function domainConstraints(scene: Scene): Promise<{ readonly domain: string; readonly name: string }[]> {
  const rows =
    await scene.sql.unsafe(`select contypid::regtype::text as domain, quote_ident(conname) as name from pg_constraint
    where contypid <> 0 and contype = 'c' and contypid::regtype::text !~ '^information_schema' order by 1, 2`)
  return rows as unknown as { domain: string; name: string }[]
}

type Part = { readonly relation: string; readonly name: string }

const partOf =
  (
    list: (scene: Scene) => Promise<readonly Part[]>,
    build: (part: Part, picks: readonly number[], scene: Scene) => Promise<string | undefined> | string | undefined,
  ): Operation =>
  async (scene) => {
    const found = maybe(await list(scene), scene.picks[0])
    return found && build({ ...found, name: ident(found.name) }, scene.picks.slice(1), scene)
  }

const grantee = ({ roles }: Scene, pick = 0) => one(['public', ...roles.map(ident)], pick)
const commented = (target: string) => (name: string, picks: readonly number[]) => comment(`${target} ${name}`, picks)
const owned =
  (target: string) =>
  (name: string, [a]: readonly number[], { roles }: Scene) =>
    `alter ${target} ${name} owner to ${ident(one(roles, a))}`
const renamed =
  (target: string, pool = NAMES) =>
  (name: string, [a]: readonly number[]) =>
    `alter ${target} ${name} rename to ${ident(one(pool, a))}`
const moved =
  (target: string) =>
  async (name: string, [a]: readonly number[], scene: Scene) =>
    `alter ${target} ${name} set schema ${ident(one(await schemas(scene), a))}`

/** An expression over a relation's columns that reads functions, labels and, where subqueries may be, other relations. */
async function condition(
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

const routineOperations: Readonly<Record<string, Operation>> = {
  'create overload': async (scene) => {
    const [, , a = 0, b = 0] = scene.picks
    const type = await columnType(scene, a)
    const label = maybe(await enums(scene), b)
    const second = label === undefined ? '' : `, m ${label} default '${(await labels(scene, label))[0] ?? ''}'`
    const list = one(
      [`"x y" ${type}`, `"x y" ${type} default null${second}`, `${type}, out z ${type}`, `variadic ${type}[]`],
      b,
    )
    const returns = list.includes('out z') ? '' : `returns ${one(['integer', `setof ${type}`, 'text'], a + b)}`
    return `create or replace function ${await newName(scene, scene.picks, ROUTINES)}(${list}) ${returns} language sql as 'select null'`
  },
  'create parsed function': async (scene) => {
    if ((await versionOf(scene)) < PARSED_BODIES) return undefined
    const [, , a = 0, b = 0] = scene.picks
    const relation = maybe(await relations(scene, 'rpvm'), a)
    if (relation === undefined) return undefined
    const body = `select count(*) from ${relation.full} z where ${await condition(scene, relation, [a, b, a + b])}`
    return `create or replace function ${await newName(scene, scene.picks, ROUTINES)}() returns bigint language sql begin atomic ${body}; end`
  },
  'create procedure': async (scene) =>
    `create or replace procedure ${await newName(scene, scene.picks, ROUTINES)}(a ${await columnType(scene, scene.picks[2] ?? 0)}) language plpgsql as 'begin null; end'`,
  'create aggregate': async (scene) => {
    const name = await newName(scene, scene.picks, ROUTINES)
    return `create aggregate ${name}(${one(['integer', 'text', 'bigint'], scene.picks[2])}) (sfunc = ${one(['int4larger', 'text_larger', 'int8larger'], scene.picks[2])}, stype = ${one(['integer', 'text', 'bigint'], scene.picks[2])})`
  },
  'create trigger function': async (scene) =>
    `create or replace function ${await newName(scene, scene.picks, ['tr', 'Tr 2'])}() returns trigger language plpgsql as 'begin return new; end'`,
  'alter routine': listed(routines, (name, [a = 0]) =>
    name.startsWith('function')
      ? `alter ${name} ${one(['stable', 'volatile', 'strict', 'called on null input', 'security definer', 'security invoker', `cost ${1 + (a % 9)}`, "set work_mem = '7MB'", 'reset all', 'parallel safe'], a)}`
      : undefined,
  ),
  'rename routine': listed(routines, (name, [a]) => `alter ${name} rename to ${ident(one(ROUTINES, a))}`),
  'move routine': listed(
    routines,
    async (name, [a], scene) => `alter ${name} set schema ${ident(one(await schemas(scene), a))}`,
  ),
  'change routine owner': listed(routines, (name, [a], { roles }) => `alter ${name} owner to ${ident(one(roles, a))}`),
  'comment on routine': listed(routines, (name, picks) => comment(name, picks)),
  'drop routine': listed(routines, (name) => `drop ${name} cascade`),
  'recreate parsed function': listed(routines, async (name, _picks, scene) => {
    if ((await versionOf(scene)) < PARSED_BODIES || !name.endsWith('()')) return undefined
    return `drop ${name} cascade; create ${name} returns bigint language sql begin atomic select 5::bigint; end`
  }),
}

const facetOperations: Readonly<Record<string, Operation>> = {
  'create trigger': relationOf('rpvf', async (relation, [a = 0, b = 0, c = 0], scene) => {
    const call = maybe(await triggerFunctions(scene), a)
    const column = maybe(relation.columns, b)
    if (call === undefined) return undefined
    const timing =
      relation.kind === 'v'
        ? 'instead of insert'
        : one(
            [
              'before insert',
              'after delete',
              column === undefined ? 'after insert' : `before update of ${ident(column)}`,
            ],
            b,
          )
    const when =
      relation.kind === 'v'
        ? ''
        : `when (${await condition(scene, relation, [b, c, a % 3], timing.includes('delete') ? 'old.' : 'new.')})`
    return `create trigger ${ident(one(NAMES, c))} ${timing} on ${relation.full} for each row ${when} execute function ${call}()`
  }),
  'switch trigger': partOf(
    triggers,
    ({ relation, name }, [a]) =>
      `alter table ${relation} ${one(['disable', 'enable', 'enable always', 'enable replica'], a)} trigger ${name}`,
  ),
  'rename trigger': partOf(
    triggers,
    ({ relation, name }, [a]) => `alter trigger ${name} on ${relation} rename to ${ident(one(NAMES, a))}`,
  ),
  'comment on trigger': partOf(triggers, ({ relation, name }, picks) =>
    comment(`trigger ${name} on ${relation}`, picks),
  ),
  'drop trigger': partOf(triggers, ({ relation, name }) => `drop trigger ${name} on ${relation}`),
  'row security': relationOf(
    'rp',
    ({ full }, [a]) => `alter table ${full} ${one(['enable', 'disable', 'force', 'no force'], a)} row level security`,
  ),
  'create policy': relationOf('rp', async (relation, [a = 0, b = 0, c], scene) => {
    const using = await condition(scene, relation, [a, b, c ?? 0])
    return `create policy ${ident(one(NAMES, a))} on ${relation.full} ${a % 2 === 0 ? 'as restrictive' : ''} for ${one(['all', 'select', 'delete'], b)} to ${grantee(scene, b)} using (${using})`
  }),
  'alter policy': partOf(policies, async ({ relation, name }, [a = 0, b], scene) => {
    const table = (await relations(scene, 'rp')).find(({ full }) => full === relation)
    const using = table === undefined ? 'true' : await condition(scene, table, [a, b ?? 0, a])
    return `alter policy ${name} on ${relation} ${a % 2 === 0 ? `to ${grantee(scene, b)}` : ''} using (${using})`
  }),
  'rename policy': partOf(
    policies,
    ({ relation, name }, [a]) => `alter policy ${name} on ${relation} rename to ${ident(one(NAMES, a))}`,
  ),
  'comment on policy': partOf(policies, ({ relation, name }, picks) => comment(`policy ${name} on ${relation}`, picks)),
  'drop policy': partOf(policies, ({ relation, name }) => `drop policy ${name} on ${relation}`),
  'create rule': relationOf('rpv', async (relation, [a = 0, b = 0, c = 0], scene) => {
    const target = maybe(await relations(scene, 'rp'), b)
    const column = maybe(target?.columns ?? [], c)
    const event = one(['insert', 'update', 'delete'], a)
    const action =
      target === undefined || column === undefined || target.full === relation.full
        ? 'nothing'
        : one(
            [
              `insert into ${target.full} (${ident(column)}) values (null)`,
              `update ${target.full} set ${ident(column)} = null`,
              `delete from ${target.full} where ${ident(column)} is null`,
              'notify x',
            ],
            b,
          )
    const where =
      c % 2 === 0
        ? ''
        : `where ${await condition(scene, relation, [c, a, b % 3], event === 'insert' ? 'new.' : 'old.')}`
    return `create or replace rule ${ident(one(NAMES, c))} as on ${event} to ${relation.full} ${where} do ${one(['also', 'instead'], a + b)} ${action}`
  }),
  'switch rule': partOf(
    rules,
    ({ relation, name }, [a]) =>
      `alter table ${relation} ${one(['disable', 'enable', 'enable always'], a)} rule ${name}`,
  ),
  'rename rule': partOf(
    rules,
    ({ relation, name }, [a]) => `alter rule ${name} on ${relation} rename to ${ident(one(NAMES, a))}`,
  ),
  'comment on rule': partOf(rules, ({ relation, name }, picks) => comment(`rule ${name} on ${relation}`, picks)),
  'drop rule': partOf(rules, ({ relation, name }) => `drop rule ${name} on ${relation}`),
  'create statistics': relationOf('rpm', async ({ full, columns }, [a = 0, b], scene) => {
    const [left, right] = [maybe(columns, a), maybe(columns, a + 1)]
    const name = await newName(scene, [a, b ?? 0], ['st', 'St 2'])
    return (
      left &&
      right &&
      `create statistics ${name} (${one(['ndistinct', 'dependencies', 'ndistinct, mcv'], b)}) on ${ident(left)}, ${ident(right)} from ${full}`
    )
  }),
  'rename statistics': listed(statistics, renamed('statistics', ['st', 'St 2'])),
  'move statistics': listed(statistics, moved('statistics')),
  'change statistics owner': listed(statistics, owned('statistics')),
  'comment on statistics': listed(statistics, commented('statistics')),
  'drop statistics': listed(statistics, (name) => `drop statistics ${name}`),
}

/** Kinds of object with the rights there are on them. */
const GRANTABLE: readonly (readonly [
  privileges: readonly string[],
  list: (scene: Scene) => Promise<readonly string[]>,
])[] = [
  [
    ['select', 'insert, update', 'all', 'trigger'],
    async (scene) => (await relations(scene, 'rpvmf')).map(({ full }) => full),
  ],
  [['usage', 'create', 'all'], async (scene) => (await schemas(scene)).map((name) => `schema ${ident(name)}`)],
  [['execute'], async (scene) => (await routines(scene)).map((name) => name.replace(/^aggregate/, 'function'))],
  [['usage', 'select', 'all'], async (scene) => (await sequences(scene)).map((name) => `sequence ${name}`)],
  [
    ['usage'],
    async (scene) =>
      [...(await enums(scene)), ...(await composites(scene)), ...(await ranges(scene))].map((name) => `type ${name}`),
  ],
  [['usage'], async (scene) => (await foreignServers(scene)).map((name) => `foreign server ${name}`)],
  [
    ['temporary', 'create', 'all'],
    async (scene) =>
      (await names(scene, 'select quote_ident(current_database()) as name')).map((name) => `database ${name}`),
  ],
]

async function right(scene: Scene, verb: 'grant' | 'revoke'): Promise<string | undefined> {
  const [a = 0, b = 0, c = 0, d = 0] = scene.picks
  const [privileges, list] = one(GRANTABLE, a)
  const target = maybe(await list(scene), b)
  const to = grantee(scene, c)
  const option = d % 4 === 0 && to !== 'public'
  if (target === undefined) return undefined
  return verb === 'grant'
    ? `grant ${one(privileges, c + d)} on ${target} to ${to} ${option ? 'with grant option' : ''}`
    : `revoke ${option ? 'grant option for ' : ''}${one(privileges, c + d)} on ${target} from ${to} cascade`
}

const rightOperations: Readonly<Record<string, Operation>> = {
  grant: (scene) => right(scene, 'grant'),
  revoke: (scene) => right(scene, 'revoke'),
  'grant column': columnOf(
    'rpvf',
    ({ table, column }, [a = 0], scene) =>
      `${a % 3 === 0 ? 'revoke' : 'grant'} select (${column}) on ${table} ${a % 3 === 0 ? 'from' : 'to'} ${grantee(scene, a)}`,
  ),
  'default privileges': async (scene) => {
    const [a = 0, b = 0, c = 0] = scene.picks
    const [schema] = await schemas(scene)
    const where = schema === undefined || a % 2 === 0 ? '' : `in schema ${ident(schema)}`
    const what = one(['select on tables', 'execute on functions', 'usage on sequences'], b)
    return `alter default privileges for role ${ident(one(scene.roles, a))} ${where} ${c % 3 === 0 ? 'revoke' : 'grant'} ${what} ${c % 3 === 0 ? 'from' : 'to'} ${grantee(scene, b)}`
  },
  'give up a right': relationOf(
    'rpv',
    ({ full }, [a = 0], { roles }) =>
      `alter table ${full} owner to ${ident(one(roles, a))}; revoke delete on ${full} from ${ident(one(roles, a))}`,
  ),
  'grant role': ({ roles, picks: [a = 0] }) => {
    const [first = '', second = ''] = (a % 2 === 0 ? roles : [...roles].reverse()).map(ident)
    return one(
      [
        `grant ${first} to ${second}`,
        `grant ${first} to ${second} with admin option`,
        `revoke ${first} from ${second}`,
      ],
      a >> 1,
    )
  },
  'alter role': ({ roles, picks: [a, b] }) =>
    `alter role ${ident(one(roles, a))} ${one(['createdb', 'nocreatedb', 'noinherit', 'inherit', 'connection limit 3', 'connection limit -1', "valid until '2031-01-01'", "password 'x'", 'bypassrls'], b)}`,
  'comment on role': ({ roles, picks }) => comment(`role ${ident(one(roles, picks[0]))}`, picks.slice(1)),
}

const databaseOperations: Readonly<Record<string, Operation>> = {
  'alter sequence': listed(
    sequences,
    (name, [a = 0]) =>
      `alter sequence ${name} ${one([`increment ${1 + (a % 5)}`, `maxvalue ${1000 + (a % 9)}`, 'no maxvalue', 'cycle', 'no cycle', `cache ${1 + (a % 7)}`, 'as bigint', 'restart', `start ${1 + (a % 50)}`], a)}`,
  ),
  'own sequence': columnOf('r', async ({ table, column }, [a], scene) => {
    const name = maybe(await sequences(scene), a)
    return name && `alter sequence ${name} owned by ${(a ?? 0) % 3 === 0 ? 'none' : `${table}.${column}`}`
  }),
  'move sequence': listed(sequences, moved('sequence')),
  'change sequence owner': listed(sequences, owned('sequence')),
  'comment on sequence': listed(sequences, commented('sequence')),
  'sequence value': listed(sequences, (name) => `select nextval(${literal(name)})`),
  'create range': async (scene) =>
    `create type ${await newName(scene, scene.picks, ['rg', 'Rg 2'])} as range (subtype = ${one(['integer', 'text', 'numeric'], scene.picks[2])})`,
  'rename range': listed(ranges, renamed('type', ['rg', 'Rg 2'])),
  'move range': listed(ranges, moved('type')),
  'drop range': listed(ranges, (name) => `drop type ${name} cascade`),
  'comment on type': listed(
    async (scene) => [...(await enums(scene)), ...(await composites(scene)), ...(await ranges(scene))],
    commented('type'),
  ),
  'change type owner': listed(
    async (scene) => [...(await enums(scene)), ...(await composites(scene)), ...(await domains(scene))],
    owned('type'),
  ),
  'comment on domain': listed(domains, commented('domain')),
  'comment on attribute': listed(composites, (name, picks) =>
    comment(`column ${name}.${one(['first', 'primus', 'third'], picks[0])}`, picks),
  ),
  'rename domain constraint': async (scene) => {
    const found = maybe(await domainConstraints(scene), scene.picks[0])
    return found && `alter domain ${found.domain} rename constraint ${found.name} to r${(scene.picks[1] ?? 0) % 9}`
  },
  'create collation': async (scene) =>
    `create collation ${await newName(scene, scene.picks, ['co', 'Co 2'])} (locale = '${one(['C', 'POSIX'], scene.picks[2])}')`,
  'use collation': columnOf('r', async ({ table, column }, [a], scene) => {
    const name = maybe(await collations(scene), a)
    return name && `alter table ${table} alter column ${column} type text collate ${name}`
  }),
  'rename collation': listed(collations, renamed('collation', ['co', 'Co 2'])),
  'move collation': listed(collations, moved('collation')),
  'comment on collation': listed(collations, commented('collation')),
  'drop collation': listed(collations, (name) => `drop collation ${name} cascade`),
  'create extension': async (scene) =>
    `create extension ${one(['citext', 'hstore'], scene.picks[1])} schema ${ident(one(await schemas(scene), scene.picks[0]))}`,
  'drop extension': ({ picks: [a] }) => `drop extension ${one(['citext', 'hstore'], a)} cascade`,
  'move extension': async (scene) =>
    `alter extension ${one(['citext', 'hstore'], scene.picks[1])} set schema ${ident(one(await schemas(scene), scene.picks[0]))}`,
  'join extension': listed(
    routines,
    (name, [a = 0, b]) =>
      `alter extension ${one(['citext', 'hstore', 'plpgsql'], b)} ${a % 3 === 0 ? 'drop' : 'add'} ${name}`,
  ),
  'leave extension': async (scene) => {
    const [found] = await names(
      scene,
      `select format('alter extension %I drop function %s', e.extname, p.oid::regprocedure) as name
      from pg_depend d join pg_extension e on e.oid = d.refobjid join pg_proc p on p.oid = d.objid
      where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_extension'::regclass and p.proname in ('fn', 'over', 'Fn 2', 'tr') order by 1`,
    )
    return found
  },
  'comment on extension': (scene) => comment(`extension ${one(['citext', 'hstore'], scene.picks[1])}`, scene.picks),
  'create publication': relationOf(
    'rp',
    ({ full }, [a = 0, b]) =>
      `create publication ${ident(one(NAMES, b))} for ${a % 4 === 0 ? 'all tables' : `table ${full}`}`,
  ),
  'publish table': relationOf('rp', async (relation, [a = 0, b = 0, c], scene) => {
    const name = maybe(await publications(scene), a)
    const column = maybe(relation.columns, b)
    if (name === undefined) return undefined
    const plain = (await versionOf(scene)) < PARTS_PUBLISHED || column === undefined
    const more = plain ? '' : one(['', `(${ident(column)})`, `where (${ident(column)} is not null)`], c)
    return `alter publication ${name} ${one(['add', 'set'], b)} table ${relation.full} ${more}`
  }),
  'publish schema': listed(publications, async (name, [a], scene) => {
    if ((await versionOf(scene)) < PARTS_PUBLISHED) return undefined
    return `alter publication ${name} ${one(['add', 'drop'], a)} tables in schema ${ident(one(await schemas(scene), a))}`
  }),
  'withdraw table': async (scene) => {
    const rows = await names(
      scene,
      `select format('alter publication %I drop table %s', pubname, prrelid::regclass) as name
       from pg_publication_rel join pg_publication p on p.oid = prpubid order by 1`,
    )
    return maybe(rows, scene.picks[0])
  },
  'alter publication': listed(
    publications,
    (name, [a]) =>
      `alter publication ${name} set (publish = '${one(['insert', 'update, delete', 'insert, truncate'], a)}')`,
  ),
  'rename publication': listed(publications, renamed('publication', [...NAMES, 'o4', 'o5'])),
  'comment on publication': listed(publications, commented('publication')),
  'change publication owner': listed(publications, owned('publication')),
  'drop publication': listed(publications, (name) => `drop publication ${name}`),
  'create event trigger': async (scene) => {
    const [schema] = await schemas(scene)
    if (schema === undefined) return undefined
    const call = `${ident(schema)}."ev"`
    return `create or replace function ${call}() returns event_trigger language plpgsql as 'begin null; end';
      create event trigger ${ident(one(NAMES, scene.picks[0]))} on ${one(['ddl_command_end', 'sql_drop'], scene.picks[1])} execute function ${call}()`
  },
  'switch event trigger': listed(
    eventTriggers,
    (name, [a]) => `alter event trigger ${name} ${one(['disable', 'enable', 'enable always'], a)}`,
  ),
  'rename event trigger': listed(eventTriggers, renamed('event trigger', [...NAMES, 'o4', 'o5'])),
  'comment on event trigger': listed(eventTriggers, commented('event trigger')),
  'drop event trigger': listed(eventTriggers, (name) => `drop event trigger ${name}`),
  'alter server': listed(
    foreignServers,
    (name, [a]) =>
      `alter server ${name} ${one(["version '2'", "options (host 'x')", "options (set host 'y')", 'options (drop host)', "options (password 'p')"], a)}`,
  ),
  'comment on server': listed(foreignServers, commented('server')),
  'change server owner': listed(foreignServers, owned('server')),
  'map user': listed(
    foreignServers,
    (name, [a = 0], scene) => `${a % 3 === 0 ? 'drop' : 'create'} user mapping for ${grantee(scene, a)} server ${name}`,
  ),
  'drop server': listed(foreignServers, (name) => `drop server ${name} cascade`),
  'alter wrapper': listed(
    wrappers,
    (name, [a]) =>
      `alter foreign data wrapper ${name} options (${one(["debug 'on'", "set debug 'off'", 'drop debug'], a)})`,
  ),
  'comment on wrapper': listed(wrappers, commented('foreign data wrapper')),
  'drop wrapper': listed(wrappers, (name) => `drop foreign data wrapper ${name} cascade`),
  'comment on domain constraint': async (scene) => {
    const found = maybe(await domainConstraints(scene), scene.picks[0])
    return found && comment(`constraint ${found.name} on domain ${found.domain}`, scene.picks.slice(1))
  },
}

/** Those on everything that is not a relation, and on what hangs on one. */
export const OBJECT_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...routineOperations,
  ...facetOperations,
  ...rightOperations,
  ...databaseOperations,
}

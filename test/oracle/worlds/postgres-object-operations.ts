import { databaseOperations } from './postgres-database-operations.ts'
import {
  commented,
  condition,
  foreignServers,
  grantee,
  moved,
  NAMES,
  owned,
  PARSED_BODIES,
  partOf,
  policies,
  ROUTINES,
  ranges,
  renamed,
  routines,
  rules,
  statistics,
  triggerFunctions,
  triggers,
} from './postgres-object-lists.ts'
import {
  COLUMNS,
  columnOf,
  columnType,
  comment,
  composites,
  enums,
  ident,
  labels,
  listed,
  maybe,
  names,
  newName,
  type Operation,
  one,
  RELATIONS,
  relationOf,
  relations,
  SCHEMAS,
  type Scene,
  schemas,
  sequences,
  VIEWS,
  versionOf,
} from './postgres-scene.ts'

/** A body that reads and writes relations by names of which some lead nowhere, now or at all. */
function loading(picks: readonly number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = picks
  const relation = (number: number) => {
    const name = ident(one([...RELATIONS, ...VIEWS], number >> 4))
    return number % 3 === 0 ? name : `${ident(one(SCHEMAS, number >> 2))}.${name}`
  }
  const path = a % 4 === 0 ? `set search_path = ${ident(one(SCHEMAS, b))}, public` : ''
  const columns = [b, c].map((number) => `x.${ident(one(COLUMNS, number))}`)
  return `${path} as $load$ begin
    create temp table "load" as select ${columns} from ${relation(c)} x where x.id > 1;
    insert into ${relation(a)} select * from "load" join ${relation(d)} y using (id);
    delete from ${relation(b)};
  end $load$`
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
    `create or replace procedure ${await newName(scene, scene.picks, ROUTINES)}(a ${await columnType(scene, scene.picks[2] ?? 0)}) language plpgsql ${loading(scene.picks)}`,
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

/** Those on everything that is not a relation, and on what hangs on one. */
export const OBJECT_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...routineOperations,
  ...facetOperations,
  ...rightOperations,
  ...databaseOperations,
}

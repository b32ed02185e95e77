import {
  COLUMNS,
  columnOf,
  columnType,
  comment,
  composites,
  constraints,
  domains,
  enums,
  functions,
  ident,
  indexes,
  labels,
  listed,
  literal,
  maybe,
  names,
  newName,
  type Operation,
  one,
  quotedSchemas,
  RELATIONS,
  relationOf,
  relations,
  SCHEMAS,
  type Scene,
  schemas,
  sequences,
  TEXTS,
  TYPES,
  VIEWS,
} from './postgres-scene.ts'

async function tableText(scene: Scene, full: string, picks: readonly number[]): Promise<string> {
  const [a = 0, b = 0] = picks
  const columns = COLUMNS.slice(1, 2 + (a % 5))
  const lines = await Promise.all(
    columns.map(async (name, at) => `${ident(name)} ${await columnType(scene, b + at * 3)}`),
  )
  const id = one(['id integer primary key', 'id serial', 'id bigint generated always as identity', 'id integer'], a + b)
  return `create ${b % 7 === 0 ? 'unlogged ' : ''}table ${full} (${[id, ...lines].join(', ')})`
}

async function viewText(scene: Scene, picks: readonly number[]): Promise<string | undefined> {
  const [a = 0, b = 0, c = 0] = picks
  const sources = await relations(scene, 'rpvmf')
  const [left, right] = [maybe(sources, a), maybe(sources, b)]
  if (left === undefined || right === undefined) return undefined
  const shared = left.columns.filter((name) => right.columns.includes(name)).slice(0, 1 + (c % 2))
  const label = maybe(await enums(scene), c)
  const filter = label === undefined ? 'true' : `'${(await labels(scene, label))[0] ?? ''}'::${label} is not null`
  if (c % 3 !== 0 && shared.length > 0 && left.full !== right.full) {
    return `select x.*, 1 as joined from ${left.full} x join ${right.full} y using (${shared.map(ident).join(', ')}) where ${filter}`
  }
  if (c % 5 === 1 && left.columns.length > 0) return `select x."b" from ${left.full} as x("b")`
  const call = maybe(await functions(scene), c)
  const column = maybe(left.columns, b)
  return `select ${column === undefined ? '1 as one' : `x.${ident(column)}`}, ${call === undefined ? '2' : `${call}()`} as called
    from ${left.full} x where ${filter}`
}

const makeView =
  (head: string): Operation =>
  async (scene) => {
    const [text, name] = [await viewText(scene, scene.picks), await newName(scene, scene.picks.slice(2), VIEWS)]
    return text === undefined || name === undefined ? undefined : `${head} ${name} as ${text}`
  }

const tableOperations: Readonly<Record<string, Operation>> = {
  'create table': async (scene) => {
    const name = await newName(scene, scene.picks)
    return name === undefined ? undefined : tableText(scene, name, scene.picks.slice(2))
  },
  'drop table': relationOf('rp', ({ full }) => `drop table ${full} cascade`),
  'recreate table': relationOf(
    'r',
    async ({ full }, picks, scene) => `drop table ${full} cascade; ${await tableText(scene, full, picks)}`,
  ),
  'rename table': relationOf('rp', ({ full }, [a]) => `alter table ${full} rename to ${ident(one(RELATIONS, a))}`),
  'swap tables': relationOf('rp', async (left, [a], scene) => {
    const right = maybe(
      (await relations(scene, 'rp')).filter((other) => other.schema === left.schema && other.name !== left.name),
      a,
    )
    if (right === undefined) return undefined
    const middle = `${ident(left.schema)}."swapping"`
    return `alter table ${left.full} rename to "swapping"; alter table ${right.full} rename to ${ident(left.name)};
      alter table ${middle} rename to ${ident(right.name)}`
  }),
  'rename chain': relationOf('rp', async (first, [a, b], scene) => {
    const second = maybe(
      (await relations(scene, 'rp')).filter((other) => other.schema === first.schema && other.name !== first.name),
      a,
    )
    if (second === undefined) return undefined
    return `alter table ${second.full} rename to ${ident(`${one(RELATIONS, b)}+`)}; alter table ${first.full} rename to ${ident(second.name)}`
  }),
  'move table': relationOf(
    'rp',
    async ({ full }, [a], scene) => `alter table ${full} set schema ${ident(one(await schemas(scene), a))}`,
  ),
  'change table owner': relationOf(
    'rpvm',
    ({ full }, [a], { roles }) => `alter table ${full} owner to ${ident(one(roles, a))}`,
  ),
  'set logged': relationOf(
    'r',
    ({ full }, [a = 0]) => `alter table ${full} set ${a % 2 === 0 ? 'logged' : 'unlogged'}`,
  ),
  'set table options': relationOf(
    'r',
    ({ full }, [a = 0]) => `alter table ${full} set (fillfactor = ${50 + (a % 50)})`,
  ),
  'set replica identity': relationOf(
    'r',
    ({ full }, [a]) => `alter table ${full} replica identity ${one(['full', 'nothing', 'default'], a)}`,
  ),
  inherit: relationOf(
    'r',
    async ({ full }, [a], scene) => `alter table ${full} inherit ${one(await relations(scene, 'r'), a).full}`,
  ),
  'create child': relationOf(
    'r',
    async ({ full }, picks, scene) => `create table ${await newName(scene, picks)} () inherits (${full})`,
  ),
  'add column': relationOf('rpf', async ({ full }, [a, b = 0], scene) => {
    const extra = b % 5 === 0 ? 'not null' : b % 5 === 1 ? 'collate "C"' : ''
    return `alter table ${full} add column ${ident(one(COLUMNS, a))} ${extra.startsWith('coll') ? 'text' : await columnType(scene, b)} ${extra}`
  }),
  'add generated column': relationOf('r', ({ full }, [a, b]) => {
    const kind = one(['generated always as (1 + 1) stored', 'generated by default as identity', 'default 7'], b)
    return `alter table ${full} add column ${ident(one(COLUMNS, a))} integer ${kind}`
  }),
  'drop column': columnOf('rpf', ({ table, column }) => `alter table ${table} drop column ${column} cascade`),
  'rename column': columnOf(
    'rpfvm',
    ({ table, column }, [a]) => `alter table ${table} rename column ${column} to ${ident(one(COLUMNS, a))}`,
  ),
  'change column type': columnOf('rp', async ({ table, column }, [a = 0], scene) => {
    const type = await columnType(scene, a)
    return `alter table ${table} alter column ${column} drop default, alter column ${column} type ${type} using null::${type}`
  }),
  'change collation': columnOf(
    'rp',
    ({ table, column }, [a]) =>
      `alter table ${table} alter column ${column} type text collate "${one(['C', 'default', 'POSIX'], a)}"`,
  ),
  'set default': columnOf('rpf', async ({ table, column }, [a = 0, b], scene) => {
    const call = maybe(await functions(scene), b)
    const sequence = maybe(await sequences(scene), b)
    const values = [`${literal(one(TEXTS, b))}`, String(a), call === undefined ? 'null' : `${call}()`]
    const value = one([...values, sequence === undefined ? 'null' : `nextval(${literal(sequence)}::regclass)`], a)
    return `alter table ${table} alter column ${column} set default ${value}`
  }),
  'drop default': columnOf('rpf', ({ table, column }) => `alter table ${table} alter column ${column} drop default`),
  'set not null': columnOf('rp', ({ table, column }) => `alter table ${table} alter column ${column} set not null`),
  'drop not null': columnOf('rp', ({ table, column }) => `alter table ${table} alter column ${column} drop not null`),
  'drop identity': columnOf('r', ({ table, column }) => `alter table ${table} alter column ${column} drop identity`),
}

const keyOperations: Readonly<Record<string, Operation>> = {
  'add check': columnOf('rp', async ({ table, column }, [a = 0], scene) => {
    const call = maybe(await functions(scene), a)
    const test = call === undefined ? `${column} is not null` : `${column} is not null and ${call}() > 0`
    return `alter table ${table} add constraint ${ident(`k${a % 4}`)} check (${test}) ${a % 3 === 0 ? 'not valid' : ''}`
  }),
  'add unique': columnOf(
    'rp',
    ({ table, column }, [a = 0]) => `alter table ${table} add constraint ${ident(`u${a % 4}`)} unique (${column})`,
  ),
  'add primary key': columnOf('r', ({ table, column }) => `alter table ${table} add primary key (${column})`),
  'add foreign key': columnOf('rp', async ({ table, column }, [a = 0, b], scene) => {
    const target = maybe(await constraints(scene, 'pu'), b)
    return (
      target &&
      `alter table ${table} add constraint ${ident(`f${a % 4}`)} foreign key (${column}) references ${target.relation}`
    )
  }),
  'drop constraint': async (scene) => {
    const found = maybe(await constraints(scene), scene.picks[0])
    return found && `alter table ${found.relation} drop constraint ${ident(found.name)} cascade`
  },
  'rename constraint': async (scene) => {
    const found = maybe(await constraints(scene), scene.picks[0])
    return (
      found &&
      `alter table ${found.relation} rename constraint ${ident(found.name)} to ${ident(`r${(scene.picks[1] ?? 0) % 5}`)}`
    )
  },
  'validate constraint': async (scene) => {
    const found = maybe(await constraints(scene, 'cf'), scene.picks[0])
    return found && `alter table ${found.relation} validate constraint ${ident(found.name)}`
  },
  'create index': columnOf('rpm', ({ table, column }, [a = 0]) => {
    const what = one([column, `lower(${column}::text)`, `${column} desc nulls last`, `(${column} is null)`], a)
    return `create ${a % 7 === 0 ? 'unique ' : ''}index ${ident(`i${a % 6}`)} on ${table} (${what}) ${a % 5 === 0 ? `where ${column} is not null` : ''}`
  }),
  'drop index': async (scene) => {
    const found = maybe(await indexes(scene), scene.picks[0])
    return found && `drop index ${found.relation}`
  },
  'rename index': async (scene) => {
    const found = maybe(await indexes(scene), scene.picks[0])
    return found && `alter index ${found.relation} rename to ${ident(`j${(scene.picks[1] ?? 0) % 6}`)}`
  },
  'set index options': async (scene) => {
    const found = maybe(await indexes(scene), scene.picks[0])
    return found && `alter index ${found.relation} set (fillfactor = ${50 + ((scene.picks[1] ?? 0) % 50)})`
  },
  'comment on relation': relationOf('rpvmf', ({ full, kind }, picks) =>
    comment(
      `${({ v: 'view', m: 'materialized view', f: 'foreign table' } as Record<string, string>)[kind] ?? 'table'} ${full}`,
      picks,
    ),
  ),
  'comment on column': columnOf('rpvmf', ({ table, column }, picks) => comment(`column ${table}.${column}`, picks)),
  'comment on constraint': async (scene) => {
    const found = maybe(await constraints(scene), scene.picks[0])
    return found && comment(`constraint ${ident(found.name)} on ${found.relation}`, scene.picks.slice(1))
  },
  'comment on index': async (scene) => {
    const found = maybe(await indexes(scene), scene.picks[0])
    return found && comment(`index ${found.relation}`, scene.picks.slice(1))
  },
  'comment on schema': listed(quotedSchemas, (name, picks) => comment(`schema ${name}`, picks)),
  'comment on database': async (scene) => {
    const [name = ''] = await names(scene, 'select current_database() as name')
    return comment(`database ${ident(name)}`, scene.picks)
  },
}

const otherOperations: Readonly<Record<string, Operation>> = {
  'create schema': ({ picks: [a] }) => `create schema ${ident(one(SCHEMAS, a))}`,
  'drop schema': listed(quotedSchemas, (name) => `drop schema ${name} cascade`),
  'recreate schema': listed(
    quotedSchemas,
    (name) => `drop schema ${name} cascade; create schema ${name}; create table ${name}.t1 (id integer)`,
  ),
  'rename schema': listed(
    quotedSchemas,
    (name, [a]) => `alter schema ${name} rename to ${ident(one([...SCHEMAS, 'fifth'], a))}`,
  ),
  'change schema owner': listed(
    quotedSchemas,
    (name, [a], { roles }) => `alter schema ${name} owner to ${ident(one(roles, a))}`,
  ),
  'rename role': ({ roles, picks: [a = 0] }) => {
    const [first = '', second = ''] = a % 2 === 0 ? roles : [...roles].reverse()
    return `alter role ${ident(first)} rename to "${first}~"; alter role ${ident(second)} rename to ${ident(first)}; alter role "${first}~" rename to ${ident(second)}`
  },
  'create view': makeView('create view'),
  'replace view': relationOf('v', async ({ full }, [a = 0], scene) => {
    const [text = ''] = await names(scene, `select rtrim(pg_get_viewdef(${literal(full)}::regclass), ';') as name`)
    return `create or replace view ${full} as select * from (${text}) old where ${a % 9} = 0`
  }),
  'extend view': relationOf('v', async ({ full }, [a = 0], scene) => {
    const [text = ''] = await names(scene, `select rtrim(pg_get_viewdef(${literal(full)}::regclass), ';') as name`)
    return `create or replace view ${full} as select *, 1 as ${ident(`more${a % 3}`)} from (${text}) old`
  }),
  'recreate view': relationOf('v', async ({ full }, picks, scene) => {
    const text = await viewText(scene, picks)
    return text && `drop view ${full} cascade; create view ${full} as ${text}`
  }),
  'drop view': relationOf('vm', ({ full, kind }) => `drop ${kind === 'm' ? 'materialized ' : ''}view ${full} cascade`),
  'rename view': relationOf('vm', ({ full }, [a]) => `alter table ${full} rename to ${ident(one(RELATIONS, a))}`),
  'set view options': relationOf(
    'v',
    ({ full }, [a]) => `alter view ${full} ${one(['set (security_barrier)', 'reset (security_barrier)'], a)}`,
  ),
  'create materialized view': makeView('create materialized view'),
  'refresh materialized view': relationOf(
    'm',
    ({ full }, [a = 0]) => `refresh materialized view ${full} ${a % 2 === 0 ? 'with no data' : ''}`,
  ),
  'create enum': async (scene) =>
    `create type ${await newName(scene, scene.picks, TYPES)} as enum ('red', 'green', 'it''s')`,
  'add enum label': listed(
    enums,
    (name, [a = 0]) =>
      `alter type ${name} add value ${literal(`label ${a % 9}`)} ${a % 2 === 0 ? "before 'green'" : ''}`,
  ),
  'rename enum label': listed(enums, async (name, [a, b = 0], scene) => {
    return `alter type ${name} rename value ${literal(one(await labels(scene, name), a))} to ${literal(`renamed ${b % 9}`)}`
  }),
  'create domain': async (scene) => {
    const base = await columnType(scene, scene.picks[2] ?? 0)
    return `create domain ${await newName(scene, scene.picks, TYPES)} as ${base} ${(scene.picks[3] ?? 0) % 2 === 0 ? 'check (value is not null)' : ''}`
  },
  'alter domain': listed(domains, async (name, [a = 0, b], scene) => {
    const call = maybe(await functions(scene), b)
    const change = [
      `add constraint d${a % 3} check (${call === undefined ? 'value is not null' : `${call}() > 0`})`,
      `drop constraint d${a % 3}`,
      'set not null',
      'drop not null',
      `set default ${call === undefined ? 'null' : `${call}()`}`,
      'drop default',
    ]
    return `alter domain ${name} ${one(change, a)}`
  }),
  'create composite': async (scene) =>
    `create type ${await newName(scene, scene.picks, TYPES)} as (first integer, second ${await columnType(scene, scene.picks[2] ?? 0)})`,
  'alter composite': listed(
    composites,
    (name, [a]) =>
      `alter type ${name} ${one(['rename attribute first to primus', 'rename attribute primus to first', 'add attribute third text', 'drop attribute third'], a)}`,
  ),
  'rename type': listed(
    async (scene) => [...(await enums(scene)), ...(await domains(scene)), ...(await composites(scene))],
    (name, [a]) => `alter type ${name} rename to ${ident(one(TYPES, a))}`,
  ),
  'move type': listed(
    async (scene) => [...(await enums(scene)), ...(await domains(scene)), ...(await composites(scene))],
    async (name, [a], scene) => `alter type ${name} set schema ${ident(one(await schemas(scene), a))}`,
  ),
  'drop type': listed(
    async (scene) => [...(await enums(scene)), ...(await composites(scene)), ...(await domains(scene))],
    (name) => `drop type ${name} cascade`,
  ),
  'create function': async (scene) =>
    `create or replace function ${await newName(scene, scene.picks, ['fn', 'Fn 2', 'fn.3'])}() returns integer language sql immutable as 'select 1'`,
  'rename function': listed(
    functions,
    (name, [a]) => `alter function ${name}() rename to ${ident(one(['fn', 'Fn 2', 'fn.3'], a))}`,
  ),
  'move function': listed(
    functions,
    async (name, [a], scene) => `alter function ${name}() set schema ${ident(one(await schemas(scene), a))}`,
  ),
  'drop function': listed(functions, (name) => `drop function ${name}() cascade`),
  'create sequence': async (scene) => `create sequence ${await newName(scene, scene.picks, ['sq', 'Sq 2'])}`,
  'rename sequence': listed(
    sequences,
    (name, [a]) => `alter sequence ${name} rename to ${ident(one(['sq', 'Sq 2', 'sq3'], a))}`,
  ),
  'drop sequence': listed(sequences, (name) => `drop sequence ${name} cascade`),
  'create partitioned table': async (scene) => {
    const [enumType] = await enums(scene)
    const [key, type] =
      enumType !== undefined && (scene.picks[2] ?? 0) % 2 === 0 ? ['list', enumType] : ['range', 'integer']
    return `create table ${await newName(scene, scene.picks)} (id ${type}, a text) partition by ${key} (id)`
  },
  'create partition': relationOf('p', async ({ full }, [a, b, c = 0], scene) => {
    const bound = one(
      [
        'default',
        `for values from (${c % 50}) to (${(c % 50) + 10})`,
        "for values in ('red')",
        "for values in ('green')",
      ],
      c,
    )
    return `create table ${await newName(scene, [a ?? 0, b ?? 0])} partition of ${full} ${bound}`
  }),
  'attach partition': relationOf('p', async ({ full }, [a, b = 0], scene) => {
    const table = maybe(await relations(scene, 'r'), a)
    return (
      table &&
      `alter table ${full} attach partition ${table.full} ${one(['default', `for values from (${b % 90}) to (${(b % 90) + 5})`], b)}`
    )
  }),
  'make and attach partition': relationOf('p', async ({ full }, [a, b = 0], scene) => {
    const name = await newName(scene, [a ?? 0, b])
    return `create table ${name} (like ${full}); alter table ${full} attach partition ${name} default`
  }),
  'detach partition': async (scene) => {
    const rows =
      await scene.sql.unsafe(`select i.inhparent::regclass::text as parent, i.inhrelid::regclass::text as child from pg_inherits i
      join pg_class c on c.oid = i.inhrelid and c.relispartition and c.relkind in ('r', 'p', 'f') order by 2`)
    const found = maybe(rows, scene.picks[0])
    return found && `alter table ${found.parent} detach partition ${found.child}`
  },
  'end inheritance': async (scene) => {
    const rows =
      await scene.sql.unsafe(`select i.inhparent::regclass::text as parent, i.inhrelid::regclass::text as child from pg_inherits i
      join pg_class c on c.oid = i.inhrelid and not c.relispartition and c.relkind = 'r' order by 2`)
    const found = maybe(rows, scene.picks[0])
    return found && `alter table ${found.child} no inherit ${found.parent}`
  },
  'create server': ({ picks: [a = 0] }) =>
    `create foreign data wrapper w${a % 2}; create server v${a % 2} foreign data wrapper w${a % 2}`,
  'rename server': ({ picks: [a = 0] }) => `alter server v${a % 3} rename to v${(a + 1) % 3}`,
  'rename wrapper': ({ picks: [a = 0] }) => `alter foreign data wrapper w${a % 2} rename to w${(a + 1) % 3}`,
  'create foreign table': async (scene) =>
    `create foreign table ${await newName(scene, scene.picks)} (id integer, a text) server v${(scene.picks[2] ?? 0) % 2} options (path 'x')`,
  'set foreign options': relationOf(
    'f',
    ({ full }, [a]) =>
      `alter foreign table ${full} options (${one(["set path 'y'", "add mode 'z'", 'drop mode', "add password 'p'"], a)})`,
  ),
  'drop foreign table': relationOf('f', ({ full }) => `drop foreign table ${full} cascade`),
}

const withoutEffect: Readonly<Record<string, Operation>> = {
  insert: relationOf('r', ({ full }) => `insert into ${full} default values`),
  truncate: relationOf('rp', ({ full }) => `truncate ${full} cascade`),
  vacuum: relationOf('r', ({ full }, [a]) => `vacuum ${one(['', 'full', 'analyze'], a)} ${full}`),
  analyze: relationOf('rpm', ({ full }) => `analyze ${full}`),
  reindex: relationOf('rm', ({ full }) => `reindex table ${full}`),
  'create temporary table': ({ picks: [a = 0] }) =>
    `create temp table tmp${a % 3} (id serial primary key, c text default lower('X'))`,
  'drop temporary table': ({ picks: [a = 0] }) => `drop table pg_temp.tmp${a % 3}`,
}

/** Those on relations, and what their texts are made of. */
export const RELATION_OPERATIONS: Readonly<Record<string, Operation>> = {
  ...tableOperations,
  ...keyOperations,
  ...otherOperations,
  ...withoutEffect,
}

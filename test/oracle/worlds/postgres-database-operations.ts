import {
  collations,
  commented,
  domainConstraints,
  eventTriggers,
  foreignServers,
  grantee,
  moved,
  NAMES,
  owned,
  PARTS_PUBLISHED,
  publications,
  ranges,
  renamed,
  routines,
  wrappers,
} from './postgres-object-lists.ts'
import {
  columnOf,
  comment,
  composites,
  domains,
  enums,
  ident,
  listed,
  literal,
  maybe,
  names,
  newName,
  type Operation,
  one,
  relationOf,
  schemas,
  sequences,
  versionOf,
} from './postgres-scene.ts'

/** Sequences, types, collations, extensions, publications, event triggers, servers. */
export const databaseOperations: Readonly<Record<string, Operation>> = {
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

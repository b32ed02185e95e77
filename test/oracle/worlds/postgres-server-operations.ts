import { commented, grantee, NAMES, owned, renamed } from './postgres-object-lists.ts'
import {
  comment,
  ident,
  indexes,
  listed,
  literal,
  maybe,
  names,
  type Operation,
  one,
  relationOf,
  type Scene,
} from './postgres-scene.ts'

/** Names of tablespaces are one for the whole server: those of a world begin as its roles do. */
export const spaceNames = (roles: readonly string[]) => roles.map((role) => `${role}_space`)

const tablespaces = (scene: Scene) =>
  names(
    scene,
    `select quote_ident(spcname) as name from pg_tablespace
     where spcname in (${spaceNames(scene.roles).map(literal).join()}) order by spcname collate "C"`,
  )
const somewhere = async (scene: Scene, pick = 0) => one(['pg_default', ...(await tablespaces(scene))], pick)
const subscriptions = (scene: Scene) =>
  names(
    scene,
    `select quote_ident(s.subname) as name from pg_subscription s join pg_database d on d.oid = s.subdbid
     where d.datname = current_database() order by s.subname collate "C"`,
  )

/** To publishers that nobody asks. */
const CONNECTIONS = ['host=one dbname=shop password=hidden', 'host=two port=5433 user=x', 'dbname=shop']

/** Tablespaces, which belong to the server, and subscriptions, which its catalogue of all databases holds. */
export const serverOperations: Readonly<Record<string, Operation>> = {
  'create tablespace': ({ roles, picks: [a] }) =>
    `create tablespace ${ident(one(spaceNames(roles), a))} location '' ${one(['', 'with (seq_page_cost = 2)'], a)}`,
  'move to tablespace': relationOf(
    'rpm',
    async ({ full }, [a], scene) => `alter table ${full} set tablespace ${await somewhere(scene, a)}`,
  ),
  'move index to tablespace': async (scene) => {
    const [a, b] = scene.picks
    const found = maybe(await indexes(scene), a)
    return found && `alter index ${found.relation} set tablespace ${await somewhere(scene, b)}`
  },
  'alter tablespace': listed(
    tablespaces,
    (name, [a]) =>
      `alter tablespace ${name} ${one(['set (seq_page_cost = 4)', 'set (random_page_cost = 5)', 'reset (seq_page_cost)'], a)}`,
  ),
  'rename tablespace': listed(
    tablespaces,
    (name, [a], { roles }) => `alter tablespace ${name} rename to ${ident(one(spaceNames(roles), a))}`,
  ),
  'change tablespace owner': listed(tablespaces, owned('tablespace')),
  'grant on tablespace': listed(
    tablespaces,
    (name, [a = 0], scene) =>
      `${one(['grant', 'revoke'], a)} create on tablespace ${name} ${one(['to', 'from'], a)} ${grantee(scene, a)}`,
  ),
  'comment on tablespace': listed(tablespaces, (name, picks) => comment(`tablespace ${name}`, picks)),
  'drop tablespace': listed(tablespaces, (name) => `drop tablespace ${name}`),
  'create subscription': ({ picks: [a, b, c] }) =>
    `create subscription ${ident(one(NAMES, a))} connection ${literal(one(CONNECTIONS, b))}
     publication ${one(['p', '"P 2", p'], c)} with (connect = false, enabled = false, create_slot = false, slot_name = none)`,
  'alter subscription': listed(
    subscriptions,
    (name, [a, b]) =>
      `alter subscription ${name} ${one([`connection ${literal(one(CONNECTIONS, b))}`, 'set publication q with (refresh = false)', "set (slot_name = 'kept')", 'set (slot_name = none)'], a)}`,
  ),
  'rename subscription': listed(subscriptions, renamed('subscription', [...NAMES, 'o4'])),
  'change subscription owner': listed(subscriptions, owned('subscription')),
  'comment on subscription': listed(subscriptions, commented('subscription')),
  'drop subscription': listed(
    subscriptions,
    (name) => `alter subscription ${name} set (slot_name = none); drop subscription ${name}`,
  ),
}

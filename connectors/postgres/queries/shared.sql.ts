/** Catalogues of the system's own and of sessions' temporary objects; `n` is pg_namespace. */
export const OF_USERS = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"

/** The database we are connected to. */
export const THIS_DATABASE = '(select oid from pg_database where datname = current_database())'

/** Where we are, as the snapshot has it. */
export const PLACE = `select datname as database, oid::text as "databaseOid" from pg_database where oid = ${THIS_DATABASE}`

/** Ids below are the system's own. */
export const FIRST_USER_OID = 16384

export const commentOn = (catalogue: string, oid: string) =>
  `(select description from pg_description where classoid = '${catalogue}'::regclass and objoid = ${oid} and objsubid = 0)`

export const sharedCommentOn = (catalogue: string, oid: string) =>
  `(select description from pg_shdescription where classoid = '${catalogue}'::regclass and objoid = ${oid})`

/**
 * Members of an extension are its parts, and what the system made for another object (the constructors of a range type)
 * is a part of that: neither is catalogued by itself.
 */
export const isPart = (catalogue: string, oid: string) =>
  `exists (select from pg_depend part where part.classid = '${catalogue}'::regclass and part.objid = ${oid}
    and part.objsubid = 0 and part.deptype in ('e', 'i'))`

/** What a row `p` of pg_proc is called: the types alone tell overloads apart, names and defaults may change under them. */
export const signatureOf = (p: string) =>
  `${p}.proname || '(' || (select coalesce(string_agg(format_type(u.type, null), ', ' order by u.place), '')
    from unnest(${p}.proargtypes::oid[]) with ordinality u (type, place)) || ')'`

/** `[schema, name]` of a row of a catalogue whose columns begin with `prefix`, such as `pro` of pg_proc. */
export const nameOf = (catalogue: string, prefix: string, oid: string) =>
  `(select json_build_array(s.nspname, x.${prefix}name) from ${catalogue} x join pg_namespace s on s.oid = x.${prefix}namespace
    where x.oid = ${oid})`

const grantee = 'case when g.grantee <> 0 then pg_get_userbyid(g.grantee) end'

/** Rights as `[grantee, privilege, may grant]`, null standing for everyone, in no order. */
export const explodedGrants = (acl: string, condition = 'true') =>
  `(select json_agg(json_build_array(${grantee}, g.privilege_type, g.is_grantable)) from aclexplode(${acl}) g where ${condition})`

/**
 * The rights on an object of a kind as `acldefault` names them. Where none were given the system's defaults hold, such
 * as EXECUTE for everyone. Its owner's are left out unless he has given some of them up.
 */
export function grants(acl: string, kind: string, owner: string): string {
  const held = `(select count(distinct m.privilege_type) from aclexplode(${acl}) m where m.grantee = ${owner})`
  const usual = `(select count(*) from aclexplode(acldefault('${kind}', ${owner})) m where m.grantee = ${owner})`
  return explodedGrants(
    `coalesce(${acl}, acldefault('${kind}', ${owner}))`,
    `g.grantee <> ${owner} or (${acl} is not null and ${held} < ${usual})`,
  )
}

/** Rights that objects made from now on will have, by who makes them, in a schema or (0) in the whole database. */
export const defaultGrants = (namespace: string) =>
  `(select json_agg(json_build_array(pg_get_userbyid(d.defaclrole), d.defaclobjtype, ${grantee}, g.privilege_type, g.is_grantable))
    from pg_default_acl d cross join aclexplode(d.defaclacl) g
    where d.defaclnamespace = ${namespace} and g.grantee <> d.defaclrole)`

/**
 * Fingerprints of rows that hold all that their records are made of: of the rows themselves. They are `oid`, `schema`
 * and `name` first, and must be read without locks: a listing waits for nobody.
 */
export const contentStamps = (rows: string) =>
  `select x.oid, x.schema, x.name, md5(x::text) as fingerprint from (${rows}) x`

import { FIRST_USER_OID, THIS_DATABASE } from './shared.sql.ts'

/** The role that made the cluster. PostgreSQL keeps no record of what it owns. */
const BOOTSTRAP_ROLE = 10

/**
 * Ids of the roles that matter to this database: those that own something in it or have a right on it, and all their
 * members. Other databases' roles, and the predefined ones, are none of its business.
 */
export const ROLES_IN_USE = `
with recursive referred as (
  select d.refobjid as oid from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.dbid = ${THIS_DATABASE}
  union select d.refobjid from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.dbid = 0
    and d.classid = 'pg_database'::regclass and d.objid = ${THIS_DATABASE}
  union select datdba from pg_database where datname = current_database()
  union select ${BOOTSTRAP_ROLE}
), reached(oid) as (
  select oid from referred union select m.member from reached r join pg_auth_members m on m.roleid = r.oid
)
select oid from reached`

/** Ids of the tablespaces that this database uses besides the two every cluster has. */
export const TABLESPACES_IN_USE = `
select t.oid from pg_tablespace t where t.oid >= ${FIRST_USER_OID} and t.oid in (
  select dattablespace from pg_database where datname = current_database() union select reltablespace from pg_class)`

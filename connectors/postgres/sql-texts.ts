import type { DefinedAsset, NameDefaults, NamePath, SqlTexts } from '../kit/index.ts'

/** Names of no use here: the caller's own schema, and what is searched anyway. */
const NOT_SCHEMAS = new Set(['$user', 'pg_catalog', 'pg_temp'])
const SYSTEM_SCHEMA = /^(pg_catalog|information_schema|pg_toast|pg_temp(_\d+)?)$/
/** Where PostgreSQL looks unless it is told otherwise. */
const PUBLIC = 'public'

/**
 * How PostgreSQL's own texts name relations. Views, and routines with a parsed body, come from the definition functions
 * under a search path of `pg_catalog` alone: what they do not qualify is the system's. A routine's text is as it was
 * written; its `SET search_path` says where names lead. Without one that is up to whoever calls it: its own schema or
 * `public`, if only one of them has the relation.
 * https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH
 */
export const sqlTexts: SqlTexts = {
  dialect: 'postgres',
  // Their definitions name a symbol of a library or of the server.
  opaque: ['c', 'internal'],
  defaults(asset) {
    const [database = '', schema = ''] = asset.path
    return { database, ...(asset.group === 'routine' ? routineSchemas(asset, schema) : { schemas: ['pg_catalog'] }) }
  },
  logDefaults: (scope, database) => ({ database: database ?? scope, schemas: [PUBLIC], assumed: true }),
  assetPath: (name, near) => (name.length === 3 && name[0] === near[0] ? name : undefined),
  isSystem,
}

/** Server names of its own begin with `pg_`, in whatever schema an unqualified one is looked for. */
function isSystem(name: NamePath): boolean {
  return SYSTEM_SCHEMA.test(name.at(-2) ?? '') || /^pg_/.test(name.at(-1) ?? '')
}

function routineSchemas({ properties }: DefinedAsset, own: string): Pick<NameDefaults, 'schemas' | 'assumed'> {
  const settings = Array.isArray(properties.settings) ? properties.settings.map(String) : []
  const setting = settings.find((entry) => entry.startsWith('search_path='))
  if (setting === undefined) return { schemas: [...new Set([own, PUBLIC])], assumed: true }
  const schemas = searchPath(setting.slice('search_path='.length))
  return { schemas: schemas.length === 0 ? ['pg_catalog'] : schemas }
}

/** The schemas of a list such as `app, "My Schema", "$user"`. */
function searchPath(list: string): string[] {
  const names = [...list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').toLowerCase() : quoted.replaceAll('""', '"'),
  )
  return names.filter((name) => name !== '' && !NOT_SCHEMAS.has(name))
}

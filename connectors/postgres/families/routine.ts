import {
  type AssetRecord,
  type GrantRow,
  grantFacets,
  type Json,
  optional,
  toldOf,
  withFacets,
  withProperties,
} from '../../kit/index.ts'
import { bodyStamps } from '../queries/fingerprint.sql.ts'
import { commentOn, contentStamps, grants, isPart, signatureOf } from '../queries/shared.sql.ts'
import type { Server } from '../server.ts'
import { defineFamily, type ObjectRow, type Place, selected } from './family.ts'

interface ArgumentRow {
  readonly name: string | null
  readonly mode: string
  readonly type: string
  readonly default: string | null
}

interface RoutineRow extends ObjectRow {
  readonly schema: string
  readonly plain_name: string
  readonly kind: string
  readonly owner: string | null
  readonly comment: string | null
  readonly arguments: readonly ArgumentRow[] | null
  readonly returns: string | null
  readonly language: string
  readonly volatility: string
  readonly strict: boolean
  readonly security_definer: boolean
  readonly leakproof: boolean
  readonly parallel: string
  readonly cost: number
  readonly estimated_rows: number
  readonly settings: readonly string[] | null
  readonly support: string | null
  readonly definition: string | null
  readonly aggregate: Readonly<Record<string, Json>> | null
  readonly grants: readonly GrantRow[] | null
}

const KINDS: Readonly<Record<string, string>> = {
  f: 'function',
  p: 'procedure',
  a: 'aggregate',
  w: 'window function',
}
const MODES: Readonly<Record<string, string>> = { i: 'in', o: 'out', b: 'inout', v: 'variadic', t: 'table' }
const VOLATILITY: Readonly<Record<string, string>> = { i: 'immutable', s: 'stable', v: 'volatile' }
const PARALLEL: Readonly<Record<string, string>> = { s: 'safe', r: 'restricted', u: 'unsafe' }
const AGGREGATE_KINDS: Readonly<Record<string, string>> = { n: 'normal', o: 'ordered-set', h: 'hypothetical-set' }

/** From this version a function may have its body as a parsed statement, whose text is made from the catalogue. */
const PARSED_BODIES = 140000

const ARGUMENTS = `(select json_agg(json_build_object('name', nullif(p.proargnames[u.place], ''),
    'mode', coalesce(p.proargmodes[u.place]::text, 'i'), 'type', format_type(u.type, null),
    'default', case when p.pronargdefaults > 0 then pg_get_function_arg_default(p.oid, u.place::int) end) order by u.place)
  from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality u (type, place))`

const routineName = (oid: string) => `case when ${oid} <> 0 then ${oid}::regproc::text end`
const AGGREGATE = `(select json_build_object('kind', g.aggkind, 'directArguments', g.aggnumdirectargs,
    'state', format_type(g.aggtranstype, null), 'transition', ${routineName('g.aggtransfn')}, 'final', ${routineName('g.aggfinalfn')},
    'combine', ${routineName('g.aggcombinefn')}, 'serialize', ${routineName('g.aggserialfn')},
    'deserialize', ${routineName('g.aggdeserialfn')}, 'movingTransition', ${routineName('g.aggmtransfn')},
    'movingInverse', ${routineName('g.aggminvtransfn')}, 'movingFinal', ${routineName('g.aggmfinalfn')},
    'movingState', case when g.aggmtranstype <> 0 then format_type(g.aggmtranstype, null) end,
    'initial', g.agginitval, 'movingInitial', g.aggminitval,
    'sortOperator', case when g.aggsortop <> 0 then g.aggsortop::regoper::text end)
  from pg_aggregate g where g.aggfnoid = p.oid)`

/** With `locking` false the texts whose making locks tables are left out. */
function routines(condition: string, server: Server, locking: boolean): string {
  const parsed = server.version >= PARSED_BODIES && !locking ? 'and p.prosqlbody is null' : ''
  return `
select p.oid::text as oid, n.nspname::text as schema, ${signatureOf('p')} as name,
  p.proname as plain_name, p.prokind as kind, r.rolname as owner, ${commentOn('pg_proc', 'p.oid')} as comment,
  ${ARGUMENTS} as arguments, case when p.prokind <> 'p' then pg_get_function_result(p.oid) end as returns,
  l.lanname as language, p.provolatile as volatility, p.proisstrict as strict, p.prosecdef as security_definer,
  p.proleakproof as leakproof, p.proparallel as parallel, p.procost as cost, p.prorows as estimated_rows,
  to_json(p.proconfig) as settings, case when p.prosupport <> 0 then p.prosupport::regproc::text end as support,
  case when p.prokind <> 'a' ${parsed} then pg_get_functiondef(p.oid) end as definition,
  case when p.prokind = 'a' then ${AGGREGATE} end as aggregate, ${grants('p.proacl', 'f', 'p.proowner')} as grants
from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  left join pg_roles r on r.oid = p.proowner
where ${condition} and not ${isPart('pg_proc', 'p.oid')}`
}

function stamps(condition: string, server: Server): string {
  const rows = routines(condition, server, false)
  if (server.version < PARSED_BODIES) return contentStamps(rows)
  return `select x.oid, x.schema, x.name, md5(x::text || coalesce(b.h::text, '')) as fingerprint from (${rows}) x
    left join (${bodyStamps(condition)}) b on b.oid = x.oid`
}

/** Functions, procedures, aggregates and window functions; overloads differ by the types of their arguments. */
export const routine = defineFamily<RoutineRow>({
  prefix: 'fn',
  group: 'routine',
  inSchemas: true,
  stamps: (selection, server) => stamps(selected(selection, 'p.oid', 'p.pronamespace'), server),
  rows: (oids, server) => routines(selected({ oids }, 'p.oid'), server, true),
  record: toRecord,
})

function toRecord(row: RoutineRow, place: Place): AssetRecord {
  return {
    kind: KINDS[row.kind] ?? 'function',
    path: [place.database, row.schema, row.name],
    parent: { group: 'container', path: [place.database, row.schema] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      name: row.plain_name,
      arguments: (row.arguments ?? []).map(toArgument),
      returns: row.returns,
      language: row.language,
      volatility: VOLATILITY[row.volatility],
      parallel: PARALLEL[row.parallel],
      strict: row.strict ? true : null,
      securityDefiner: row.security_definer ? true : null,
      leakproof: row.leakproof ? true : null,
      cost: row.cost,
      rows: row.estimated_rows > 0 ? row.estimated_rows : null,
      settings: row.settings === null ? null : [...row.settings],
      support: row.support,
      aggregate: row.aggregate === null ? null : toAggregate(row.aggregate),
    }),
    ...withFacets(grantFacets(row.grants)),
    ...(row.definition === null ? {} : { definition: { language: row.language, text: row.definition } }),
  }
}

function toArgument(row: ArgumentRow): Json {
  return {
    ...optional('name', row.name),
    mode: MODES[row.mode] ?? row.mode,
    type: row.type,
    ...optional('default', row.default),
  }
}

function toAggregate(row: Readonly<Record<string, Json>>): Json {
  const { directArguments, ...rest } = toldOf(row)
  return {
    ...rest,
    ...(directArguments === 0 ? {} : { directArguments: directArguments ?? 0 }),
    kind: AGGREGATE_KINDS[String(row.kind)] ?? row.kind ?? null,
  }
}

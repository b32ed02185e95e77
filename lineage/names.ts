import type { Traits } from './dialects.ts'
import type { Name, Path } from './syntax/ast.ts'
import type { Defaults, TableName } from './types.ts'

/** A name as the dialect keeps it. */
export function foldName(name: Name, traits: Traits): string {
  if (name.quoted || traits.fold === 'keep' || traits.fold === 'exact') return name.text
  return traits.fold === 'lower' ? name.text.toLowerCase() : name.text.toUpperCase()
}

/** What two names have in common when the dialect takes them for the same. */
export function comparable(folded: string, traits: Traits): string {
  return traits.fold === 'keep' ? folded.toLowerCase() : folded
}

/** Dialects whose databases hold tables, with no schema between. */
const TWO_LEVELS = new Set<string>(['mysql', 'mariadb', 'clickhouse', 'sqlite'])

/** Every full name a path may stand for, likeliest first. */
export function candidates(path: Path, traits: Traits, defaults: Defaults): TableName[] {
  const own = defaults.schemas?.[0] ?? 'dbo'
  const parts = path.map((name) => (name.text === '' ? own : foldName(name, traits)))
  const plain = traits.dialect === 'bigquery' ? withoutDecorator(parts) : parts
  const { database, schemas = [] } = defaults
  if (plain.length >= 3) return [plain]
  if (plain.length === 2)
    return [
      database === undefined || (TWO_LEVELS.has(traits.dialect) && schemas.length === 0) ? plain : [database, ...plain],
    ]
  const prefix = database === undefined ? [] : [database]
  return schemas.length === 0 ? [[...prefix, ...plain]] : schemas.map((schema) => [...prefix, schema, ...plain])
}

/** `table$20240101` names a partition, `table@-3600000` a moment: the table is meant. */
function withoutDecorator(parts: readonly string[]): string[] {
  const last = parts.at(-1) ?? ''
  const bare = last.replace(/[$@][^$@]*$/, '')
  return bare === '' ? [...parts] : [...parts.slice(0, -1), bare]
}

/** What a date shard `events_20240131` or a wildcard `events_2024*` belongs to: `events_yyyymmdd`, as the family is catalogued. */
export function shardFamily(name: TableName): TableName | undefined {
  const last = name.at(-1) ?? ''
  const shard = /^(.*?_)(?:\d{8}|\d{0,7}\*)$|^(.*?)\d{8}$/.exec(last)
  const stem = shard?.[1] ?? shard?.[2]
  if (stem === undefined || stem === '') return undefined
  if (/\d{8}$/.test(last) && !isDate(last.slice(-8))) return undefined
  return [...name.slice(0, -1), `${stem}yyyymmdd`]
}

function isDate(digits: string): boolean {
  const month = Number(digits.slice(4, 6))
  const day = Number(digits.slice(6, 8))
  return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

/** Equal for equal tables. Those the catalogue knows by name keep their case; of others it is not known whether case matters. */
export function tableKey(name: TableName, known: boolean): string {
  const key = name.join('\u0000')
  return known ? key : key.toLowerCase()
}

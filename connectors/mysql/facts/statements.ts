import { literal, literals } from '../text.ts'
import type { Catalogue, FactSet } from './sets.ts'

/** Objects of a set, as {@link namesOf} lists them. */
export interface Objects {
  readonly names: readonly string[]
  /** Whether nothing that the list had stands between the first and the last: then the two say it all, more cheaply. */
  readonly gapless: boolean
}

/** The rows of a set in a database, of all objects or of those named and maybe some more; each with its stamp. */
export function rowsOf(set: FactSet, catalogue: Catalogue, database: string, objects?: Objects): string {
  const columns = Object.entries(set.columns).map(
    ([name, column]) => `${written(column, set, catalogue)} as \`${name}\``,
  )
  return `select ${[`${set.object} as object`, ...columns, `${stampOf(set, catalogue)} as stamp`].join(', ')} from ${sourceOf(set)}
    where ${set.database} = ${literal(database)} and ${exactly(set.database)} = ${bytes(database)}${conditions(set)}${objects === undefined ? '' : ` and ${among(set.object, objects)}`}`
}

/**
 * Of each database how many rows of the set it has, and their stamps put together, so that whatever moves in one of them
 * moves it; `byObject` tells it of each object.
 */
export function stampsOf(set: FactSet, catalogue: Catalogue, databases: readonly string[], byObject: boolean): string {
  const keys = [`hex(${set.database}) as db`, ...(byObject ? [`hex(${set.object}) as object`] : [])]
  return `select ${keys.join(', ')}, count(*) as entries,
      hex(bit_xor(cast(conv(${stampOf(set, catalogue)}, 16, 10) as unsigned))) as mixed
    from ${sourceOf(set)} where ${set.database} in ${literals(databases)}${conditions(set)}
    group by db${byObject ? ', object' : ''}`
}

function among(column: string, { names, gapless }: Objects): string {
  if (!gapless) return `${column} in ${literals(names)}`
  return `${column} between ${literal(names[0] ?? '')} and ${literal(names.at(-1) ?? '')}`
}

/** The names of a set's objects in a database, in the server's own order. */
export function namesOf(set: FactSet, catalogue: Catalogue, database: string, type?: string): string {
  const kind = type === undefined ? '' : `, ${written(type, set, catalogue)} as type`
  return `select ${set.object} as name${kind} from ${sourceOf(set)}
    where ${set.database} = ${literal(database)} and ${exactly(set.database)} = ${bytes(database)}${conditions(set)}
    order by ${set.object}`
}

/**
 * 64 bits over all that the set tells of a row, in hexadecimal: what may be long by its own hash, all else as it is. MD5
 * and SHA1 are no longer in every server.
 */
function stampOf(set: FactSet, catalogue: Catalogue): string {
  const parts = Object.entries(set.columns).map(([name, column]) => {
    const value = written(column, set, catalogue)
    return `ifnull(${set.long?.includes(name) ? `sha2(${value}, 256)` : `hex(${value})`}, '-')`
  })
  return `left(sha2(concat_ws(',', ${[`hex(${set.object})`, ...parts].join(', ')}), 256), 16)`
}

function written(column: string, { tables }: FactSet, catalogue: Catalogue): string {
  const [letter = '', name = ''] = column.split('.')
  return catalogue.tables.get(tables[letter] ?? '')?.has(name) ? column : 'null'
}

function sourceOf({ tables, join }: FactSet): string {
  const sources = Object.entries(tables).map(([letter, table]) => `information_schema.${table} ${letter}`)
  return join === undefined ? sources.join() : `${sources.join(' join ')} on ${join}`
}

function conditions({ where }: FactSet): string {
  return where === undefined ? '' : ` and ${where}`
}

/** MariaDB compares names in its catalogue without regard to case, also where its files have it. */
function exactly(column: string): string {
  return `cast(${column} as binary)`
}

function bytes(text: string): string {
  return `x'${Buffer.from(text, 'utf8').toString('hex')}'`
}

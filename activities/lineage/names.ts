import type { ForeignText, NameDefaults, SqlTexts } from '../../connectors/kit/index.ts'
import type { FoundRelation, WantedRelation } from '../../db/lineage/read.ts'
import type { EdgeEnd } from '../../db/lineage/stage.ts'
import { findDialect, traitsOf } from '../../lineage/dialects.ts'
import type { Manifest, PoolInput, TableName, TableSchema } from '../../lineage/types.ts'
import { displayName, nameKey } from '../../model/names.ts'

/** A text to derive, and how its names lead to assets. */
export interface TextSource {
  readonly sql: SqlTexts
  readonly text: string
  readonly defaults: NameDefaults
  readonly namespaceId: number
  /** The path of the asset whose text it is; of a log, that of its database. */
  readonly near: readonly string[]
  /** Whether an unqualified name is uncertain where several schemas have it: whose session it was is not known. */
  readonly anySession?: boolean
  /** The text is no definition in the database whose relations it names: the origin of its edges. */
  readonly foreign?: ForeignText['origin']
  /** The relation that a bare query fills, other than the text's own asset. */
  readonly target?: TableName
  readonly manifest?: Manifest
}

export type TextInput = Omit<PoolInput, 'tables'>

export function toInput({ sql, text, defaults, manifest }: TextSource): TextInput {
  const given = manifest === undefined ? {} : { manifest }
  return { text, dialect: findDialect(sql.dialect), defaults, ...given }
}

/** Whether names of the dialect are found whatever their case. */
export function isLoose({ sql }: TextSource): boolean {
  return traitsOf(findDialect(sql.dialect)).fold === 'keep'
}

/** What a name leads to: an asset's name, `system`, or nothing that could be known. */
type Resolved = { readonly end: EdgeEnd; readonly found: FoundRelation | undefined } | 'system' | undefined

/** The names of one text, and what the catalogue has under them. */
export interface Names {
  resolve(name: TableName): Resolved
  /** The tables that the engine shall know, by the names it asks for. */
  readonly tables: readonly TableSchema[]
  /** By path, each once: what was looked up. */
  readonly looked: ReadonlyMap<string, FoundRelation | undefined>
}

/** The relations that names may lead to, for the store to look up. */
export function wantedOf(source: TextSource, consulted: readonly TableName[]): WantedRelation[] {
  const wanted = new Map<string, WantedRelation>()
  for (const name of consulted) {
    const path = source.sql.assetPath(name, source.near)
    if (path === undefined) continue
    const key = nameKey(path)
    wanted.set(key, {
      namespaceId: source.namespaceId,
      key,
      name: path.at(-1) ?? '',
      loose: isLoose(source),
      counted: source.anySession === true,
    })
  }
  return [...wanted.values()]
}

/** `find` tells what the store knows of a wanted relation. */
export function namesOf(
  source: TextSource,
  consulted: readonly TableName[],
  find: (namespaceId: number, key: string, loose: boolean) => FoundRelation | undefined,
): Names {
  const { sql, near, namespaceId } = source
  const loose = isLoose(source)
  // A second bearer of the name, as far as the engine is concerned: it then leaves the name bare.
  const isShared = (bare: TableName): boolean =>
    source.anySession === true &&
    (source.defaults.schemas ?? []).some((schema) => {
      const path = sql.assetPath([...bare.slice(0, -1), schema, ...bare.slice(-1)], near)
      return path !== undefined && find(namespaceId, nameKey(path), loose)?.shared === true
    })
  const looked = new Map<string, FoundRelation | undefined>()
  const tables = consulted.flatMap((name): TableSchema[] => {
    const path = sql.assetPath(name, near)
    if (path === undefined) return isShared(name) ? [{ name, columns: [''] }] : []
    const key = nameKey(path)
    const found = find(namespaceId, key, loose)
    if (found !== undefined || sql.isSystem?.(name) !== true) looked.set(key, found)
    return found === undefined || found.columns.length === 0 ? [] : [{ name, columns: found.columns }]
  })
  const resolve = (name: TableName): Resolved => {
    const path = sql.assetPath(name, near)
    const found = path === undefined ? undefined : find(namespaceId, nameKey(path), loose)
    if (found === undefined && sql.isSystem?.(name) === true) return 'system'
    if (path === undefined) return undefined
    return { end: relationEnd(namespaceId, found?.path ?? path), found }
  }
  const resolved = new Map<string, Resolved>()
  return {
    tables,
    looked,
    resolve(name) {
      const key = name.join('\u0000')
      const known = resolved.get(key)
      if (known !== undefined || resolved.has(key)) return known
      const now = resolve(name)
      resolved.set(key, now)
      return now
    },
  }
}

export function relationEnd(namespaceId: number, path: readonly string[]): EdgeEnd {
  return { namespaceId, group: 'relation', key: nameKey(path), path, display: displayName(path) }
}

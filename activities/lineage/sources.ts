import type { DefinedAsset, ForeignText, NamePath, SqlTexts } from '../../connectors/kit/index.ts'
import { namespaceIds } from '../../db/lineage/namespaces.ts'
import type { DefinitionRow } from '../../db/lineage/read.ts'
import type { ActivityDeps } from '../deps.ts'
import type { TextSource } from './names.ts'

/** How texts of a connector are read; undefined for one that brings none, or that is not installed here. */
export function sqlOf({ registry }: ActivityDeps, connector: string): SqlTexts | undefined {
  return registry.list().find(({ manifest }) => manifest.type === connector)?.manifest.sql
}

/** How each definition is read, by its asset; those of connectors that bring no SQL are absent. */
export async function readSources(
  deps: ActivityDeps,
  rows: readonly DefinitionRow[],
): Promise<ReadonlyMap<number, TextSource>> {
  const texts = rows.filter(hasText).flatMap((row) => {
    const sql = sqlOf(deps, row.connector)
    if (sql === undefined || sql.opaque?.includes(row.language) === true) return []
    return [{ row, sql, foreign: sql.foreign?.(assetOf(row)) }]
  })
  const named = texts.flatMap(({ row, foreign }) =>
    foreign?.namespace === undefined ? [] : [{ sourceId: row.sourceId, name: foreign.namespace }],
  )
  const ids = await namespaceIds(deps.store.sql, named)
  return new Map(
    texts.map(({ row, sql, foreign }) => {
      const { text, path: near, namespaceId } = row
      if (foreign === undefined)
        return [row.assetId, { sql, text, namespaceId, near, defaults: sql.defaults(assetOf(row)) }]
      const elsewhere = ids.get(`${row.sourceId} ${foreign.namespace}`)
      return [row.assetId, { ...foreignSource(row, sql, foreign), namespaceId: elsewhere ?? namespaceId }]
    }),
  )
}

type TextRow = DefinitionRow & { readonly language: string; readonly text: string }

function hasText(row: DefinitionRow): row is TextRow {
  return row.text !== null && row.language !== null
}

function assetOf({ group, kind, path, language, properties }: TextRow): DefinedAsset {
  // The store keeps what a record said, which was checked then.
  return { group, kind, path, language, properties } as DefinedAsset
}

function foreignSource(row: TextRow, sql: SqlTexts, foreign: ForeignText): Omit<TextSource, 'namespaceId'> {
  const { origin, dialect, namespace, defaults, target, manifest } = foreign
  const parts = 1 + (defaults.database === undefined ? 0 : 1) + (defaults.schemas === undefined ? 0 : 1)
  const assetPath = (name: NamePath) => (namespace === undefined || name.length < parts ? undefined : name)
  return {
    sql: { ...sql, dialect, assetPath },
    text: foreign.toSql?.(row.text) ?? row.text,
    defaults,
    near: row.path,
    foreign: origin,
    ...(target === undefined ? {} : { target }),
    ...(manifest === undefined ? {} : { manifest }),
  }
}

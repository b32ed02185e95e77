import type { CodeText, DefinedAsset, NamePath, SqlTexts } from '../../connectors/kit/index.ts'
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
  const texts = rows.flatMap((row) => {
    const sql = sqlOf(deps, row.connector)
    return sql === undefined ? [] : [{ row, sql, code: sql.code?.(assetOf(row)) }]
  })
  const named = texts.flatMap(({ row, code }) =>
    code?.namespace === undefined ? [] : [{ sourceId: row.sourceId, name: code.namespace }],
  )
  const ids = await namespaceIds(deps.store.sql, named)
  return new Map(
    texts.map(({ row, sql, code }) => {
      const { text, path: near, namespaceId } = row
      if (code === undefined)
        return [row.assetId, { sql, text, namespaceId, near, defaults: sql.defaults(assetOf(row)) }]
      const elsewhere = ids.get(`${row.sourceId} ${code.namespace}`)
      return [row.assetId, { ...codeSource(row, sql, code), namespaceId: elsewhere ?? namespaceId }]
    }),
  )
}

function assetOf({ group, kind, path, language, properties }: DefinitionRow): DefinedAsset {
  // The store keeps what a record said, which was checked then.
  return { group, kind, path, language, properties } as DefinedAsset
}

function codeSource(row: DefinitionRow, sql: SqlTexts, code: CodeText): Omit<TextSource, 'namespaceId'> {
  const { dialect, namespace, defaults, target, manifest } = code
  const parts = 1 + (defaults.database === undefined ? 0 : 1) + (defaults.schemas === undefined ? 0 : 1)
  const assetPath = (name: NamePath) => (namespace === undefined || name.length < parts ? undefined : name)
  return {
    sql: { ...sql, dialect, assetPath },
    text: row.text,
    defaults,
    near: row.path,
    isCode: true,
    ...(target === undefined ? {} : { target }),
    ...(manifest === undefined ? {} : { manifest }),
  }
}

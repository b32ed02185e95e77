import type { FieldRecord, Json } from '../kit/index.ts'
import { told, withProperties } from './facets.ts'
import type { Row } from './session.ts'
import { fieldType, isQuoted, labelsOf } from './types.ts'

/** The fields of a relation. `checks` are the conditions on it: MariaDB's JSON is a text with such a one. */
export function toFields(rows: readonly Row[], checks: readonly Row[], mariadb: boolean): FieldRecord[] {
  const conditions = new Set(checks.map(({ checkClause }) => String(checkClause)))
  return [...rows]
    .sort((left, right) => Number(left.ordinalPosition) - Number(right.ordinalPosition))
    .map((row, at) => {
      const name = String(row.columnName)
      const isJson = conditions.has(`json_valid(\`${name.replaceAll('`', '``')}\`)`)
      const nativeType = String(row.columnType)
      const extra = String(row.extra ?? '')
      const generated = howGenerated(row, extra)
      return {
        name,
        position: at + 1,
        nativeType,
        type: isJson ? 'json' : fieldType(String(row.dataType), nativeType),
        nullable: row.isNullable === 'YES',
        ...(generated === 'stored' || generated === 'virtual' ? {} : told('default', defaultOf(row, extra, mariadb))),
        ...told('generated', generated),
        ...told('comment', row.columnComment),
        ...withProperties(propertiesOf(row, extra, nativeType)),
      }
    })
}

/** Of a system-versioned table `row start` and `row end` are its period's. */
function howGenerated({ generationExpression }: Row, extra: string): string | undefined {
  if (/auto_increment/i.test(extra)) return 'identity by default'
  const period = /^ROW (START|END)$/i.exec(String(generationExpression ?? ''))?.[0]
  if (period !== undefined) return period.toLowerCase()
  return /\b(STORED|VIRTUAL|PERSISTENT) GENERATED/i.exec(extra)?.[1]?.toLowerCase().replace('persistent', 'stored')
}

/**
 * The default as one writes it. MariaDB tells it so; MySQL tells a literal's value, and marks what is an expression. An
 * explicit NULL is none.
 */
function defaultOf({ columnDefault, dataType }: Row, extra: string, mariadb: boolean): string | undefined {
  if (columnDefault === null || columnDefault === undefined) return undefined
  const text = String(columnDefault)
  if (mariadb) return text === 'NULL' ? undefined : text
  const isExpression = /DEFAULT_GENERATED/i.test(extra) || /^CURRENT_TIMESTAMP(\(\d\))?$/i.test(text)
  if (isExpression || !isQuoted(String(dataType))) return text
  return `'${text.replaceAll("'", "''")}'`
}

function propertiesOf(row: Row, extra: string, nativeType: string): Record<string, Json> {
  const labels = labelsOf(nativeType)
  const onUpdate = /on update (\S+)/i.exec(extra)?.[1]
  const expression = /^ROW (START|END)$/i.test(String(row.generationExpression ?? '')) ? null : row.generationExpression
  return {
    ...told('charset', row.characterSetName),
    ...told('collation', row.collationName),
    ...(labels === undefined ? {} : { labels }),
    ...told('expression', expression),
    ...told('onUpdate', onUpdate),
    ...(/\bINVISIBLE\b/i.test(extra) ? { invisible: true } : {}),
    ...(/WITHOUT SYSTEM VERSIONING/i.test(extra) ? { withoutSystemVersioning: true } : {}),
    ...(row.srsId === null || row.srsId === undefined ? {} : { srid: Number(row.srsId) }),
  }
}

import type { ConstraintRecord, IndexRecord, Json } from '../kit/index.ts'
import { quoteIdentifier } from '../kit/index.ts'
import { byName, told, withProperties } from './facets.ts'
import type { Row } from './session.ts'

/** What the catalogue says of the keys of one table. */
export interface KeyRows {
  readonly index: readonly Row[]
  readonly foreignKey: readonly Row[]
  readonly foreignKeyRule: readonly Row[]
  readonly check: readonly Row[]
  /** Names of the table's columns. */
  readonly columns: ReadonlySet<string>
}

const PRIMARY = 'PRIMARY'

export function toIndexes(rows: readonly Row[]): IndexRecord[] {
  const groups = [...Map.groupBy(rows, ({ indexName }) => String(indexName))]
  return byName(groups.map(([name, parts]) => toIndex(name, inOrder(parts, 'seqInIndex'))))
}

function toIndex(name: string, parts: readonly Row[]): IndexRecord {
  const [first = {}] = parts
  const unique = Number(first.nonUnique) === 0
  const method = String(first.indexType)
  const comment = told('comment', first.indexComment)
  const hidden = first.isVisible === 'NO' || first.ignored === 'YES'
  return {
    name,
    columns: parts.map(keyPart),
    unique,
    primary: name === PRIMARY,
    definition: definitionOf(name, parts, unique, method),
    ...withProperties({ method, ...comment, ...(hidden ? { invisible: true } : {}) }),
  }
}

/** An expression stands as it is written. */
function keyPart({ columnName, expression }: Row): string {
  return columnName === null ? `(${String(expression)})` : String(columnName)
}

/** As CREATE TABLE has it. */
function definitionOf(name: string, parts: readonly Row[], unique: boolean, method: string): string {
  const isKind = method === 'FULLTEXT' || method === 'SPATIAL'
  const list = parts.map((part) => {
    const column = part.columnName === null ? keyPart(part) : quoteIdentifier(String(part.columnName), '`')
    const length = part.subPart === null || isKind ? '' : `(${part.subPart})`
    return `${column}${length}${part.collation === 'D' ? ' DESC' : ''}`
  })
  if (name === PRIMARY) return `PRIMARY KEY (${list.join(', ')})`
  const kind = unique ? 'UNIQUE ' : isKind ? `${method} ` : ''
  return `${kind}KEY ${quoteIdentifier(name, '`')} (${list.join(', ')})${isKind ? '' : ` USING ${method}`}`
}

export function toConstraints(rows: KeyRows): ConstraintRecord[] {
  return byName([...toUniques(rows.index), ...toForeignKeys(rows), ...toChecks(rows)])
}

/** Each unique index is a constraint; its columns are those that are no expressions. */
function toUniques(rows: readonly Row[]): ConstraintRecord[] {
  const unique = rows.filter(({ nonUnique }) => Number(nonUnique) === 0)
  return [...Map.groupBy(unique, ({ indexName }) => String(indexName))].map(([name, parts]) => ({
    name,
    kind: name === PRIMARY ? 'primary key' : 'unique',
    columns: inOrder(parts, 'seqInIndex').flatMap(({ columnName }) =>
      columnName === null ? [] : [String(columnName)],
    ),
  }))
}

function toForeignKeys({ foreignKey, foreignKeyRule }: KeyRows): ConstraintRecord[] {
  const rules = new Map(foreignKeyRule.map((rule) => [String(rule.constraintName), rule]))
  return [...Map.groupBy(foreignKey, ({ constraintName }) => String(constraintName))].map(([name, unordered]) => {
    const parts = inOrder(unordered, 'ordinalPosition')
    const [first = {}] = parts
    const rule = rules.get(name) ?? {}
    return {
      name,
      kind: 'foreign key',
      columns: parts.map(({ columnName }) => String(columnName)),
      references: {
        asset: { group: 'relation', path: [String(first.referencedTableSchema), String(first.referencedTableName)] },
        columns: parts.map(({ referencedColumnName }) => String(referencedColumnName)),
      },
      ...withProperties({ ...told('onUpdate', rule.updateRule), ...told('onDelete', rule.deleteRule) }),
    }
  })
}

/** The check of a column of MariaDB has the column's name, which one of the table may have as well. */
function toChecks({ check, columns }: KeyRows): ConstraintRecord[] {
  const ofTable = new Set(check.filter(({ level }) => level !== 'Column').map((row) => String(row.constraintName)))
  return check.map((row) => {
    const name = String(row.constraintName)
    const clause = String(row.checkClause)
    const properties: Record<string, Json> = row.enforced === 'NO' ? { notEnforced: true } : {}
    return {
      name: row.level === 'Column' && ofTable.has(name) ? `${name} (column)` : name,
      kind: 'check',
      columns: namedColumns(clause, columns),
      definition: `CHECK (${clause})`,
      ...withProperties(properties),
    }
  })
}

/** The columns that a condition names, in the order of their first mention: the server quotes all names. */
function namedColumns(clause: string, columns: ReadonlySet<string>): string[] {
  const withoutTexts = clause.replaceAll(/'(?:[^'\\]|''|\\[\s\S])*'/g, "''")
  const names = [...withoutTexts.matchAll(/`((?:[^`]|``)*)`/g)].map(([, name = '']) => name.replaceAll('``', '`'))
  return [...new Set(names.filter((name) => columns.has(name)))]
}

function inOrder(rows: readonly Row[], place: string): Row[] {
  return [...rows].sort((left, right) => Number(left[place]) - Number(right[place]))
}

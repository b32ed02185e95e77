import type { StatementLineage, TableName } from './types.ts'

/** What a table written by a statement is called once the statements behind it have moved names. */
export function renamesAfter(statements: readonly StatementLineage[], index: number): (name: TableName) => TableName {
  const moves = statements.slice(index + 1).flatMap((statement) => statement.renames)
  const same = (a: TableName, b: TableName): boolean =>
    a.join('\u0000').toLowerCase() === b.join('\u0000').toLowerCase()
  return (name) =>
    moves.reduce((current, { from, to, swap }) => {
      if (same(current, from)) return to
      return swap && same(current, to) ? from : current
    }, name)
}

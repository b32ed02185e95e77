/**
 * A name as a delimited identifier of standard SQL (`"a""b"`), or with another quote (`` ` `` for MySQL and BigQuery,
 * `[` for SQL Server). Names come from sources and may be hostile: use this, or a parameter, for every one.
 */
export function quoteIdentifier(name: string, quote: '"' | '`' | '[' = '"'): string {
  const end = quote === '[' ? ']' : quote
  return `${quote}${name.replaceAll(end, end + end)}${end}`
}

/** A dotted, quoted name. */
export function quotePath(path: readonly string[], quote: '"' | '`' | '[' = '"'): string {
  return path.map((part) => quoteIdentifier(part, quote)).join('.')
}

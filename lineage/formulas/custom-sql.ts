/** A parameter in custom SQL: `<[Parameters].[Parameter 1]>`. */
const PARAMETER = /<\[[^\]<>]{1,300}\](?:\.\[(?:[^\]]|\]\]){1,300}\])?>/g

/**
 * SQL of a custom query as Tableau keeps it: parameters become NULL, as any literal would do; signs that it doubles are one again.
 * https://help.tableau.com/current/pro/desktop/en-us/customsql.htm
 */
export function plainSql(query: string): string {
  return query.replace(PARAMETER, 'NULL').replaceAll('<<', '<').replaceAll('>>', '>')
}

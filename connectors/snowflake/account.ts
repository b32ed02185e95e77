/**
 * The OpenLineage namespace of an account. Account names hold underscores, host names hyphens: they are one.
 * https://openlineage.io/docs/spec/naming and https://docs.snowflake.com/en/user-guide/admin-account-identifier
 */
export function namespaceOf(account: string): string {
  return `snowflake://${account.toLowerCase().replaceAll('_', '-')}`
}

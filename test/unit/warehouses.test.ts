import { expect, test } from 'vitest'
import { matchConnection, matchTable, type ToolConnection, type ToolTable } from '../../connectors/kit/index.ts'
import { DIALECTS } from '../../lineage/dialects.ts'

/** Each connection with a table, and where it leads by hand: namespace, path, rule; or the reason why nowhere. */
const CASES: readonly (readonly [ToolConnection, ToolTable, string])[] = [
  [
    { type: 'postgres', host: 'DB.Example.com', port: 5432, database: 'shop' },
    { name: 'orders', schema: 'public', fullName: '[public].[orders]' },
    'postgres://db.example.com:5432 shop/public/orders host_and_port',
  ],
  [
    { type: 'postgres', host: 'db', port: '6432', database: 'shop' },
    { name: 'orders', schema: 'sales' },
    'postgres://db:6432 shop/sales/orders host_and_port',
  ],
  [
    { type: 'postgres', host: '2001:db8::1', database: 'shop' },
    { name: 'we]ird', fullName: '[sales].[we]]ird]' },
    'postgres://[2001:db8::1]:5432 shop/sales/we]ird default_port',
  ],
  [
    { type: 'postgres', host: 'db', port: '', database: 'dvdrental' },
    { name: 'customer', schema: '', fullName: 'customer' },
    'postgres://db:5432 dvdrental/public/customer default_schema',
  ],
  [{ type: 'postgres', database: 'shop' }, { name: 'orders', schema: 'public' }, 'unmatched_connection'],
  [{ type: 'postgres', host: 'db' }, { name: 'orders', schema: 'public' }, 'unmatched_table'],
  [
    { type: 'redshift', host: 'dw.abc123xyz789.us-west-2.redshift.amazonaws.com', port: 5439, database: 'dev' },
    { name: 'sales', schema: 'public' },
    'redshift://dw.us-west-2:5439 dev/public/sales cluster_host',
  ],
  [
    { type: 'redshift', host: 'proxy.internal', database: 'dev' },
    { name: 'sales', schema: 'tickit' },
    'redshift://proxy.internal:5439 dev/tickit/sales default_port',
  ],
  [
    { type: 'mysql', host: 'db', port: 3306, database: 'shop' },
    { name: 'orders', fullName: '[orders]' },
    'mysql://db:3306 shop/orders host_and_port',
  ],
  [
    { type: 'mysql', host: 'db', port: 3307, database: 'shop' },
    { name: 'orders', fullName: '`other`.`orders`' },
    'mysql://db:3307 other/orders host_and_port',
  ],
  [{ type: 'mysql', host: 'db' }, { name: 'orders' }, 'unmatched_table'],
  [
    { type: 'snowflake', host: 'MyOrg-My_Account.snowflakecomputing.com', database: 'SHOP' },
    { name: 'ORDERS', schema: 'PUBLIC', fullName: '[PUBLIC].[ORDERS]' },
    'snowflake://myorg-my-account SHOP/PUBLIC/ORDERS account_host',
  ],
  [
    { type: 'snowflake', host: 'xy12345.eu-central-1.privatelink.snowflakecomputing.com', database: 'SHOP' },
    { name: 'ORDERS', fullName: '[OTHER].[SALES].[ORDERS]' },
    'snowflake://xy12345.eu-central-1 OTHER/SALES/ORDERS account_host',
  ],
  [
    { type: 'snowflake', host: 'xy12345.east-us-2.azure.snowflakecomputing.com', database: 'SHOP' },
    { name: 'O', schema: 'S' },
    'snowflake://xy12345.east-us-2.azure SHOP/S/O account_host',
  ],
  [{ type: 'snowflake', host: 'proxy', database: 'D' }, { name: 'O', schema: 'S' }, 'unmatched_connection'],
  [
    { type: 'bigquery', database: 'my-project' },
    { name: 'orders', schema: 'sales', fullName: '[sales].[orders]' },
    'bigquery my-project/sales/orders global_service',
  ],
  [
    { type: 'bigquery', database: 'my-project' },
    { name: 'orders', fullName: '[example.com:data.sales].[orders]' },
    'bigquery example.com:data/sales/orders global_service',
  ],
  [{ type: 'bigquery', database: 'my-project' }, { name: 'orders' }, 'unmatched_table'],
  [
    { type: 'sqlserver', host: 'MSSQL01', database: 'Shop' },
    { name: 'Orders', fullName: '[dbo].[Orders]' },
    'mssql://mssql01:1433 Shop/dbo/Orders default_port',
  ],
  [
    { type: 'azure_sqldb', host: 'x.database.windows.net', database: 'Shop' },
    { name: 'Orders' },
    'mssql://x.database.windows.net:1433 Shop/dbo/Orders default_schema',
  ],
  [
    { type: 'oracle', host: 'ora', port: 1522, database: 'ORCL' },
    { name: 'EMP', fullName: '"HR"."EMP"' },
    'oracle://ora:1522 ORCL/HR/EMP host_and_port',
  ],
  [
    { type: 'databricks', host: 'adb-1.azuredatabricks.net', database: 'main' },
    { name: 'orders', schema: 'sales' },
    'databricks://adb-1.azuredatabricks.net:443 main/sales/orders default_port',
  ],
  [
    { type: 'presto', host: 'trino', port: 8080, database: 'hive' },
    { name: 'orders', schema: 'web' },
    'trino://trino:8080 hive/web/orders host_and_port',
  ],
  [{ type: 'excel-direct' }, { name: 'Orders$', fullName: '[Orders$]' }, 'unmatched_connection'],
  [{ type: 'webdata-direct:marketo-marketo' }, { name: 'activity6' }, 'unmatched_connection'],
  [{ type: '' }, { name: 'x' }, 'unmatched_connection'],
]

test.each(CASES)('%o with %o leads to %s', (connection, table, expected) => {
  const found = matchTable(matchConnection(connection), table)
  expect('gap' in found ? found.gap.reason : `${found.namespace} ${found.path.join('/')} ${found.matchedBy}`).toBe(
    expected,
  )
})

test('the namespaces are those that crawls of the same systems have', async () => {
  const manifests = await Promise.all([
    import('../../connectors/postgres/manifest.ts'),
    import('../../connectors/mysql/manifest.ts'),
    import('../../connectors/snowflake/manifest.ts'),
    import('../../connectors/bigquery/manifest.ts'),
  ])
  const connections: ToolConnection[] = [
    { type: 'postgres', host: 'db.example.com', port: 5432 },
    { type: 'mysql', host: 'db.example.com' },
    { type: 'snowflake', host: 'myorg-my_account.snowflakecomputing.com' },
    { type: 'bigquery' },
  ]
  const urls = [
    'postgres://u:p@DB.example.com/shop',
    'mysql://u:p@DB.example.com:3306/shop',
    'snowflake://u:p@MYORG-MY_ACCOUNT/SHOP?warehouse=W&role=R',
    undefined,
  ]
  for (const [index, { manifest }] of manifests.entries()) {
    const url = urls[index]
    const config = manifest.config.parse(url === undefined ? manifest.example : manifest.fromUrl(url))
    // Each manifest's own config reaches its own namespace.
    expect(matchConnection(connections[index] as ToolConnection).namespace).toBe(manifest.namespace(config as never))
  }
})

test('every dialect is one that the engine knows, and texts lead where their tables do', () => {
  for (const [connection] of CASES) expect(DIALECTS).toContain(matchConnection(connection).dialect)
  expect(matchConnection({ type: 'postgres', host: 'db', database: 'shop', schema: 'sales' }).defaults).toEqual({
    database: 'shop',
    schemas: ['sales'],
  })
  expect(matchConnection({ type: 'mysql', host: 'db', database: 'shop' }).defaults).toEqual({ schemas: ['shop'] })
})

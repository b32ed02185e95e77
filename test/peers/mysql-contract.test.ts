import { afterAll, describe } from 'vitest'
import connector from '../../connectors/mysql/index.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import { mysqlHarness } from '../mysql/contract.ts'
import { SERVERS, startMysql } from '../mysql/servers.ts'

/** The oldest of each kind, whole: what a connector promises. */
for (const kind of SERVERS.filter(({ name }) => name === 'MySQL 8.0' || name === 'MariaDB 10.11')) {
  const server = await startMysql(kind)
  afterAll(() => server.stop())
  const expected = `expected-${kind.mariadb ? 'mariadb' : 'mysql'}.ndjson`
  describe(kind.name, () =>
    describeConnector(
      connector,
      mysqlHarness(() => server, expected),
    ),
  )
}

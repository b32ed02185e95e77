import connector from '../../connectors/mysql/index.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import { mysqlHarness } from '../mysql/contract.ts'
import { onServers } from '../mysql/on-servers.ts'

// The oldest of each kind, whole: what a connector promises.
await onServers({ names: ['MySQL 8.0', 'MariaDB 10.11'] }, (server, { mariadb }) => {
  const expected = `expected-${mariadb ? 'mariadb' : 'mysql'}.ndjson`
  describeConnector(connector, mysqlHarness(server, expected))
})

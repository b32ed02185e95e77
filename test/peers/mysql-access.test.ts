import { afterAll, describe } from 'vitest'
import { describeMysqlAccess } from '../mysql/access.ts'
import { SERVERS, startMysql } from '../mysql/servers.ts'

for (const kind of SERVERS.filter(({ name }) => name === 'MySQL 9' || name === 'MariaDB 10.11')) {
  const server = await startMysql(kind, { tls: true })
  afterAll(() => server.stop())
  describe(`${kind.name}: accounts and what they may`, () => describeMysqlAccess(() => server))
}

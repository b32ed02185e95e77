import { afterAll, describe } from 'vitest'
import { describeMysqlEquality } from '../mysql/equality.ts'
import { SERVERS, startMysql } from '../mysql/servers.ts'

for (const kind of SERVERS) {
  const server = await startMysql(kind)
  afterAll(() => server.stop())
  describe(`${kind.name}: records equal what SHOW tells`, () => describeMysqlEquality(() => server))
}

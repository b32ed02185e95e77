import { afterAll, expect, test } from 'vitest'
import { SERVERS, startMysql } from '../mysql/servers.ts'
import { oracleOptions, proveEquivalence } from '../oracle/oracle.ts'
import { mysqlSubject } from '../oracle/worlds/mysql.ts'

for (const kind of SERVERS) {
  const server = await startMysql(kind)
  afterAll(() => server.stop())
  test(`${kind.name}: incremental syncs end where a full one does`, async () => {
    const options = oracleOptions(12)
    console.log(`${kind.name}: seed ${options.seed}`)
    const report = await proveEquivalence(
      mysqlSubject(kind.name, () => server),
      options,
    )
    console.log(`${kind.name}: ${JSON.stringify(report)}`)
    expect(report.sequences).toBe(options.sequences)
  }, 1_800_000)
}

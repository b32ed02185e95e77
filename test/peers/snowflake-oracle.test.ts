import { expect, test } from 'vitest'
import { oracleOptions, proveEquivalence } from '../oracle/oracle.ts'
import { snowflakeSubject } from '../oracle/worlds/snowflake.ts'

test.each(['information_schema', 'account_usage'] as const)(
  'snowflake by %s: incremental syncs end where a full one does',
  async (catalog) => {
    const options = oracleOptions(40)
    const subject = snowflakeSubject(catalog)
    console.log(`${subject.name}: seed ${options.seed}`)
    const report = await proveEquivalence(subject, options)
    console.log(`${subject.name}: ${JSON.stringify(report)}`)
    expect(report.sequences).toBe(options.sequences)
  },
  7_200_000,
)

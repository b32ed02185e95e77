import { expect, test } from 'vitest'
import { oracleOptions, proveEquivalence } from './oracle.ts'
import { journalSubject, workbookSubject } from './worlds/synthetic.ts'

test.each([workbookSubject(), journalSubject()])(
  '$name: incremental syncs end where a full one does',
  async (subject) => {
    const options = oracleOptions(50)
    console.log(`${subject.name}: seed ${options.seed}`)
    const report = await proveEquivalence(subject, options)
    console.log(`${subject.name}: ${JSON.stringify(report)}`)
    expect(report.sequences).toBe(options.sequences)
  },
  3_600_000,
)

test('a connector whose fingerprint misses changes is caught', async () => {
  const { seed } = oracleOptions(50)
  console.log(`weak fingerprint: seed ${seed}`)
  await expect(
    proveEquivalence(workbookSubject({ weak: true }), { sequences: 50, seed, shrink: false }),
  ).rejects.toThrow(/Property failed/)
}, 3_600_000)

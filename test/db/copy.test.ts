import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyInto, copyLine, jsonText } from '../../db/copy.ts'
import { openStore } from '../../db/store.ts'
import { testServer } from '../helpers/store.ts'

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\\N', '\\.', '\t', '\n', '\r', '\\', '"', '{}', '', '\0', "'; drop"),
)
const stored = (value: string) => value.toWellFormed().replaceAll('\0', '\u2400')

test('what is copied is what is read back: texts, arrays, JSON, nulls', async () => {
  await using store = openStore(testServer())
  const rows = fc.array(
    fc.tuple(fc.option(text), fc.array(text, { maxLength: 4 }), fc.dictionary(text, text, { maxKeys: 3 })),
    { maxLength: 20 },
  )
  await fc.assert(
    fc.asyncProperty(rows, async (values) => {
      const read = await store.sql.begin(async (tx) => {
        await tx`create temp table copied (n int, t text, a text[], j jsonb) on commit drop`
        await copyInto(tx, 'copied', [values.map(([t, a, j], n) => copyLine([n, t, a, jsonText(j)])).join('')])
        return await tx`select t, a, j from copied order by n`
      })
      expect(read.map(({ t, a }) => [t, a])).toEqual(
        values.map(([t, a]) => [t === null ? null : stored(t), a.map(stored)]),
      )
      for (const [index, [, , json]] of values.entries()) {
        expect(Object.values(read[index]?.j).sort()).toEqual(
          [...new Map(Object.entries(json).map(([k, v]) => [stored(k), stored(v)])).values()].sort(),
        )
      }
    }),
    { numRuns: 100 },
  )
})

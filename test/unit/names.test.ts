import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { displayName, keyPath, nameKey, parseDisplayName } from '../../model/names.ts'

const part = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '.', '\\', '"', 'a.b', '\\.', '\0', 'ß', 'x'.repeat(1200)),
)
const path = fc.array(part, { minLength: 1, maxLength: 4 })
/** Half a surrogate pair is no text: the store could not hold it either. */
const wellFormed = (parts: readonly string[]) => parts.map((text) => text.toWellFormed())

describe('nameKey', () => {
  test('tells apart what dots alone would not', () => {
    expect(nameKey(['a.b', 'c'])).not.toBe(nameKey(['a', 'b.c']))
    expect(nameKey(['a\\', 'b'])).not.toBe(nameKey(['a\\.b']))
    expect(nameKey([''])).not.toBe(nameKey(['', '']))
    expect(nameKey(['A'])).not.toBe(nameKey(['a']))
    expect(nameKey(['shop', 'public', 'orders'])).toBe('shop.public.orders')
  })

  test('is taken apart again, unless it was too long', () => {
    fc.assert(
      fc.property(path, (parts) => {
        const whole = parts.map((text) => text.toWellFormed().length).reduce((sum, length) => sum + length) < 250
        const read = keyPath(nameKey(parts))
        if (whole) expect(read).toEqual(wellFormed(parts))
        else expect([undefined, JSON.stringify(wellFormed(parts))]).toContain(read && JSON.stringify(read))
      }),
    )
    expect(keyPath(nameKey(['x'.repeat(2000)]))).toBeUndefined()
    expect(keyPath(nameKey([`\\#${'a'.repeat(64)}`]))).toEqual([`\\#${'a'.repeat(64)}`])
  })

  test('is injective and stays within a btree entry', () => {
    fc.assert(
      fc.property(path, path, (left, right) => {
        const same = JSON.stringify(wellFormed(left)) === JSON.stringify(wellFormed(right))
        expect(nameKey(left) === nameKey(right)).toBe(same)
        expect(Buffer.byteLength(nameKey(left))).toBeLessThanOrEqual(1024)
        expect(nameKey(left)).not.toContain('\0')
      }),
      { numRuns: 2000 },
    )
  })

  test('past 1 kB ends in a digest that tells names with one beginning apart, and cuts no character in two', () => {
    const [one, other] = [nameKey(['é'.repeat(600), 'a']), nameKey(['é'.repeat(600), 'b'])]
    expect(one).toMatch(/^é+\\#[0-9a-f]{64}$/)
    expect(one).not.toBe(other)
  })

  test('refuses a name without parts', () => {
    expect(() => nameKey([])).toThrow(RangeError)
  })
})

test('a display name is read back into the parts it was made of', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), (parts) => {
      expect(parseDisplayName(displayName(parts))).toEqual(parts)
    }),
    { numRuns: 2000 },
  )
  expect(displayName(['shop', 'public', 'Order Lines'])).toBe('shop.public."Order Lines"')
  expect(parseDisplayName(' shop . "a.b" ')).toEqual(['shop', 'a.b'])
})

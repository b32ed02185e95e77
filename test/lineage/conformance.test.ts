import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ExpectedCase, expectCase } from './expect-case.ts'

const path = new URL('../fixtures/sql-lineage/cases.json', import.meta.url)
const cases = JSON.parse(readFileSync(path, 'utf8')) as readonly ExpectedCase[]

describe('conformance', () => {
  test('all cases are there', () => expect(cases).toHaveLength(90))

  test.each(cases.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    expect(expectCase(given).gaps).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import {
  classifyError,
  compareNames,
  IngestError,
  itemWithRecords,
  redact,
  whyLeftOut,
} from '../../connectors/kit/index.ts'

describe('redaction', () => {
  test('masks given secrets as written, URL-encoded and inside JSON, passwords in URLs and in pairs', () => {
    const secret = 'p@ss "w0rd'
    expect(redact(`sign-in with ${secret} failed`, [secret])).toBe('sign-in with **** failed')
    expect(redact(`GET /?p=${encodeURIComponent(secret)}`, [secret])).not.toContain('w0rd')
    expect(redact(JSON.stringify({ p: secret }), [secret])).not.toContain('w0rd')
    expect(redact('postgres://bob:hunter2@db:5432/x')).toBe('postgres://bob:****@db:5432/x')
    expect(redact('password=hunter2 host=db')).toBe('password=**** host=db')
    expect(redact('{"token": "abc def"}')).toBe('{"token": ****}')
  })
  test('leaves ordinary words alone', () => {
    expect(redact('no password is needed for table token_log')).toBe('no password is needed for table token_log')
  })
})

describe('classification', () => {
  const rules = [
    { category: 'auth' as const, codes: ['28*'], hint: 'check it' },
    { category: 'timeout' as const, patterns: [/too slow/] },
  ]
  test.each([
    [Object.assign(new Error('bad password'), { code: '28P01' }), 'auth', '28P01'],
    [new Error('that was too slow'), 'timeout', undefined],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'source_unavailable', 'ECONNREFUSED'],
    [
      new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]),
      'source_unavailable',
      'ECONNREFUSED',
    ],
    [new DOMException('This operation was aborted', 'AbortError'), 'cancelled', '20'],
    [new Error('who knows'), 'internal', undefined],
    ['a mere text', 'internal', undefined],
  ])('%s is %s', (error, category, code) => {
    const classified = classifyError(error, rules, 'doing it')
    expect(classified).toMatchObject({ category, message: expect.stringMatching(/^doing it: ./) })
    expect(classified.code).toBe(code)
  })
  test('what is classified already stays as it is', () => {
    const error = new IngestError('permission', 'no', { hint: 'GRANT' })
    expect(classifyError(error, rules, 'x')).toBe(error)
  })
})

test('filters: deny wins, an allow list is exhaustive, patterns are literal but for * and ?', () => {
  expect(whyLeftOut(undefined, 'x')).toBeUndefined()
  expect(whyLeftOut({ allow: ['sales_*'] }, 'sales_eu')).toBeUndefined()
  expect(whyLeftOut({ allow: ['sales_*'] }, 'hr')).toBe('no allow pattern fits')
  expect(whyLeftOut({ allow: ['*'], deny: ['tmp?'] }, 'tmp1')).toContain('tmp?')
  expect(whyLeftOut({ allow: ['a.b'] }, 'axb')).toBeDefined()
  expect(whyLeftOut({ allow: ['*'] }, 'two\nlines')).toBeUndefined()
})

test('an item that carries its records is stamped by their content, whatever the order of keys', () => {
  const one = itemWithRecords({ key: 'a', records: [{ kind: 't', path: ['a'], comment: 'x' }] })
  const other = itemWithRecords({ key: 'a', records: [{ comment: 'x', path: ['a'], kind: 't' }] })
  const moved = itemWithRecords({ key: 'a', records: [{ kind: 't', path: ['a'], comment: 'y' }] })
  expect(one.fingerprint).toBe(other.fingerprint)
  expect(one.fingerprint).not.toBe(moved.fingerprint)
})

test('names are ordered by their bytes, as the store orders them', () => {
  expect(['b', 'ä', 'B', 'a', '\u{1f600}', '\uffff'].sort(compareNames)).toEqual([
    'B',
    'a',
    'b',
    'ä',
    '\uffff',
    '\u{1f600}',
  ])
})

import postgres from 'postgres'
import { afterAll, expect, test } from 'vitest'
import { compilePattern, PATTERN_GRAMMAR } from '../../connectors/kit/pattern.ts'
import { testServer } from '../helpers/store.ts'

const sql = postgres(testServer(), { max: 1 })
afterAll(() => sql.end())

const NAMES = [
  ...['tmp', 'tmp_1', 'tmp_12', 'TMP_1', 'a.b', 'axb', 'a b', 'a\nb', 'a\tb', 'ab', 'aab', 'abab', 'x-y', 'x]y', 'x[y'],
  ...[
    'ünï',
    'é',
    'É',
    '漢字',
    '😀',
    'a😀b',
    '٣',
    'ⅷ',
    'x^y',
    'x$y',
    'x\\y',
    "x'y",
    'x"y',
    'x{2}',
    'a,b',
    '/',
    'ſ',
    'K',
    ' ',
  ],
]

const PATTERNS = [
  ...['*', '?', 'tmp*', 'tmp_?', 'a.b', 'a?b', '*😀*', 'x\\y', "x'y", 'x[y', 'x{2}', '漢*', '/', 'a/b'],
  ...[
    '/tmp/',
    '/^tmp_\\d+$/',
    '/^\\w+$/',
    '/\\s/',
    '/^[^a-z]/',
    '/[\\w-]/',
    '/^(a|ab)+$/',
    '/^(?:ab){2}$/',
    '/^.$/',
    '/^a.b$/',
  ],
  ...[
    '/[\\]\\[]/',
    '/x\\^y/',
    '/x\\$y/',
    '/x\\\\y/',
    "/'/",
    '/^.{2,3}$/',
    '/a+?b/',
    '/é/',
    '/[À-ÿ]/',
    '/^😀$/',
    '/[😀-😂]/',
    '/\\W/',
  ],
  ...[
    '/[a-c-]/',
    '/[-x]y/',
    '/[\\d_]$/',
    '/^(tmp|)$/',
    '/\\n/',
    '/^[ \\t]$/',
    '/,/',
    '/^\\D+$/',
    '/^\\S+$/',
    '/[^\\s]b/',
    '/x\\{2\\}/',
    '/a|^x/',
  ],
]

test('a pattern means the same in JavaScript and in PostgreSQL', async () => {
  const rows = await sql<{ pattern: number; name: number }[]>`
    select p.place::int - 1 as pattern, n.place::int - 1 as name
    from unnest(${PATTERNS.map((text) => compilePattern(text).posix)}::text[]) with ordinality as p (posix, place)
    join unnest(${NAMES}::text[]) with ordinality as n (name, place) on n.name collate "C" ~ p.posix`
  const asked = new Set(rows.map(({ pattern, name }) => `${PATTERNS[pattern]} ${NAMES[name]}`))
  const ours = PATTERNS.flatMap((text) =>
    NAMES.filter((name) => compilePattern(text).expression.test(name)).map((name) => `${text} ${name}`),
  )
  expect([...asked].sort()).toEqual(ours.sort())
  expect(ours.length).toBeGreaterThan(150)
})

test('a glob fits the whole name, a regular expression any part of it', () => {
  const fits = (pattern: string, name: string) => compilePattern(pattern).expression.test(name)
  expect([fits('tmp', 'tmp1'), fits('/tmp/', 'a_tmp1'), fits('tmp_*', 'tmp_\n'), fits('t?p', 't😀p')]).toEqual([
    false,
    true,
    true,
    true,
  ])
})

test.each([
  ['/(?=a)/', '(? may only begin (?:'],
  ['/(?i)a/', '(? may only begin (?:'],
  ['/(a)\\1/', '\\1 is not known'],
  ['/\\bword/', '\\b is not known'],
  ['/\\p{L}/', '\\p is not known'],
  ['/[[:alpha:]]/', 'a [ between brackets is written \\['],
  ['/[]/', '[] is empty'],
  ['/[a/', 'a [ is not closed'],
  ['/[\\W]/', '\\W is not known between brackets'],
  ['/[a-\\d]/', 'a range cannot end in \\d'],
  ['/a{300}/', 'a count is at most 255'],
  ['/a{,3}/', 'a { begins a count'],
  ['/a\\/', 'it ends in a backslash'],
  ['/(a/', 'Unterminated group'],
  ['/*a/', 'Nothing to repeat'],
  ['/[z-a]/', 'Range out of order'],
  ['a\0b', 'it holds what no name does'],
])('%j is refused', (text, problem) => {
  expect(() => compilePattern(text)).toThrow(expect.objectContaining({ category: 'invalid_config' }))
  expect(() => compilePattern(text)).toThrow(problem)
})

test('the grammar for editors takes what is taken, and refuses what it can', () => {
  const grammar = new RegExp(PATTERN_GRAMMAR, 'u')
  for (const text of PATTERNS) expect([text, grammar.test(text)]).toEqual([text, true])
  for (const text of ['/(?=a)/', '/\\bword/', '/[[:alpha:]]/', '/[a/', '/a{,3}/', '/a\\/', '/[]/']) {
    expect([text, grammar.test(text)]).toEqual([text, false])
  }
})

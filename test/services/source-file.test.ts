import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadRegistry, type Registry } from '../../connectors/registry.ts'
import { parseSettings, type Settings } from '../../services/settings.ts'
import { checkWanted, parseSourceFile } from '../../services/source-file.ts'
import { buildSourceFileSchema } from '../../services/source-file-schema.ts'

let registry: Registry
let settings: Settings
let validate: ReturnType<Ajv['compile']>

beforeAll(async () => {
  registry = await loadRegistry()
  settings = await parseSettings('', 'temporal.yaml', {})
  validate = new Ajv({ allErrors: true, strict: false }).compile(buildSourceFileSchema(registry))
})

const ENV = {
  HOST: 'db.internal',
  PORT: '5433',
  PW: 'pw',
  URL: 'postgres://me:pw@h/d',
  WORD: 'word',
  SECONDS: '2.5',
  MODE: 'require',
}

/** What is wrong with a file, by the schemas of zod. */
async function problemsOf(text: string): Promise<readonly string[]> {
  try {
    const file = parseSourceFile({ registry, settings }, text, 't.yaml')
    const found = await Promise.all(file.sources.map((wanted) => checkWanted(file, wanted, wanted.config, ENV)))
    return found.flat().map((error) => error.message)
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

const one = (body: string) => `sources:\n  shop:\n    ${body.replaceAll('\n', '\n    ')}\n`
const pg = (config: string) => one(`connector: postgres\nconfig: { host: h, user: u, ${config} }`)

describe('what is good for zod is good for the JSON Schema', () => {
  test.each([
    'sources: {}',
    one('connector: sqlite\nconfig: { path: data }'),
    one('connector: sqlite\nurl: data/shop.db'),
    one('connector: postgres\nurl: postgres://me:pw@h/d\nconfig: { schemas: { deny: [tmp_*] } }'),
    one('connector: postgres\nurl: "${env:URL}"'),
    one('connector: postgres\nconfig: { url: "${env:URL}" }'),
    one('connector: postgres\nconfig: { url: "postgres://me@h:5433/d?sslmode=require" }'),
    one('connector: postgres\nconfig: { socket: /run/postgresql, user: u }'),
    pg('port: "${env:PORT}", password: "${env:PW}", ssl: "${env:MODE}", connectTimeout: "${env:SECONDS}"'),
    pg('password: null'),
    pg('tables: { allow: ["/^(a|b)[0-9]{2,}$/", "x*"], deny: ["/\\\\d/"] }'),
    one('connector: sqlite\nconfig: { path: d }\nschedule: every 15m in Europe/Berlin jitter 2m'),
    one('connector: sqlite\nconfig: { path: d }\nschedule: 0 3 * * mon-fri in Europe/Berlin'),
    one('connector: sqlite\nconfig: { path: d }\nschedule: \'{"hour": 3}\''),
    one(
      'connector: sqlite\nconfig: { path: d }\nschedule: none\nlabels: { team: data }\nowners: [a, b]\ntaskQueue: q\npreview: true\npaused: true',
    ),
  ])('%j', async (text) => {
    expect(await problemsOf(text)).toEqual([])
    expect([validate(parse(text)), validate.errors]).toEqual([true, null])
  })
})

describe('what zod rejects the JSON Schema rejects, and the place is told', () => {
  test.each([
    ['', 't.yaml:1:1: settings: '],
    ['sources: []', 't.yaml:1:10: sources: '],
    ['sources: {}\nsorces: {}', 't.yaml:2:9: unknown key sorces (did you mean sources?)'],
    ['sources:\n  "a/b": { connector: sqlite, config: { path: d } }', 't.yaml:2:10: "a/b" cannot be a source\'s name'],
    [one('connector: sqlit\nconfig: { path: d }'), 't.yaml:3:16: unknown connector "sqlit"'],
    [one('config: { path: d }'), 't.yaml:3:5: sources.shop.connector: '],
    [one('connector: sqlite'), 't.yaml:3:5: source shop has neither config nor url'],
    [one('connector: sqlite\nconfig: {}'), 't.yaml:4:13: sources.shop.config.path: '],
    [
      one('connector: sqlite\nconfig: { path: d }\nlabel: { a: b }'),
      't.yaml:5:12: unknown key sources.shop.label (did you mean labels?)',
    ],
    [
      one('connector: sqlite\nconfig: { path: d, recursiv: true }'),
      't.yaml:4:34: unknown key sources.shop.config.recursiv (did you mean recursive?)',
    ],
    [
      one('connector: sqlite\nconfig: { path: d, files: { denied: [x] } }'),
      'unknown key sources.shop.config.files.denied; known: allow, deny',
    ],
    [one('connector: sqlite\nconfig: { path: 5 }'), 't.yaml:4:21: sources.shop.config.path: '],
    [one('connector: sqlite\nconfig: { path: "" }'), 'sources.shop.config.path: '],
    [one('connector: sqlite\nconfig: { path: null }'), 'sources.shop.config.path: expected a value'],
    [one('connector: sqlite\nconfig: { path: d, recursive: "${env:WORD}" }'), 'sources.shop.config.recursive: '],
    [one('connector: sqlite\nconfig: { path: d, lockTimeoutMs: -1 }'), 'sources.shop.config.lockTimeoutMs: '],
    [
      one('connector: sqlite\nconfig: { path: d }\nschedule: soon'),
      't.yaml:5:15: sources.shop.schedule: expected "every 15m"',
    ],
    [one('connector: sqlite\nconfig: { path: d }\nlabels: [a]'), 'sources.shop.labels: '],
    [one('connector: sqlite\nconfig: { path: d }\nlabels: { a: 1 }'), 'sources.shop.labels.a: '],
    [one('connector: sqlite\nconfig: { path: d }\nlabels: { a: "${env:WORD}" }'), 'references belong in config'],
    [one('connector: sqlite\nconfig: { path: d }\nowners: data'), 'sources.shop.owners: '],
    [one('connector: sqlite\nconfig: { path: d }\nowners: [""]'), 'sources.shop.owners.0: '],
    [one('connector: sqlite\nconfig: { path: d }\ntaskQueue: ""'), 'sources.shop.taskQueue: '],
    [one('connector: sqlite\nconfig: { path: d }\npaused: "yes"'), 'sources.shop.paused: '],
    [one('connector: sqlite\nconfig: { path: d }\npreview: 1'), 'sources.shop.preview: '],
    [one('connector: postgres\nconfig: { host: h }'), 'sources.shop.config.user: give the role to sign in as'],
    [one('connector: postgres\nconfig: { user: u }'), 'sources.shop.config.host: give host, socket or url'],
    [one('connector: postgres\nconfig: { url: "mysql://u@h/d" }'), 'sources.shop.config.url: '],
    [one('connector: postgres\nconfig: { url: "postgres://h/d" }'), 'sources.shop.config.user: give the role'],
    [one('connector: postgres\nurl: mysql://u@h/d'), 't.yaml:4:10: '],
    [pg('port: 0'), 'sources.shop.config.port: '],
    [pg('port: 5432.5'), 'sources.shop.config.port: '],
    [pg('port: "5432"'), 'sources.shop.config.port: '],
    [pg('ssl: maybe'), 'sources.shop.config.ssl: '],
    [pg('connectTimeout: 0'), 'sources.shop.config.connectTimeout: '],
    [pg('databases: []'), 'sources.shop.config.databases: '],
    [pg('databases: shop'), 'sources.shop.config.databases: '],
    [pg('schemas: { allow: tmp }'), 'sources.shop.config.schemas.allow: '],
    [pg('tables: { deny: ["/(?=a)/"] }'), 'sources.shop.config.tables.deny.0: pattern'],
    [pg('tables: { deny: ["/\\\\bword/"] }'), '\\b is not known'],
    [pg('tables: { deny: ["/[/"] }'), 'a [ is not closed'],
    [pg('tables: { deny: [""] }'), 'sources.shop.config.tables.deny.0: '],
    [pg(`applicationName: ${'x'.repeat(64)}`), 'sources.shop.config.applicationName: '],
    [pg('password: 5'), 'sources.shop.config.password: '],
    [pg('ssh: { host: bastion }'), 'sources.shop.config.ssh.'],
    [
      one('connector: postgres\nconfig: { socket: /run, user: u, ssh: { host: b, user: u, hostKey: k } }'),
      'sources.shop.config.ssh',
    ],
    [pg('pasword: x'), 'unknown key sources.shop.config.pasword (did you mean password?)'],
  ])('%j', async (text, message) => {
    const problems = await problemsOf(text)
    expect(problems[0]).toMatch(/^t\.yaml:\d+:\d+: /)
    expect(problems.join('\n')).toContain(message)
    expect(validate(parse(text))).toBe(false)
  })
})

test('every problem of a file is told, each with its place', async () => {
  const text =
    'sources:\n  a: { connector: sqlite }\n  b: { connector: nope, config: {} }\n  c: { connector: sqlite, config: { path: x }, schedule: 61 * * * * }\n'
  expect((await problemsOf(text)).map((line) => line.slice(0, 24))).toEqual([
    't.yaml:2:6: source a has',
    't.yaml:3:19: unknown con',
    't.yaml:4:58: bad schedul',
  ])
})

test.each([
  [
    pg('password: "${env:NO_SUCH}"'),
    't.yaml:4:43: sources.shop.config.password: ${env:NO_SUCH}: the environment variable NO_SUCH is not set',
  ],
  [pg('password: "${file:/no/such}"'), '${file:/no/such}: cannot be read'],
  [pg('password: "${aws:secret}"'), '${aws:secret}: aws is no kind of reference'],
  [pg('password: "${PW}"'), '${PW} is no reference'],
  [pg('port: "${env:WORD}"'), 'sources.shop.config.port: '],
])('a reference that does not stand for anything is told: %j', async (text, message) => {
  expect((await problemsOf(text)).join('\n')).toContain(message)
})

test('anchors and merges work, and their problems have a place', async () => {
  const text = `sources:\n  a: &base { connector: sqlite, config: { path: d }, labels: { team: x } }\n  b: { <<: *base, config: { path: 5 } }\n  c: { <<: *base, labels: { team: y } }\n`
  expect(await problemsOf(text)).toEqual([expect.stringContaining('t.yaml:3:35: sources.b.config.path: ')])
})

test('the JSON Schema that comes with Tidemark is that of this version', async () => {
  const published = await readFile(new URL('../../docs/tidemark.schema.json', import.meta.url), 'utf8')
  const hint = 'run: npm run -s tidemark -- schema > docs/tidemark.schema.json'
  expect(JSON.parse(published), hint).toEqual(buildSourceFileSchema(registry))
})

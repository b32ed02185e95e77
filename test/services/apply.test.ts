import { expect, test } from 'vitest'
import { type Connector, defineConnector, IngestError } from '../../connectors/kit/index.ts'
import { findSourceByName, lockSecrets, updateSecrets } from '../../db/sources.ts'
import { openSecrets, replaceSecrets } from '../../db/vault.ts'
import { type AppliedSource, applyPlans } from '../../services/apply.ts'
import { planApply, type SourcePlan } from '../../services/apply-plan.ts'
import { exportSources } from '../../services/export.ts'
import { parseSourceFile } from '../../services/source-file.ts'
import { pauseSource } from '../../services/sources.ts'
import { checkedConnector, createContext, type TestContext } from './support.ts'

const DEFAULTS = { test: true, prune: false }

const plan = (context: TestContext, text: string) => planApply(context, parseSourceFile(context, text, 't.yaml'))

async function apply(
  context: TestContext,
  text: string,
  options: Partial<typeof DEFAULTS> = {},
): Promise<readonly AppliedSource[]> {
  return await applyPlans(context, await plan(context, text), { ...DEFAULTS, ...options })
}

const actions = (plans: readonly SourcePlan[]) => Object.fromEntries(plans.map(({ name, action }) => [name, action]))

/** Every row of the tables that sources are kept in, with the transaction that last wrote it. */
async function rowsOf({ store }: TestContext) {
  const rows = await store.sql<{ key: string; row: string }[]>`
    select 'source ' || name as key, xmin::text || s::text as row from tidemark.source s
    union all select 'namespace ' || name, xmin::text || n::text from tidemark.namespace n
    union all select 'principal ' || name, xmin::text || p::text from tidemark.principal p
    union all select 'audit ' || id, subject || ' ' || action from tidemark.audit_log`
  return new Map(rows.map(({ key, row }) => [key, row]))
}

function changedKeys(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key)).sort()
}

/** Counts the tests of connections; those of hosts named `down` fail. */
function countingConnector(tested: string[]): Connector {
  const base = checkedConnector([])
  return defineConnector({
    ...base,
    open: async (config, context) => ({
      ...(await base.open(config, context)),
      checks: () => [
        {
          name: 'reach',
          run: async () => {
            const { host } = config as { host: string }
            tested.push(host)
            if (host === 'down') throw new IngestError('source_unavailable', 'no answer', { hint: 'Start it.' })
            return 'there'
          },
        },
      ],
    }),
  })
}

function fifty(edit: (lines: string[], n: number) => void = () => {}): string {
  const sources = Array.from({ length: 50 }, (_, n) => {
    const lines = [
      `  s${n}:`,
      '    connector: checked',
      `    config: { host: h${n}, token: tok-${n} }`,
      '    schedule: every 1h',
      '    labels: { team: data }',
    ]
    edit(lines, n)
    return lines.join('\n')
  })
  return `sources:\n${sources.filter((text) => text !== '').join('\n')}\n`
}

test('a file of 50 sources, edited and applied again, changes only what changed', async () => {
  const tested: string[] = []
  await using context = await createContext([countingConnector(tested)])
  const first = await apply(context, fifty())
  expect(first.filter(({ status }) => status === 'saved')).toHaveLength(50)
  expect(tested).toHaveLength(50)
  const before = await rowsOf(context)

  // The same again: nothing is tested, and no row is written.
  expect(new Set((await apply(context, fifty())).map(({ status }) => status))).toEqual(new Set(['kept']))
  expect(changedKeys(before, await rowsOf(context))).toEqual([])
  expect(tested).toHaveLength(50)

  // A secret, a schedule, a label, owners with a queue and preview, a pause; one more, and one less.
  const edited = fifty((lines, n) => {
    if (n === 3) lines[2] = '    config: { host: h3, token: new-token }'
    if (n === 7) lines[3] = '    schedule: every 2h'
    if (n === 11) lines[4] = '    labels: { team: web, tier: gold }'
    if (n === 13) lines.push('    owners: [ann, data-team]', '    taskQueue: far', '    preview: true')
    if (n === 17) lines.push('    paused: true')
    if (n === 49) lines.splice(0)
  }).concat('  extra: { connector: checked, config: { host: extra } }\n')
  const plans = await plan(context, edited)
  expect(Object.entries(actions(plans)).filter(([, action]) => action !== 'keep')).toEqual([
    ['s3', 'change'],
    ['s7', 'change'],
    ['s11', 'change'],
    ['s13', 'change'],
    ['s17', 'change'],
    ['extra', 'add'],
    ['s49', 'prune'],
  ])
  expect(
    Object.fromEntries(plans.flatMap(({ name, changes, action }) => (action === 'change' ? [[name, changes]] : []))),
  ).toEqual({
    s3: [{ key: 'config.token', secret: true }],
    s7: [{ key: 'schedule', secret: false, before: 'every 1h', after: 'every 2h' }],
    s11: [
      { key: 'labels.team', secret: false, before: 'data', after: 'web' },
      { key: 'labels.tier', secret: false, after: 'gold' },
    ],
    s13: [
      { key: 'owners', secret: false, before: [], after: ['ann', 'data-team'] },
      { key: 'taskQueue', secret: false, before: null, after: 'far' },
      { key: 'preview', secret: false, before: false, after: true },
    ],
    s17: [{ key: 'paused', secret: false, before: false, after: true }],
  })
  expect(JSON.stringify(plans.map(({ changes }) => changes))).not.toContain('token"new')

  tested.length = 0
  await apply(context, edited)
  // Only what was added, or has another config, is tested.
  expect(tested.sort()).toEqual(['extra', 'h3'])
  const changed = changedKeys(before, await rowsOf(context)).filter((key) => !key.startsWith('audit'))
  expect(changed).toEqual([
    'namespace checked://extra',
    ...['extra', 's11', 's13', 's17', 's3', 's7'].map((name) => `source ${name}`),
  ])
  const audits = await context.store.sql`
    select subject, action, detail -> 'changed' as changed from tidemark.audit_log order by id offset 50`
  expect(audits.map(({ subject, action }) => `${subject} ${action}`).sort()).toEqual([
    'extra source.add',
    's11 source.apply',
    's13 source.apply',
    's17 source.apply',
    's3 source.apply',
    's7 source.apply',
  ])
  expect(audits.find(({ subject }) => subject === 's3')?.changed).toEqual(['config.token'])

  // What is not in the file goes on request alone.
  const pruned = await apply(context, edited, { prune: true })
  expect(pruned.filter(({ status }) => status !== 'kept').map(({ plan: { name }, status }) => [name, status])).toEqual([
    ['s49', 'removed'],
  ])
  expect(new Set(Object.values(actions(await plan(context, edited))))).toEqual(new Set(['keep']))
}, 60_000)

test('one that cannot be reached stays as it was, and the others go on', async () => {
  await using context = await createContext([countingConnector([])])
  await apply(context, 'sources:\n  a: { connector: checked, config: { host: up } }\n')
  const text =
    'sources:\n  a: { connector: checked, config: { host: down } }\n  b: { connector: checked, config: { host: up } }\n'
  const [a, b] = await apply(context, text)
  expect(a).toMatchObject({ status: 'failed', error: { category: 'source_unavailable', hint: 'Start it.' } })
  expect(b).toMatchObject({ status: 'saved', checks: [{ name: 'reach', status: 'passed' }] })
  expect((await findSourceByName(context.store, 'default', 'a'))?.config).toEqual({ host: 'up' })
  expect(await apply(context, text, { test: false })).toMatchObject([{ status: 'saved' }, { status: 'kept' }])
})

test('of a source that other workers reach, nothing is tested from here', async () => {
  const tested: string[] = []
  await using context = await createContext([countingConnector(tested)])
  const applied = await apply(
    context,
    'sources:\n  a: { connector: checked, config: { host: down }, taskQueue: far }\n',
  )
  expect(applied).toMatchObject([{ status: 'untested' }])
  expect(tested).toEqual([])
})

test('what is wrong is told before anything is saved', async () => {
  await using context = await createContext([checkedConnector([])])
  await apply(context, 'sources:\n  a: { connector: checked, config: { host: h } }\n')
  const text =
    'sources:\n  a: { connector: checked, config: { host: h2 } }\n  b: { connector: checked, config: { hst: h } }\n  c: { connector: checked, config: { host: "${env:NO_SUCH_HOST}" } }\n'
  await expect(plan(context, text)).rejects.toThrow(/t\.yaml:3:\d+: unknown key sources\.b\.config\.hst/)
  await expect(plan(context, text)).rejects.toThrow(
    /t\.yaml:4:\d+: sources\.c\.config\.host: .*NO_SUCH_HOST is not set/,
  )
  expect((await findSourceByName(context.store, 'default', 'a'))?.config).toEqual({ host: 'h' })
})

test('secrets left out stay, null takes one away, a reference takes its place', async () => {
  await using context = await createContext([checkedConnector([])])
  process.env.APPLY_TOKEN = 'from-env'
  const secrets = async () => {
    const row = await findSourceByName(context.store, 'default', 'a')
    if (row === undefined) throw new Error('no source')
    return { ...openSecrets(context.keyRing, row, 'a'), config: row.config }
  }
  const file = (config: string) => `sources:\n  a: { connector: checked, config: { ${config} } }\n`
  await apply(context, file('host: h, token: tok-1'))
  const [kept] = await apply(context, file('host: other'))
  expect(kept?.plan.changes).toEqual([{ key: 'config.host', secret: false, before: 'h', after: 'other' }])
  expect(await secrets()).toEqual({ token: 'tok-1', config: { host: 'other' } })
  const [referred] = await apply(context, file('host: other, token: "${env:APPLY_TOKEN}"'))
  expect(referred?.plan.changes).toEqual([{ key: 'config.token', secret: true, after: '${env:APPLY_TOKEN}' }])
  expect(await secrets()).toEqual({ config: { host: 'other', token: '${env:APPLY_TOKEN}' } })
  await apply(context, file('host: other, token: tok-2'))
  expect(await secrets()).toEqual({ token: 'tok-2', config: { host: 'other' } })
  await apply(context, file('host: other, token: null'))
  expect(await secrets()).toEqual({ config: { host: 'other' } })
})

test('a token that a worker rotates between plan and save is not taken back', async () => {
  await using context = await createContext([checkedConnector([])])
  await apply(context, 'sources:\n  a: { connector: checked, config: { host: h, token: tok-1 } }\n')
  const plans = await plan(context, 'sources:\n  a: { connector: checked, config: { host: other } }\n')
  const row = await findSourceByName(context.store, 'default', 'a')
  const id = row?.id ?? 0
  await context.store.sql.begin(async (tx) => {
    const sealed = await lockSecrets(tx, id)
    if (sealed === undefined) throw new Error('no secrets')
    await updateSecrets(tx, id, replaceSecrets(context.keyRing, sealed, { token: 'tok-2' }, 'a'))
  })
  await applyPlans(context, plans, DEFAULTS)
  const saved = await findSourceByName(context.store, 'default', 'a')
  if (saved === undefined) throw new Error('no source')
  expect([saved.config, openSecrets(context.keyRing, saved, 'a')]).toEqual([{ host: 'other' }, { token: 'tok-2' }])
})

test('another connector under the same name is refused', async () => {
  await using context = await createContext([
    checkedConnector([]),
    { ...checkedConnector([]), manifest: { ...checkedConnector([]).manifest, type: 'other', urlSchemes: [] } },
  ])
  await apply(context, 'sources:\n  a: { connector: checked, config: { host: h } }\n')
  await expect(plan(context, 'sources:\n  a: { connector: other, config: { host: h } }\n')).rejects.toThrow(
    't.yaml:2:19: a is a checked source and cannot become another',
  )
})

test('applying what was exported changes nothing, and no secret is in it', async () => {
  await using context = await createContext([checkedConnector([])])
  process.env.APPLY_TOKEN = 'from-env'
  await apply(
    context,
    `sources:
  plain: { connector: checked, config: { host: h }, schedule: none }
  sealed: { connector: checked, config: { host: h, token: hush-hush }, schedule: every 15m in Europe/Berlin jitter 1m }
  referred: { connector: checked, config: { host: h, token: "\${env:APPLY_TOKEN}" }, labels: { "a: b": "yes", n: "1" } }
  full: { connector: checked, config: { host: "h # x" }, owners: [ann], taskQueue: far, preview: true }
`,
  )
  await pauseSource(context, 'plain')
  const text = await exportSources(context)
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=tidemark.schema.json')
  expect(text).not.toContain('hush')
  expect(text).not.toContain('from-env')
  expect(text).toContain('# token: kept in the store, encrypted; not exported')
  const before = await rowsOf(context)
  expect(actions(await plan(context, text))).toEqual({ full: 'keep', plain: 'keep', referred: 'keep', sealed: 'keep' })
  await apply(context, text, { prune: true })
  expect(changedKeys(before, await rowsOf(context))).toEqual([])
  expect(await exportSources(context)).toBe(text)
})

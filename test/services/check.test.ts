import { expect, test } from 'vitest'
import { IngestError } from '../../connectors/kit/index.ts'
import { testConfig, testSource } from '../../services/check.ts'
import { addSource } from '../../services/sources.ts'
import { checkedConnector, createContext } from './support.ts'

const passing = { name: 'reach', run: async () => 'fine' }

test('each check is told as it ends; what fails says why and what to do', async () => {
  const denied = { name: 'list', run: () => Promise.reject(Object.assign(new Error('no'), { code: 'DENIED' })) }
  const told: string[] = []
  const result = await testConfig(
    checkedConnector([passing, denied, { name: 'read', run: async () => undefined }]),
    { host: 'h' },
    { onCheck: (check) => told.push(`${check.name} ${check.status}`) },
  )
  // A missing right says nothing about the next step.
  expect(told).toEqual(['reach passed', 'list failed', 'read passed'])
  expect(result.ok).toBe(false)
  expect(result.checks[1]?.error).toMatchObject({ category: 'permission', message: 'list: no', hint: 'GRANT more' })
})

test('after a failure that the rest would repeat, the rest is skipped', async () => {
  const signIn = { name: 'sign-in', run: () => Promise.reject(new IngestError('auth', 'wrong password')) }
  const { checks } = await testConfig(checkedConnector([signIn, passing]), { host: 'h' })
  expect(checks[1]).toMatchObject({ status: 'skipped', detail: 'not tried: sign-in failed' })
})

test('a check that hangs is given up', async () => {
  const hanging = { name: 'hang', run: () => new Promise<undefined>(() => {}) }
  const result = await testConfig(checkedConnector([hanging]), { host: 'h' }, { timeoutMs: 50 })
  expect(result.checks[0]).toMatchObject({ status: 'failed', error: { category: 'timeout' } })
})

test('no secret is told', async () => {
  const leaky = { name: 'leak', run: () => Promise.reject(new Error('token s3cr3t-token refused')) }
  await using context = await createContext([
    checkedConnector([leaky, { name: 'tell', run: async () => 's3cr3t-token' }]),
  ])
  await addSource(context, { name: 'one', connector: 'checked', config: { host: 'h', token: 's3cr3t-token' } })
  const result = await testSource(context, 'one')
  expect(result.checks.map((check) => check.status)).toEqual(['failed', 'passed'])
  expect(JSON.stringify(result)).not.toContain('s3cr3t')
})

test('of a source that other workers sync, it is told that they were not asked', async () => {
  await using context = await createContext([checkedConnector([passing])])
  const add = (name: string, taskQueue: string | null) =>
    addSource(context, { name, connector: 'checked', config: { host: 'h', token: name }, taskQueue })
  await add('near', null)
  await add('far', 'branch')
  const told: string[] = []
  for (const name of ['near', 'far']) {
    const { ok } = await testSource(context, name, { onElsewhere: (queue) => told.push(`${name}: ${queue}`) })
    expect(ok).toBe(true)
  }
  expect(told).toEqual(['far: branch'])
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadSettings, parseSettings } from '../../services/settings.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidemark-settings-'))

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

test('the packaged temporal.yaml says what is the default anyway', async () => {
  expect(await loadSettings({}, directory)).toEqual(await parseSettings('', 'empty.yaml', {}))
})

describe('what is wrong is told with file, line and column', () => {
  test.each([
    ['window: 4\nwindws: 3\n', 't.yaml:2:9: unknown key windws (did you mean window?)'],
    [
      'worker:\n  maxCachedWorkflow: 3',
      't.yaml:2:22: unknown key worker.maxCachedWorkflow (did you mean maxCachedWorkflows?)',
    ],
    [
      'tls:\n  certificate: x',
      't.yaml:2:16: unknown key tls.certificate; known: clientCert, clientKey, serverCa, serverName',
    ],
    ['a: [1\nb: 2', 't.yaml:2:1: Flow sequence'],
    ['window: 4\nwindow: 5', 't.yaml:2:1: Map keys must be unique'],
    ['window: many', 't.yaml:1:9: window: '],
    [
      `apiKey: \${env:NO_SUCH_KEY}`,
      `t.yaml:1:9: apiKey: \${env:NO_SUCH_KEY}: the environment variable NO_SUCH_KEY is not set`,
    ],
    [`tls:\n  serverCa: \${file:/no/such/file}`, `t.yaml:2:13: tls.serverCa: \${file:/no/such/file}: cannot be read`],
    ['defaultSchedule: 61 * * * *', 't.yaml:1:18: defaultSchedule: bad schedule: minute "61"'],
    [
      'retry:\n  store: { initialInterval: soon }',
      't.yaml:2:29: retry.store.initialInterval: "soon" is not a duration',
    ],
    ['- a list', 't.yaml:1:1: settings: '],
  ])('%j', async (text, message) => {
    await expect(parseSettings(text, 't.yaml', {})).rejects.toMatchObject({ category: 'invalid_config' })
    await expect(parseSettings(text, 't.yaml', {})).rejects.toThrow(message)
  })
})

test('references are resolved, durations read, defaults filled in', async () => {
  const key = file('key.pem', 'the key\n')
  const text = `apiKey: \${env:KEY}\ntls: { clientKey: "\${file:${key}}" }\nretry: { source: { maximumInterval: 2m } }`
  const settings = await parseSettings(text, 't.yaml', { KEY: 'k' })
  expect(settings).toMatchObject({
    apiKey: 'k',
    tls: { clientKey: 'the key' },
    window: 4,
    taskQueues: { sync: 'tidemark' },
  })
  expect(settings.retry.source).toEqual({
    initialIntervalMs: 1_000,
    backoff: 2,
    maximumIntervalMs: 120_000,
    maximumAttempts: 5,
  })
})

test('TIDEMARK_CONFIG wins over the folder, the environment over both', async () => {
  file('temporal.yaml', 'namespace: folder\nwindow: 2')
  const named = file('named.yaml', 'namespace: named\naddress: file:7233')
  expect(await loadSettings({}, directory)).toMatchObject({ namespace: 'folder', window: 2 })
  expect(await loadSettings({ TIDEMARK_CONFIG: named }, directory)).toMatchObject({
    namespace: 'named',
    address: 'file:7233',
  })
  const env = {
    TIDEMARK_CONFIG: named,
    TEMPORAL_ADDRESS: 'env:7233',
    TEMPORAL_NAMESPACE: 'env',
    TEMPORAL_API_KEY: 'secret',
  }
  expect(await loadSettings(env, directory)).toMatchObject({
    namespace: 'env',
    address: 'env:7233',
    apiKey: 'secret',
    window: 4,
  })
  await expect(loadSettings({ TIDEMARK_CONFIG: 'absent.yaml' }, directory)).rejects.toThrow(
    'absent.yaml cannot be read',
  )
})

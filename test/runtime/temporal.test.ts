import { Connection, ScheduleClient, ScheduleNotFoundError } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { waitFor } from '../../runtime/process.ts'
import { isAlive } from '../../runtime/process-table.ts'
import {
  startScratchTemporal,
  startTemporal,
  TEMPORAL_SEARCH_ATTRIBUTES,
  type TemporalServer,
} from '../../runtime/temporal.ts'
import { locateTemporal } from '../../runtime/temporal-binary.ts'
import { cleanUp, makeFolder, startOwner } from './support.ts'

const binary = await locateTemporal({ onStatus: (message) => console.log(message) })
const withoutBinary = binary ? '' : ' (no Temporal can be had here)'
const running: TemporalServer[] = []

beforeAll(() =>
  console.log(binary ? `Temporal ${binary.version} from ${binary.source}: ${binary.path}` : 'no Temporal: skipped'),
)
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})
afterAll(cleanUp)
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

function keep(server: TemporalServer | undefined): TemporalServer {
  if (!server) throw new Error('there is no Temporal')
  running.push(server)
  return server
}

async function withSchedules<T>(
  address: string,
  work: (schedules: ScheduleClient, connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address })
  try {
    return await work(new ScheduleClient({ connection }), connection)
  } finally {
    await connection.close()
  }
}

function createSchedule(address: string, scheduleId: string): Promise<unknown> {
  return withSchedules(address, (schedules) =>
    schedules.create({
      scheduleId,
      spec: { intervals: [{ every: '1h' }] },
      action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none', args: [] },
    }),
  )
}

function describeSchedule(address: string, scheduleId: string): Promise<string> {
  return withSchedules(address, async (schedules) => (await schedules.getHandle(scheduleId).describe()).scheduleId)
}

describe.skipIf(!binary)(`Temporal of a home${withoutBinary}`, () => {
  test('knows our search attributes and keeps schedules, over a restart, a kill of the server and one of the owner', async () => {
    const home = makeFolder()
    const owner = await startOwner('temporal', home)
    await createSchedule(owner.server.url, 'first')
    await expect(startTemporal({ home })).rejects.toThrow(`Another tidemark (pid ${owner.pid}) owns`)
    await owner.kill()
    expect(isAlive(owner.server.pid)).toBe(true)

    const messages: string[] = []
    const server = keep(await startTemporal({ home, onStatus: (message) => messages.push(message) }))
    expect(messages.join()).toContain('left running')
    expect(isAlive(owner.server.pid)).toBe(false)
    expect(server.address).toBe(owner.server.url)
    expect(await describeSchedule(server.address, 'first')).toBe('first')
    const attributes = await withSchedules(server.address, (_, connection) =>
      connection.operatorService.listSearchAttributes({ namespace: 'default' }),
    )
    expect(Object.keys(attributes.customAttributes ?? {})).toEqual(
      expect.arrayContaining(Object.keys(TEMPORAL_SEARCH_ATTRIBUTES)),
    )

    await createSchedule(server.address, 'second')
    const before = server.pid
    process.kill(before, 'SIGKILL')
    await waitFor('another server', () => server.pid !== before, { timeoutMs: 20_000 })
    expect(await describeSchedule(server.address, 'second')).toBe('second')
    await server.stop()

    const again = keep(await startTemporal({ home }))
    expect(await describeSchedule(again.address, 'first')).toBe('first')
  })
})

describe.skipIf(!binary)(`a scratch Temporal${withoutBinary}`, () => {
  test('starts beside another, and forgets', async () => {
    const directory = makeFolder()
    const [one, two] = await Promise.all([startScratchTemporal({ directory }), startScratchTemporal({ directory })])
    const servers = [keep(one), keep(two)] as const
    await createSchedule(servers[0].address, 'only here')
    await expect(describeSchedule(servers[1].address, 'only here')).rejects.toBeInstanceOf(ScheduleNotFoundError)
  })

  test('refuses a port that was asked for and is in use', async () => {
    const { address } = keep(await startScratchTemporal({ directory: makeFolder() }))
    const port = Number(address.split(':')[1])
    await expect(startTemporal({ home: makeFolder(), port })).rejects.toMatchObject({ category: 'invalid_config' })
  })
})

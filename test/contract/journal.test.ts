import {
  createJournalWorld,
  deleteFile,
  type JournalWorld,
  journalConnector,
  renameFile,
  writeFile,
} from '../helpers/synthetic/journal.ts'
import { describeConnector } from './describe-connector.ts'
import type { ContractHarness, Fixture } from './harness.ts'

const worlds = new Map<string, JournalWorld>()
const worldOf = ({ config }: Fixture): JournalWorld => worlds.get(String(config.world)) ?? createJournalWorld()

const harness: ContractHarness = {
  kind: 'memory',
  published: false,
  async createFixture() {
    const world = createJournalWorld()
    worlds.set('main', world)
    for (let n = 0; n < 8; n += 1) writeFile(world, `file ${n}`, n)
    return { config: { world: 'main' }, [Symbol.asyncDispose]: async () => {} }
  },
  failures: () => [{ name: 'an unknown world', config: { world: 'elsewhere' }, category: 'not_found' }],
  changes: [
    { name: 'a new file', apply: (fixture) => writeFile(worldOf(fixture), 'new', 9), described: ['new'] },
    { name: 'a written file', apply: (fixture) => writeFile(worldOf(fixture), 'file 1', 99), described: ['file 1'] },
    { name: 'a deleted file', apply: (fixture) => deleteFile(worldOf(fixture), 'file 2'), described: [] },
    {
      name: 'a renamed file',
      apply: (fixture) => renameFile(worldOf(fixture), 'file 3', 'three'),
      described: ['three'],
    },
    {
      name: 'a log that no longer reaches back',
      apply: (fixture) => {
        const world = worldOf(fixture)
        writeFile(world, 'file 4', 44)
        deleteFile(world, 'file 5')
        world.logStart = world.log.length
      },
      described: ['file 4'],
    },
    {
      name: 'a file deleted and written again',
      apply: (fixture) => {
        deleteFile(worldOf(fixture), 'file 6')
        writeFile(worldOf(fixture), 'file 6', 66)
      },
      described: ['file 6'],
    },
  ],
  big: { skip: 'it lives in memory' },
  // Ids are given out over the whole process.
  stable: (line) => line.replaceAll(/"file-\d+"/g, '"file-…"'),
}

describeConnector(journalConnector(worlds), harness)

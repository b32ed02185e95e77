import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By far the longest, the longest first: begun last, one of them would run on alone when all others have ended. */
const LONGEST = [
  'test/oracle/postgres.test.ts',
  'test/contract/postgres.test.ts',
  'test/contract/sqlite.test.ts',
  'test/oracle/synthetic.test.ts',
  'test/sync/faulty.test.ts',
  'test/workflows/crash.test.ts',
  'test/contract/workbooks.test.ts',
  'test/cli/up.test.ts',
  'test/cli/bad-input.test.ts',
  'test/postgres/fingerprint.test.ts',
  'test/oracle/sqlite.test.ts',
]

/** Vitest goes by the size of a file where it has not yet timed it, and the longest tests are the shortest files. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.indexOf(relative(import.meta.dirname, moduleId))
      return found === -1 ? LONGEST.length : found
    }
    return (await super.sort(files)).sort((left, right) => place(left) - place(right))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**'],
    // Temporal's native module crashed under worker threads (vitest #2065).
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/helpers/global-setup.ts', 'test/helpers/left-to-peers.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
})

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The oracle over thousands of sequences: `npm run soak [name of a connector]`. */
const sequences = process.env.TIDEMARK_ORACLE_SEQUENCES ?? '2000'
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const filter = process.argv[2] === undefined ? 'test/oracle' : `test/oracle/${process.argv[2]}`
const { status } = spawnSync(process.execPath, [vitest, 'run', filter], {
  stdio: 'inherit',
  env: { ...process.env, TIDEMARK_ORACLE_SEQUENCES: sequences },
})
process.exitCode = status ?? 1

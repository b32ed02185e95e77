import { readFileSync } from 'node:fs'

/** Sums up Vitest's JSON reports, names what was skipped, and ends in `N passed, N failed, N skipped`. */
interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const path of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report
  for (const file of report.testResults) {
    // A file that fails to load has no tests to count.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      counts.failed += 1
      console.log(`failed: ${file.name}: ${file.message ?? ''}`)
    }
    for (const test of file.assertionResults) {
      const verdict = test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped'
      counts[verdict] += 1
      if (verdict !== 'passed') console.log(`${verdict}: ${test.fullName}`)
    }
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1

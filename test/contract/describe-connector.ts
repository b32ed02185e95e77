import { describe } from 'vitest'
import type { Connector } from '../../connectors/kit/index.ts'
import type { ContractHarness } from './harness.ts'
import { testCapabilities } from './points/capabilities.ts'
import { testConduct } from './points/conduct.ts'
import { testIncrements } from './points/increments.ts'
import { testManifest } from './points/manifest.ts'
import { testRecords } from './points/records.ts'
import { testSqlTexts } from './points/sql-texts.ts'

/**
 * What every connector must do, whatever its system: the thirteen points of `docs/adding-a-connector.md`. A point that a
 * harness cannot offer is skipped, with its reason in the test's name.
 */
export function describeConnector(connector: Connector, harness: ContractHarness): void {
  describe(`connector ${connector.manifest.type}`, () => {
    testManifest(connector, harness)
    testRecords(connector, harness)
    testIncrements(connector, harness)
    testConduct(connector, harness)
    testCapabilities(connector, harness)
    testSqlTexts(connector, harness)
  })
}

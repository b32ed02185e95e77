import { type TestOptions, type TestResult, testConfig } from '../connectors/checks.ts'
import { joinSecrets } from '../connectors/config.ts'
import { findSourceByName } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { requireSource } from './lookup.ts'

export { type CheckResult, type TestOptions, type TestResult, testConfig } from '../connectors/checks.ts'

/** Checks a source that is stored. A failed check is a result, not an error. */
export async function testSource(
  context: ServiceContext,
  name: string,
  options: TestOptions = {},
): Promise<TestResult> {
  await requireSource(context, name)
  const row = await findSourceByName(context.store, context.organization, name)
  if (row === undefined) throw new IngestError('not_found', `source ${name} was removed meanwhile`)
  const secrets = openSecrets(context.keyRing, row, name)
  return await testConfig(context.registry.get(row.connector), joinSecrets(row.config, secrets), options)
}

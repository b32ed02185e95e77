import { type TestOptions, type TestResult, testConfig } from '../connectors/checks.ts'
import { joinSecrets } from '../connectors/config.ts'
import { findSourceByName } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { requireSource } from './lookup.ts'

export { type CheckResult, type TestOptions, type TestResult, testConfig } from '../connectors/checks.ts'

export interface StoredTestOptions extends TestOptions {
  /** Called first where the source names a task queue: other workers sync it, which may reach it otherwise than we do. */
  readonly onElsewhere?: (taskQueue: string) => void
}

/** Checks a source that is stored, from this process. A failed check is a result, not an error. */
export async function testSource(
  context: ServiceContext,
  name: string,
  { onElsewhere, ...options }: StoredTestOptions = {},
): Promise<TestResult> {
  await requireSource(context, name)
  const row = await findSourceByName(context.store, context.organization, name)
  if (row === undefined) throw new IngestError('not_found', `source ${name} was removed meanwhile`)
  const { taskQueue } = row
  if (taskQueue !== null && taskQueue !== context.settings.taskQueues.sync) onElsewhere?.(taskQueue)
  const secrets = openSecrets(context.keyRing, row, name)
  return await testConfig(context.registry.get(row.connector), joinSecrets(row.config, secrets), options)
}

import { quiet } from '../connectors/checks.ts'
import { joinSecrets, prepareConfig } from '../connectors/config.ts'
import { type Connector, type ConnectorHandle, classifyError, redact } from '../connectors/kit/index.ts'
import type { SourceRow } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'

/**
 * Opens a stored source in this process, to ask it something that no sync is needed for. Nothing is metered, logged or
 * rotated meanwhile. @throws IngestError classified by its connector, without its secrets.
 */
export async function withOpenSource<T>(
  { registry, keyRing }: Pick<ServiceContext, 'registry' | 'keyRing'>,
  source: SourceRow,
  signal: AbortSignal,
  work: (handle: ConnectorHandle, connector: Connector) => Promise<T>,
): Promise<T> {
  const connector = registry.get(source.connector)
  const secrets = openSecrets(keyRing, source, source.name)
  const prepared = await prepareConfig(connector, joinSecrets(source.config, secrets))
  let handle: ConnectorHandle | undefined
  try {
    handle = await connector.open(prepared.config, { signal, ...quiet })
    return await work(handle, connector)
  } catch (error) {
    const { category, message, hint, code } = classifyError(error, connector.errorRules, `asking ${source.name}`)
    throw new IngestError(category, redact(message, prepared.secrets), {
      ...(hint === undefined ? {} : { hint: redact(hint, prepared.secrets) }),
      ...(code === undefined ? {} : { code }),
    })
  } finally {
    // What a broken connection leaves to close is no part of the answer.
    await Promise.resolve(handle?.[Symbol.asyncDispose]()).catch(() => {})
  }
}

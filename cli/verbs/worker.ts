import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { IngestError } from '../../model/errors.ts'
import type { Invocation } from '../invocation.ts'
import { openSession, type Session } from '../session.ts'
import { readVersion } from '../version.ts'

interface Options {
  readonly queue: readonly string[]
}

/** Runs a worker alone, against a store and a Temporal that run elsewhere, until it is told to stop. */
export async function run({ options, signal }: Invocation<Options>): Promise<number> {
  await using session = await openSession({ signal, worker: true })
  requireKey(session)
  const context = await session.context({ temporal: true })
  const address = context.settings.address ?? session.running?.temporalAddress
  if (address === undefined || context.temporal === undefined) {
    throw new IngestError('invalid_config', 'a worker needs a Temporal: TEMPORAL_ADDRESS is not set', {
      hint: 'Set TEMPORAL_ADDRESS, or address in temporal.yaml.',
    })
  }
  const { createLog } = await import('../../worker/log.ts')
  const { serve } = await import('../../worker/serve.ts')
  const log = createLog('info')
  const mainQueue = context.settings.taskQueues.sync
  const main = options.queue.length === 0 || options.queue.includes(mainQueue)
  const sourceQueues = options.queue.filter((queue) => queue !== mainQueue)
  if (main) {
    const { reconcileSchedules } = await import('../../services/schedules.ts')
    log.info({ ...(await reconcileSchedules(context)) }, 'schedules are in order')
  }
  const place = { address, own: context.temporal.own }
  const serving = await serve(context, { place, log, version: readVersion(), main, sourceQueues })
  log.info(
    { taskQueues: [...(main ? [mainQueue] : []), ...sourceQueues], temporal: address, httpPort: serving.httpPort },
    'the worker serves',
  )
  const told = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    await Promise.race([told, serving.done])
    log.info('the worker stops: no more work is taken, steps under way end or are left to another worker')
    return 0
  } finally {
    await serving.stop()
    log.info('the worker has stopped')
  }
}

/** Workers must share one key: one made here would be another's wrong key. */
function requireKey({ home }: Session): void {
  if (process.env.TIDEMARK_MASTER_KEY || existsSync(join(home, 'master.key'))) return
  throw new IngestError('invalid_config', 'a worker needs the master key of the store', {
    hint: `Set TIDEMARK_MASTER_KEY, or copy master.key to ${home} (mode 0600). A new store's key: openssl rand -base64 32`,
  })
}

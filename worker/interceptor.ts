import { Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker'
import { type IngestError, toIngestError } from '../model/errors.ts'
import { worthRetrying } from '../sync/retry.ts'

/** The one place where errors become Temporal's: type, retry and delay follow from the category; no cause travels. */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input)
    } catch (thrown) {
      const error = toIngestError(thrown)
      throwCancellation(error)
      throw ApplicationFailure.create({
        message: error.message,
        type: error.category,
        nonRetryable: !worthRetrying(error, Context.current().info.attempt),
        details: [{ hint: error.hint, code: error.code }],
        ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
      })
    }
  },
}

/**
 * A step that ended because Temporal asked it to. One that a stopping worker gives up is not cancelled: another worker
 * goes on with it.
 */
function throwCancellation(error: IngestError): void {
  const { aborted, reason } = Context.current().cancellationSignal
  if (error.category !== 'cancelled' || !aborted || !(reason instanceof CancelledFailure)) return
  if (reason.message !== 'WORKER_SHUTDOWN') throw reason
  throw ApplicationFailure.create({
    message: 'the worker is stopping; another goes on',
    type: 'dependency_unavailable',
    nextRetryDelay: 1,
  })
}

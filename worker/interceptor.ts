import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker'
import { toIngestError } from '../model/errors.ts'
import { worthRetrying } from '../sync/retry.ts'

/** The one place where errors become Temporal's: type, retry and delay follow from the category; no cause travels. */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input)
    } catch (thrown) {
      const error = toIngestError(thrown)
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

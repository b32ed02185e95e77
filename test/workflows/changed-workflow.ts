import { CancellationScope, continueAsNew, patched, workflowInfo } from '@temporalio/workflow'
import { syncSource as orchestrate, type SyncResult } from '../../sync/orchestrate.ts'
import type { Steps, SyncInput } from '../../sync/steps.ts'
import { proxySteps } from '../../workflows/steps.ts'

/** The workflow as it must never be changed without patching: it lists the pending scopes once more before it reconciles. */
export async function syncSource(input: SyncInput): Promise<SyncResult> {
  const steps = proxySteps(input)
  const changed: Steps = {
    ...steps,
    reconcile: async (argument) => {
      await steps.listPendingScopes({ ...argument, after: 0, limit: 1 })
      return await steps.reconcile(argument)
    },
  }
  const info = workflowInfo()
  return await orchestrate(input, changed, {
    owner: info.workflowId,
    workflowId: info.workflowId,
    patched,
    historyIsLong: () => false,
    continueAsNew: (next) => continueAsNew<typeof syncSource>(next),
    uncancellable: (work) => CancellationScope.nonCancellable(work),
    tell: () => {},
  })
}

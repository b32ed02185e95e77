import { summarizeError } from '../../model/errors.ts'
import { createAccess, type Target } from './access.ts'
import { readRows } from './rows.ts'

/** What the process of a preview is asked, and what it answers; see `preview.ts`. */
export interface RowsRequest {
  readonly target: Target
  readonly name: string
  readonly limit: number
}

/** A process of its own reads the rows of one preview, since SQLite cannot be interrupted from the thread it runs in. */
async function answer({ target, name, limit }: RowsRequest): Promise<void> {
  const surroundings = {
    signal: new AbortController().signal,
    meter: { request: () => {}, bytes: () => {}, throttle: () => {}, cost: () => {} },
  }
  const access = createAccess(await import('node:sqlite'), surroundings)
  try {
    process.send?.({ preview: await access.read(target, ({ database }) => readRows(database, name, limit)) })
  } catch (error) {
    process.send?.({ error: summarizeError(error) })
  }
  process.disconnect()
}

process.once('message', (request) => {
  // The parent sends this and nothing else.
  void answer(request as RowsRequest)
})
process.send?.('ready')

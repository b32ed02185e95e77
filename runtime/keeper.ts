// Keeps a server of ours running: one that ends without our asking (killed for memory, by hand) is started again where it was, so
// that what is connected only has to try again.

const WINDOW_MS = 600_000
const RESTARTS_IN_WINDOW = 5

/** A server that can end. */
export interface Runnable {
  readonly pid: number
  readonly exited: Promise<void>
  stop(): Promise<void>
}

export interface KeepOptions {
  /** As told to people. */
  readonly name: string
  readonly first: Runnable
  /** Starts it anew at the same address; gives up on abort. */
  readonly restart: (signal: AbortSignal) => Promise<Runnable>
  readonly onStatus?: (message: string) => void
  /** Called once it has ended for good. */
  readonly release?: () => void
}

/** A server that is started again when it ends unasked. */
export interface KeptServer {
  /** Of the running one; it changes with a restart. */
  readonly pid: () => number
  /** Settles when it has ended for good: stopped, or given up. */
  readonly exited: Promise<void>
  readonly stop: () => Promise<void>
}

/** Watches over a started server. */
export function keepRunning(options: KeepOptions): KeptServer {
  const stopping = new AbortController()
  let current = options.first
  const exited = watch(options, stopping.signal, (server) => {
    current = server
  }).finally(options.release)
  return {
    pid: () => current.pid,
    exited,
    async stop() {
      stopping.abort()
      await current.stop()
      await exited
    },
  }
}

async function watch(
  { name, first, restart, onStatus }: KeepOptions,
  stopped: AbortSignal,
  replace: (server: Runnable) => void,
): Promise<void> {
  let server = first
  let restarts: number[] = []
  for (;;) {
    await server.exited
    if (stopped.aborted) return
    restarts = [...restarts.filter((at) => at > Date.now() - WINDOW_MS), Date.now()]
    if (restarts.length > RESTARTS_IN_WINDOW) {
      onStatus?.(`${name}: ended again and again, given up`)
      return
    }
    onStatus?.(`${name}: ended unexpectedly, starting it again`)
    try {
      server = await restart(stopped)
    } catch (error) {
      if (!stopped.aborted) onStatus?.(`${name}: could not be started again: ${(error as Error).message}`)
      return
    }
    replace(server)
    if (stopped.aborted) await server.stop()
  }
}

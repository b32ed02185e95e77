import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { withDatabase } from './servers.ts'
import type { SyncFigures } from './syncs.ts'

export interface Worker extends AsyncDisposable {
  readonly pid: number
  sync(): Promise<SyncFigures>
}

/**
 * Starts a worker over a new, empty store; it has one source, which it has not yet synced. With `nodeOptions`, such as
 * `--expose-gc` for what it holds in memory, which costs it time.
 */
export async function startWorker(
  storeServer: string,
  database: string,
  sourceUrl: string,
  nodeOptions: readonly string[] = [],
): Promise<Worker> {
  const admin = postgres(storeServer, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${database}`)
  await admin.end()
  const path = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const child = fork(path, [withDatabase(storeServer, database), sourceUrl], {
    // Such as --cpu-prof, for whoever looks for what a figure is made of.
    execArgv: [...nodeOptions, ...(process.env.TIDEMARK_BENCH_NODE_OPTIONS?.split(' ') ?? [])],
  })
  await nextMessage(child)
  return {
    pid: child.pid ?? 0,
    async sync() {
      child.send('sync')
      return (await nextMessage(child)) as SyncFigures
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const end = new AbortController()
  const [message] = await Promise.race([
    once(child, 'message', { signal: end.signal }),
    once(child, 'exit', { signal: end.signal }).then(([code]) => {
      throw new Error(`the worker process ended with code ${code}`)
    }),
  ]).finally(() => end.abort())
  return message
}

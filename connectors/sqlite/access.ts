import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConnectorContext } from '../kit/index.ts'
import { type OpenFile, openFile } from './database.ts'
import { fileError } from './errors.ts'
import type { Root } from './files.ts'

export interface Target {
  readonly root: Root
  readonly key: string
  readonly lockTimeoutMs: number
}

/** A handle's way to its files: each use opens the file and closes it; errors come out classified, with its name. */
export interface Access {
  /** One stretch of synchronous reading in one transaction. */
  read<T>(target: Target, use: (file: OpenFile) => T): Promise<T>
  iterate<T>(target: Target, use: (file: OpenFile) => AsyncIterable<T>): AsyncGenerator<T, void, void>
  /** Closes what a consumer that went away has left open. */
  close(): void
}

export function createAccess(
  sqlite: typeof import('node:sqlite'),
  { signal, meter }: Pick<ConnectorContext, 'signal' | 'meter'>,
): Access {
  const opened = new Set<OpenFile>()
  async function* iterate<T>({ root, key, lockTimeoutMs }: Target, use: (file: OpenFile) => AsyncIterable<T>) {
    signal.throwIfAborted()
    meter.request()
    const file = await openFile({ sqlite, file: path.join(root.folder, key), name: key, lockTimeoutMs, signal })
    opened.add(file)
    try {
      yield* use(file)
    } catch (error) {
      throw signal.aborted ? error : fileError(error, key)
    } finally {
      opened.delete(file)
      file[Symbol.dispose]()
    }
  }
  return {
    iterate,
    async read(target, use) {
      const results = iterate(target, async function* (file) {
        await file.resume()
        const result = use(file)
        await file.pause()
        await nextTurn()
        yield result
      })
      for await (const result of results) return result
      throw new Error('nothing was read')
    },
    close() {
      for (const file of opened) file[Symbol.dispose]()
      opened.clear()
    },
  }
}

import type { ConnectorContext } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { readServer, type Server } from './server.ts'
import { type Driver, openSession, type Session } from './session.ts'

/** A connection that is ready for reading. */
export interface Reader {
  readonly session: Session
  readonly server: Server
}

export interface Connections extends AsyncDisposable {
  /** Lends a connection; it is closed afterwards instead of kept when the use failed. */
  use<T>(action: (reader: Reader) => Promise<T>): Promise<T>
  /** As `use`, for generators: the connection goes back when the generator ends, in whichever way. */
  stream<T, R>(action: (reader: Reader) => AsyncGenerator<T, R, void>): AsyncGenerator<T, R, void>
}

/** Connections are made at first use and kept while the handle lives: one, unless several are in use at the same time. */
export function createConnections(driver: Driver, settings: Settings, context: ConnectorContext): Connections {
  const idle: Session[] = []
  const all = new Set<Session>()
  const drop = async (session: Session) => {
    all.delete(session)
    await session.close()
  }
  const take = async (): Promise<Reader> => {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
      if (!kept.ended) return { session: kept, server: await readServer(kept, settings) }
      await drop(kept)
    }
    const session = await openSession(driver, settings, context)
    all.add(session)
    try {
      return { session, server: await readServer(session, settings) }
    } catch (error) {
      await drop(session)
      throw error
    }
  }
  const settle = async (session: Session, finished: boolean) => {
    if (finished && !session.ended) idle.push(session)
    else await drop(session)
  }
  return {
    async use(action) {
      const reader = await take()
      let finished = false
      try {
        const result = await action(reader)
        finished = true
        return result
      } finally {
        await settle(reader.session, finished)
      }
    },
    async *stream(action) {
      const reader = await take()
      let finished = false
      try {
        const result = yield* action(reader)
        finished = true
        return result
      } finally {
        await settle(reader.session, finished)
      }
    },
    async [Symbol.asyncDispose]() {
      idle.length = 0
      await Promise.all([...all].map(drop))
    },
  }
}

import { type ConnectorContext, IngestError } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { classify } from './errors.ts'
import { type Driver, Session } from './session.ts'
import { addressOf, connectSocket, offersTls } from './socket.ts'

export interface Connections extends AsyncDisposable {
  /** Lends a connection to a database; it is closed afterwards instead of kept when the use failed. */
  use<T>(database: string, action: (session: Session) => Promise<T>): Promise<T>
  /** As `use`, with the first of the databases in `settings` that lets us in. */
  useFirst<T>(action: (session: Session) => Promise<T>): Promise<T>
  /** As `use`, for generators: the connection goes back when the generator ends, in whichever way. */
  stream<T, R>(database: string, action: (session: Session) => AsyncGenerator<T, R, void>): AsyncGenerator<T, R, void>
  /** Closes the idle connections to a database. */
  release(database: string): Promise<void>
}

/** Connections are made at first use and kept while the handle lives, one per database unless used at the same time. */
export function createConnections(driver: Driver, settings: Settings, context: ConnectorContext): Connections {
  const pool = createPool(driver, settings, context)
  const use = async <T>(database: string, action: (session: Session) => Promise<T>): Promise<T> => {
    const session = await pool.take(database)
    try {
      const result = await action(session)
      pool.giveBack(session)
      return result
    } catch (error) {
      await pool.drop(session)
      throw error
    }
  }
  return {
    use,
    useFirst: (action) => tryEach(settings.firstDatabases, (database) => use(database, action)),
    async *stream(database, action) {
      const session = await pool.take(database)
      let finished = false
      try {
        const result = yield* action(session)
        finished = true
        return result
      } finally {
        if (finished) pool.giveBack(session)
        else await pool.drop(session)
      }
    },
    release: pool.release,
    [Symbol.asyncDispose]: pool.close,
  }
}

function createPool(driver: Driver, settings: Settings, context: ConnectorContext) {
  const idle = new Map<string, Session[]>()
  const all = new Set<Session>()
  let proven: Promise<void> | undefined

  const drop = async (session: Session) => {
    all.delete(session)
    await session.close()
  }
  return {
    drop,
    async take(database: string): Promise<Session> {
      const session = idle.get(database)?.pop()
      if (session?.ended === false) return session
      proven ??= proveServer(settings, context).catch((error: unknown) => {
        proven = undefined
        throw error
      })
      await proven
      const opened = new Session(driver, settings, database, context)
      all.add(opened)
      return opened
    },
    giveBack(session: Session): void {
      idle.set(session.database, [...(idle.get(session.database) ?? []), session])
    },
    async release(database: string): Promise<void> {
      const sessions = idle.get(database) ?? []
      idle.delete(database)
      await Promise.all(sessions.map(drop))
    },
    async close(): Promise<void> {
      idle.clear()
      await Promise.all([...all].map(drop))
    },
  }
}

/** The next one is tried where the role may not connect, or there is no such database; the first failure is told. */
async function tryEach<T>(databases: readonly string[], action: (database: string) => Promise<T>): Promise<T> {
  let first: unknown
  for (const database of databases) {
    try {
      return await action(database)
    } catch (error) {
      first ??= error
      const passable = error instanceof IngestError && ['permission', 'not_found'].includes(error.category)
      if (!passable) throw error
    }
  }
  throw first
}

/** Without TLS negotiation nothing shows early that the peer is not PostgreSQL, so it is asked once, by itself. */
async function proveServer(settings: Settings, context: ConnectorContext): Promise<void> {
  if (settings.ssl !== 'disable' || settings.socket !== undefined) return
  try {
    const socket = await connectSocket(settings, context.signal)
    try {
      await offersTls(socket, settings)
    } finally {
      socket.destroy()
    }
  } catch (error) {
    throw classify(error, `Connecting to ${addressOf(settings)}`, context.signal)
  }
}

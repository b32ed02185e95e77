import type { ConnectorContext } from '../kit/index.ts'
import type { TableauConfig } from './config.ts'
import type { Content } from './content.ts'
import { crawledContent, type Directory, readDirectory } from './directory.ts'
import { createMetadata, type Metadata } from './metadata.ts'
import type { Session } from './session.ts'

/** What the reading of a site shares while a handle is open. */
export interface Reader {
  readonly config: TableauConfig
  readonly context: ConnectorContext
  readonly session: Session
  readonly metadata: Metadata
  /** The site as it was listed last under this handle; read where it was not. */
  directory(): Promise<Directory>
  /** Lists the site anew. */
  list(): Promise<Directory>
  /** What is crawled of it, by key. */
  crawled(): Promise<ReadonlyMap<string, Content>>
}

export function createReader(config: TableauConfig, context: ConnectorContext, session: Session): Reader {
  let read: Promise<Directory> | undefined
  let crawled: { readonly of: Directory; readonly content: ReadonlyMap<string, Content> } | undefined
  const list = (): Promise<Directory> => {
    const reading = readDirectory(session)
    read = reading
    // What could not be read is asked for again.
    reading.catch(() => {
      if (read === reading) read = undefined
    })
    return reading
  }
  const directory = async (): Promise<Directory> => await (read ?? list())
  return {
    config,
    context,
    session,
    metadata: createMetadata(session, context),
    directory,
    list,
    async crawled() {
      const current = await directory()
      if (crawled?.of !== current) crawled = { of: current, content: crawledContent(config, current) }
      return crawled.content
    },
  }
}

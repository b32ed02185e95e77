import { IngestError, nameKey, quoteIdentifier, type ScopeListing } from '../kit/index.ts'
import { listedDatabases, type SnowflakeConfig, whyDatabaseLeftOut } from './config.ts'
import type { Session } from './session.ts'
import { showAll } from './shows.ts'

/** The names of the databases that the role may see at all. */
export async function readDatabases(session: Session): Promise<readonly string[]> {
  const rows = await showAll((text) => session.rows(text), 'TERSE DATABASES')
  return rows.map(({ name }) => name ?? '')
}

export async function listScopes(session: Session, config: SnowflakeConfig): Promise<ScopeListing> {
  const names = await readDatabases(session)
  const listed = listedDatabases(config)
  const scopes: { key: string; name: string }[] = []
  const leftOut: ScopeListing['leftOut'][number][] = []
  for (const name of names) {
    const message = whyDatabaseLeftOut(config, name)
    if (message === undefined) scopes.push({ key: nameKey([name]), name })
    else leftOut.push({ key: nameKey([name]), name, reason: 'filtered', message })
  }
  for (const name of listed.filter((candidate) => !names.includes(candidate))) {
    const quoted = quoteIdentifier(name)
    const message = `${quoted} does not exist, or ${config.role ?? 'the role'} may not see it`
    const hint = `GRANT USAGE ON DATABASE ${quoted} TO ROLE ${config.role ?? '…'}; names are in upper case unless they were quoted.`
    leftOut.push({ key: nameKey([name]), name, reason: 'permission', message, hint })
  }
  if (names.length === 0) {
    throw new IngestError('permission', 'no database is shown to this role', {
      hint: 'GRANT USAGE ON DATABASE … TO ROLE …; as `tidemark connectors show snowflake --grants` lists.',
    })
  }
  return { scopes, leftOut, complete: true }
}

import { type Check, IngestError, quoteIdentifier } from '../kit/index.ts'
import { type SnowflakeConfig, whyDatabaseLeftOut } from './config.ts'
import { isHidden } from './errors.ts'
import { readDatabases } from './scopes.ts'
import type { Session } from './session.ts'

const CHECK_SECONDS = 30

/** The probes of an account, cheapest first; none reads more than a row of a view, and only the last two need a warehouse. */
export function createChecks(session: Session, config: SnowflakeConfig): readonly Check[] {
  const one = async (text: string) => (await session.rows({ text, timeoutSeconds: CHECK_SECONDS }))[0] ?? {}
  return [
    {
      name: 'sign-in',
      run: async () => {
        await session.connect()
        const row = await one(
          'SELECT CURRENT_USER() AS "user", CURRENT_ROLE() AS "role", CURRENT_VERSION() AS "version"',
        )
        if (row.role === null) throw noRole(config)
        return `as ${row.user}, role ${row.role}, Snowflake ${row.version}`
      },
    },
    { name: 'list databases', run: () => listDatabases(session, config) },
    {
      name: 'warehouse',
      run: async () => {
        const row = await one('SELECT CURRENT_WAREHOUSE() AS "warehouse"')
        if (row.warehouse) return `${row.warehouse}; it resumes for each sync, at a minute at least`
        throw new IngestError('invalid_config', 'no warehouse is in use', {
          hint: 'Give `warehouse`, and: GRANT USAGE ON WAREHOUSE … TO ROLE …;',
        })
      },
    },
    { name: 'read definitions', run: () => readCatalog(session, config) },
    ...(config.governance || config.catalog === 'account_usage'
      ? [{ name: 'account usage', run: () => readAccountUsage(session) }]
      : []),
  ]
}

function noRole({ user }: SnowflakeConfig): IngestError {
  return new IngestError('permission', `${user} has no role to work with`, {
    hint: 'Give `role`, and: GRANT ROLE … TO USER …;',
  })
}

async function listDatabases(session: Session, config: SnowflakeConfig): Promise<string> {
  const names = await readDatabases(session)
  const usable = names.filter((name) => whyDatabaseLeftOut(config, name) === undefined)
  const absent = Array.isArray(config.databases) ? config.databases.filter((name) => !names.includes(name)) : []
  if (usable.length > 0)
    return [
      `${usable.length} of ${names.length}`,
      ...(absent.length === 0 ? [] : [`not seen: ${absent.join(', ')}`]),
    ].join(', ')
  if (absent.length > 0) {
    throw new IngestError('permission', `${absent.join(', ')}: not there, or not for this role to see`, {
      hint: absent
        .map((name) => `GRANT USAGE ON DATABASE ${quoteIdentifier(name)} TO ROLE ${config.role ?? '…'};`)
        .join(' '),
    })
  }
  throw new IngestError(names.length === 0 ? 'permission' : 'invalid_config', 'no database is left to crawl', {
    hint: names.length === 0 ? 'GRANT USAGE ON DATABASE … TO ROLE …;' : 'Check `databases` of the source.',
  })
}

/** Asks for one row of the catalogue in the first database that will be crawled. */
async function readCatalog(session: Session, config: SnowflakeConfig): Promise<string> {
  const name = (await readDatabases(session)).find((candidate) => whyDatabaseLeftOut(config, candidate) === undefined)
  if (name === undefined) throw new IngestError('permission', 'no database to read definitions in')
  const view =
    config.catalog === 'account_usage'
      ? 'SNOWFLAKE.ACCOUNT_USAGE.TABLES'
      : `${quoteIdentifier(name)}.INFORMATION_SCHEMA.TABLES`
  await session.rows({ text: `SELECT TABLE_NAME FROM ${view} LIMIT 1`, timeoutSeconds: CHECK_SECONDS })
  return `in ${name}`
}

async function readAccountUsage(session: Session): Promise<string> {
  try {
    for (const view of ['TAG_REFERENCES', 'POLICY_REFERENCES', 'TABLE_STORAGE_METRICS']) {
      await session.rows({
        text: `SELECT 1 AS "one" FROM SNOWFLAKE.ACCOUNT_USAGE.${view} LIMIT 1`,
        timeoutSeconds: CHECK_SECONDS,
      })
    }
    return 'tags, policies and clones'
  } catch (error) {
    if (!isHidden(error)) throw error
    throw new IngestError('permission', 'SNOWFLAKE.ACCOUNT_USAGE is not for this role to read', {
      hint: 'GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE …; GRANT DATABASE ROLE SNOWFLAKE.OBJECT_VIEWER TO ROLE …; or set `governance: false`.',
      cause: error,
    })
  }
}

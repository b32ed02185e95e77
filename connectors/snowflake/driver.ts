import { createPrivateKey } from 'node:crypto'
import type { Connection, ConnectionOptions } from 'snowflake-sdk'
import { IngestError } from '../kit/index.ts'
import type { SnowflakeConfig } from './config.ts'

export interface Driver {
  createConnection(options: ConnectionOptions): Connection
}

/** The client asks the cloud's metadata services where it runs, and reports about itself: neither is a crawler's to do. */
const QUIET = [
  'SNOWFLAKE_DISABLE_PLATFORM_DETECTION',
  'SF_TELEMETRY_DISABLE_CONNECTION_SHAPE',
  'SNOWFLAKE_DISABLE_MINICORE',
]

export async function loadDriver(): Promise<Driver> {
  for (const name of QUIET) process.env[name] ??= 'true'
  try {
    const driver = (await import('snowflake-sdk')).default
    // By itself it writes a file snowflake.log into the working directory.
    driver.configure({ logLevel: 'OFF', additionalLogToConsole: false, keepAlive: true })
    return driver
  } catch (error) {
    throw new IngestError('unsupported', 'The package "snowflake-sdk" is not installed', {
      hint: 'npm install snowflake-sdk@3',
      cause: error,
    })
  }
}

/** @throws IngestError `invalid_config` for a private key that cannot be read. */
export function connectionOptions(config: SnowflakeConfig): ConnectionOptions {
  return {
    account: config.account,
    username: config.user,
    ...(config.baseUrl === undefined ? {} : { accessUrl: config.baseUrl.replace(/\/+$/, '') }),
    ...(config.role === undefined ? {} : { role: quoteUnlessPlain(config.role) }),
    ...(config.warehouse === undefined ? {} : { warehouse: quoteUnlessPlain(config.warehouse) }),
    ...signIn(config),
    application: 'Tidemark',
    queryTag: config.queryTag,
    // Texts alone: numbers beyond 2^53 and nanoseconds survive, and the account's output formats do not matter.
    fetchAsString: ['String', 'Boolean', 'Number', 'Date', 'JSON'],
    representNullAsStringNull: false,
    rowMode: 'object',
    // The step tries again, after as long as the category asks for.
    sfRetryMaxLoginRetries: 0,
    retryTimeout: Math.max(300, config.connectTimeout),
    // Nothing waits longer for the first byte of an answer: the server answers within 45 s that it is still busy.
    timeout: 90_000,
    rowStreamHighWaterMark: 500,
    clientSessionKeepAlive: false,
  } as ConnectionOptions
}

function signIn(config: SnowflakeConfig): ConnectionOptions {
  if (config.privateKey !== undefined) {
    return { authenticator: 'SNOWFLAKE_JWT', privateKey: readKey(config.privateKey, config.privateKeyPassphrase) }
  }
  if (config.token !== undefined) {
    return config.oauth
      ? { authenticator: 'OAUTH', token: config.token }
      : { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: config.token }
  }
  return { authenticator: 'SNOWFLAKE', password: config.password ?? '' }
}

/** Read here: the client would tell of a wrong passphrase only that signing in failed. */
function readKey(pem: string, passphrase: string | undefined): string {
  try {
    const key = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) })
    return key.export({ type: 'pkcs8', format: 'pem' }).toString()
  } catch (error) {
    throw new IngestError('invalid_config', 'the private key cannot be read', {
      hint: 'Give it as PEM (-----BEGIN PRIVATE KEY----- or BEGIN ENCRYPTED PRIVATE KEY), with its passphrase where it has one.',
      cause: error,
    })
  }
}

/** Names of roles and warehouses are folded unless quoted, as in SQL. */
function quoteUnlessPlain(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_$]*$/.test(name) || name.startsWith('"') ? name : `"${name.replaceAll('"', '""')}"`
}

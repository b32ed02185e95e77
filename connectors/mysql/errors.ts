import { classifyError, type ErrorRule, IngestError } from '../kit/index.ts'

/**
 * By the servers' own symbols, and the codes of mysql2.
 * https://dev.mysql.com/doc/mysql-errors/9.4/en/server-error-reference.html, https://mariadb.com/kb/en/mariadb-error-codes/
 */
export const errorRules: readonly ErrorRule[] = [
  {
    category: 'auth',
    codes: ['ER_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR', 'ER_ACCESS_DENIED_CHANGE_USER_ERROR'],
    hint: 'Check user and password of the source, and that the account may sign in from this host (its @host part).',
  },
  {
    category: 'auth',
    codes: ['ER_MUST_CHANGE_PASSWORD', 'ER_MUST_CHANGE_PASSWORD_LOGIN', 'ER_ACCOUNT_HAS_BEEN_LOCKED'],
    // MariaDB's number for the last has no symbol in mysql2.
    patterns: [/this account is locked/i],
    hint: 'The password has expired or the account is locked: ALTER USER … IDENTIFIED BY …, or … ACCOUNT UNLOCK.',
  },
  {
    category: 'auth',
    codes: ['ER_HOST_NOT_PRIVILEGED'],
    hint: "The server has no account for this host: CREATE USER 'user'@'this host' …",
  },
  {
    category: 'auth',
    codes: ['ER_NOT_SUPPORTED_AUTH_MODE', 'AUTH_SWITCH_PLUGIN_ERROR', 'ER_PLUGIN_IS_NOT_LOADED'],
    hint: 'The account signs in by a plugin that is not supported: use caching_sha2_password, ed25519 or mysql_native_password.',
  },
  {
    category: 'source_unavailable',
    codes: ['ER_HOST_IS_BLOCKED'],
    hint: 'Too many broken connections came from this host: TRUNCATE TABLE performance_schema.host_cache (or mysqladmin flush-hosts).',
  },
  {
    // ER_USER_LIMIT_REACHED, which tells of too many connections at a time as well: that is no limit by the hour.
    category: 'rate_limited',
    patterns: [/has exceeded the 'max_(?:questions|queries_per_hour|updates|connections_per_hour)' resource/],
    hint: 'The account may not ask more within an hour: ALTER USER … WITH MAX_QUERIES_PER_HOUR 0, or sync less often.',
  },
  {
    category: 'source_unavailable',
    codes: ['ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS', 'ER_USER_LIMIT_REACHED'],
    hint: 'The server or the account is out of connections: raise the limit, or sync at another time.',
  },
  {
    category: 'source_unavailable',
    // MariaDB's number for it has no symbol in mysql2.
    patterns: [/^Connection was killed/],
    codes: [
      'PROTOCOL_CONNECTION_LOST',
      'ER_SERVER_SHUTDOWN',
      'ER_NORMAL_SHUTDOWN',
      'ER_CLIENT_INTERACTION_TIMEOUT',
      'ER_CONNECTION_KILLED',
      'ER_NEW_ABORTING_CONNECTION',
      'ER_OUT_OF_RESOURCES',
      'ER_OUTOFMEMORY',
      'ER_DISK_FULL',
      'ER_LOCK_DEADLOCK',
      'ER_NET_*',
      'EPIPE',
    ],
  },
  {
    category: 'timeout',
    codes: ['ER_QUERY_TIMEOUT', 'ER_QUERY_INTERRUPTED'],
    // MariaDB's, likewise.
    patterns: [/max_statement_time exceeded/],
    hint: 'Raise `statementTimeout` of the source.',
  },
  {
    category: 'timeout',
    codes: ['ER_LOCK_WAIT_TIMEOUT'],
    hint: 'Another session holds a lock on the table: end its transaction, or wait for the next sync.',
  },
  { category: 'permission', codes: ['ER_DBACCESS_DENIED_ERROR', 'ER_TABLEACCESS_DENIED_ERROR'] },
  { category: 'permission', codes: ['ER_COLUMNACCESS_DENIED_ERROR', 'ER_SPECIFIC_ACCESS_DENIED_ERROR'] },
  { category: 'permission', codes: ['ER_PROCACCESS_DENIED_ERROR', 'ER_VIEW_NO_EXPLAIN'] },
  { category: 'not_found', codes: ['ER_BAD_DB_ERROR', 'ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR'] },
  {
    category: 'data_integrity',
    codes: [
      'ER_NOT_KEYFILE',
      'ER_OLD_KEYFILE',
      'ER_CRASHED_ON_USAGE',
      'ER_CRASHED_ON_REPAIR',
      'ER_NO_SUCH_TABLE_IN_ENGINE',
    ],
  },
  {
    category: 'invalid_config',
    codes: ['HANDSHAKE_NO_SSL_SUPPORT'],
    hint: 'The server does not offer TLS: set it up there (ssl_cert, ssl_key), or set ssl to prefer or disable.',
  },
  {
    category: 'invalid_config',
    codes: ['ER_SECURE_TRANSPORT_REQUIRED'],
    hint: 'The server takes connections through TLS alone: set ssl to require or stricter.',
  },
  {
    category: 'invalid_config',
    codes: ['ENOENT', 'EACCES', 'ERR_OSSL_*', 'HANDSHAKE_UNKNOWN_ERROR'],
    hint: 'Check the socket file and the TLS files of the source.',
  },
  {
    category: 'auth',
    codes: ['HANDSHAKE_SSL_ERROR', 'ERR_SSL_*'],
    hint: 'The TLS handshake failed: check `ssl`, the certificates, and that the host is the one in the server’s certificate.',
  },
]

/** Classifies whatever was thrown; after an abort everything is `cancelled`, whichever way it surfaced. */
export function classify(error: unknown, what: string, signal: AbortSignal): IngestError {
  if (signal.aborted) return new IngestError('cancelled', `${what}: cancelled`, { cause: error })
  return classifyError(error, errorRules, what)
}

/** The server's symbol for an error, such as `ER_NO_SUCH_TABLE`. */
export function symbolOf(error: unknown): string | undefined {
  const cause = error instanceof IngestError ? (error.cause ?? error) : error
  const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

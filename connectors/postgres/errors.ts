import { classifyError, type ErrorRule, IngestError } from '../kit/index.ts'

/** By SQLSTATE, and by the codes of postgres.js. See https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const errorRules: readonly ErrorRule[] = [
  {
    category: 'auth',
    codes: ['28P01', 'SASL_SIGNATURE_MISMATCH'],
    hint: 'Check user and password of the source.',
  },
  {
    category: 'auth',
    codes: ['28000'],
    hint: 'Check that the role exists and has LOGIN, and that pg_hba.conf lets it in from this host (with or without TLS).',
  },
  { category: 'permission', codes: ['42501'], hint: 'GRANT CONNECT ON DATABASE … TO the role of the source.' },
  { category: 'not_found', codes: ['3D000'], hint: 'Set `database` to a database that exists.' },
  {
    category: 'source_unavailable',
    codes: ['53300'],
    hint: 'The server, the database or the role is out of connections: raise the limit, or sync at another time.',
  },
  {
    category: 'source_unavailable',
    codes: ['08*', '53*', '57P01', '57P02', '57P03', '57P04', '57P05', '58*', '55000', '40001', '40P01'],
  },
  { category: 'source_unavailable', codes: ['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED'] },
  { category: 'timeout', codes: ['57014'], hint: 'Raise `statementTimeout` of the source.' },
  {
    category: 'timeout',
    codes: ['55P03'],
    hint: 'Another session holds a lock on the table: end its transaction, or wait for the next sync.',
  },
  { category: 'timeout', codes: ['25P03', 'CONNECT_TIMEOUT'] },
  { category: 'data_integrity', codes: ['XX001', 'XX002', '22021'] },
  {
    category: 'invalid_config',
    codes: ['ENOENT', 'EACCES', 'ERR_OSSL_*'],
    hint: 'Check the socket directory and the TLS files of the source.',
  },
  { category: 'auth', codes: ['ERR_SSL_*'], hint: 'The TLS handshake failed: check `ssl` and the certificates.' },
]

/** Classifies whatever was thrown; after an abort everything is `cancelled`, whichever way it surfaced. */
export function classify(error: unknown, what: string, signal: AbortSignal): IngestError {
  if (signal.aborted) return new IngestError('cancelled', `${what}: cancelled`, { cause: error })
  return classifyError(error, errorRules, what)
}

export function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof IngestError ? (error.cause ?? error) : error
  const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

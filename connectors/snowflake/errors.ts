import { classifyError, type ErrorRule, IngestError } from '../kit/index.ts'

const SIGN_IN = 'Check user and password, key or token of the source.'
const KEY =
  "Check that the public key is the user's (DESC USER, RSA_PUBLIC_KEY_FP), and that account and user are spelt right."
const MFA =
  'A password alone is refused where multi-factor authentication is required: use a key pair or a programmatic access token, with a user of TYPE = SERVICE.'
const GRANTS = 'Run the statements of `tidemark connectors show snowflake --grants` as ACCOUNTADMIN.'

/**
 * By Snowflake's own codes: those of sign-in and session (39…), of SQL (00…, 09…), and of the client (40…). See
 * https://docs.snowflake.com/en/user-guide/client-connectivity-troubleshooting and the driver's error_code.ts.
 */
export const errorRules: readonly ErrorRule[] = [
  { category: 'auth', codes: ['390144', '394300', '394301', '394302', '394303', '394304'], hint: KEY },
  { category: 'auth', codes: ['390127', '390128', '390129', '390197', '394508', '394509', '394510'], hint: MFA },
  {
    category: 'auth',
    codes: ['390303', '390318', '394400', '394401', '394402', '394403', '394406'],
    hint: 'The token has expired or is not valid (any more): issue a new one, or sign in with a key pair.',
  },
  {
    category: 'auth',
    codes: ['390422', '390420', '390421', '390432'],
    hint: 'A network policy refuses this address: add it to the policy of the user or the account.',
  },
  { category: 'source_unavailable', codes: ['390104', '390110', '390111', '390112', '390113', '390114', '390115'] },
  {
    category: 'permission',
    codes: ['390186', '390189', '390187'],
    hint: 'The role is not granted to the user: GRANT ROLE … TO USER …;',
  },
  { category: 'invalid_config', codes: ['390201', '390190'], hint: 'Check `account` and `baseUrl` of the source.' },
  { category: 'auth', codes: ['3901*', '3902*', '3903*', '3944*'], hint: SIGN_IN },
  { category: 'source_unavailable', codes: ['390*'] },
  {
    category: 'invalid_config',
    codes: ['000606', '606', '000625', '625', '000609', '609'],
    hint: 'Give a `warehouse` that exists and that the role may use: GRANT USAGE ON WAREHOUSE … TO ROLE …;',
  },
  {
    category: 'timeout',
    codes: ['000630', '630', '000631', '631'],
    hint: 'Raise `statementTimeout` of the source, or give it a larger warehouse.',
  },
  { category: 'source_unavailable', codes: ['000604', '604'] },
  { category: 'permission', codes: ['003001', '3001', '003041', '3041', '003540'], hint: GRANTS },
  {
    category: 'permission',
    codes: ['002003', '2003', '002043', '2043', '002037', '002140'],
    hint: `It does not exist, or the role may not see it. ${GRANTS}`,
  },
  {
    category: 'source_unavailable',
    codes: ['000603', '603', '000002', '000005', '000600', '000601', '000602'],
  },
  { category: 'rate_limited', codes: ['000608', '608', '429'] },
  {
    category: 'source_unavailable',
    codes: ['090073'],
    hint: 'A resource monitor has suspended the warehouse: raise its quota, or give another warehouse.',
  },
  {
    category: 'source_unavailable',
    codes: ['401001', '401002', '401003', '402001', '402002', '407001', '407002', '405*'],
  },
  { category: 'invalid_config', codes: ['403*', '404*', '406*'], hint: SIGN_IN },
  {
    category: 'invalid_config',
    codes: ['ERR_OSSL_*'],
    hint: 'Check the private key (PEM, PKCS#8) and its passphrase.',
  },
]

/** "Information schema query returned too much data. Please repeat query with more selective predicates." */
const TOO_MUCH_DATA = '090030'

/** Classifies whatever was thrown; after an abort everything is `cancelled`, whichever way it surfaced. */
export function classify(error: unknown, what: string, signal: AbortSignal): IngestError {
  if (error instanceof IngestError) return error
  if (signal.aborted) return new IngestError('cancelled', `${what}: cancelled`, { cause: error })
  return classifyError(error, errorRules, what)
}

export function isTooMuchData(error: unknown): boolean {
  return error instanceof IngestError && (error.code === TOO_MUCH_DATA || /returned too much data/i.test(error.message))
}

/** What the role may not see, and what is not there, look alike. */
export function isHidden(error: unknown): boolean {
  return error instanceof IngestError && error.category === 'permission'
}

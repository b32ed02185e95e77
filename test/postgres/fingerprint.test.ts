import { describe } from 'vitest'
import { RELATION_CASES } from './fingerprint-cases.ts'
import { objectCases } from './fingerprint-object-cases.ts'
import { describeFingerprints } from './fingerprint-suite.ts'
import { adminUrl } from './support.ts'

const BUILT_IN = 18

describe('fingerprints of relations', () => describeFingerprints(RELATION_CASES, adminUrl))

describe('fingerprints of other objects and facets', () => describeFingerprints(objectCases(BUILT_IN), adminUrl))

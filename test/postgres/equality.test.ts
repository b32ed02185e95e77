import { describe } from 'vitest'
import { describeEquality } from './equality/suite.ts'
import { adminUrl } from './support.ts'

describe('records equal the catalogue', () => {
  describeEquality(adminUrl)
})

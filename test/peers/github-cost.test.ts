import { testCostOfNothing } from '../github/cost-suite.ts'

testCostOfNothing(500)

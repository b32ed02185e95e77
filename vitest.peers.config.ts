import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** Suites that take long, or whose servers or packages are heavy to install; they install them, once. */
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/peers/**/*.test.ts'],
    exclude: [],
    globalSetup: ['test/helpers/global-setup.ts'],
    // A hiccup of somebody else's server gets a second try; vitest tells of it.
    retry: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})

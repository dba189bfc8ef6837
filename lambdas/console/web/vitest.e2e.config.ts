import { defineConfig } from 'vitest/config'

// The tests of a real browser before a real server: test/console starts it, or MIRRORWATCH_URL names one of yours (docs/development says more).
// One browser and one file at a time: two cores are enough, and what is measured is not disturbed.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.e2e.ts'],
    globalSetup: ['e2e/setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    slowTestThreshold: 5000,
  },
})

import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// The order of the files is always the same: what one leaves behind, such as detections that are closed, the next one finds.
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => a.moduleId.localeCompare(b.moduleId))
  }
}

// The tests of a real browser before a real server: test/console starts it, or MIRRORWATCH_URL names one of yours (docs/development says more).
// One browser and one file at a time: two cores are enough, and what is measured is not disturbed. Nothing waits for longer than it must, and
// everything for long: beside the tests of the whole project a machine is five times slower than alone, and more.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.e2e.ts'],
    globalSetup: ['e2e/setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    sequence: { sequencer: ByName },
    testTimeout: 240_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } }, // a second, by default
    reporters: ['default'],
    slowTestThreshold: 5000,
  },
})

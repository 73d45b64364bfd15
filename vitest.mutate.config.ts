import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from './vitest.config.ts';

/** The first test that fails ends the try, so the quick files come first. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).reverse();
  }
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    isolate: false,
    sequence: { sequencer: QuickestFirst },
    // A change may well make a test wait for ever.
    testTimeout: 10_000,
    include: ['test/core/**/*.test.ts', 'test/cluster/**/*.test.ts', 'test/fault/**/*.test.ts'],
    exclude: [
      ...(base.test?.exclude ?? []),
      // Whole state spaces and hundreds of groups: minutes for each change.
      'test/cluster/saga/{exploration,reductions,broken-machines}.test.ts',
      'test/fault/{every-fault,hundred-of-hundred,bulk-stop}.test.ts',
      // Only a process has a current folder that can change, and the tries are made in threads.
      'test/cluster/journal/journal-path.test.ts',
      // A child process knows nothing of the change that is being tried.
      'test/fault/{stopped-holder,crash/crash}.test.ts',
    ],
  },
});

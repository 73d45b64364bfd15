import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/browser/**/*.browser.test.ts'],
    exclude: [],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Browsers side by side would only wait for each other.
    fileParallelism: false,
  },
});

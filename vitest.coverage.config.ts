import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    // Whole state spaces, which counting makes many times slower. Other tests reach every line that they do.
    exclude: [
      ...(base.test?.exclude ?? []),
      'test/cluster/saga/{exploration,reductions,broken-machines}.test.ts',
    ],
    testTimeout: 120_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/**/*.ts'],
      // Made from the pages' own files by `npm run page`.
      exclude: ['src/server/*/*/text/**'],
      reporter: ['text-summary', 'json', 'json-summary'],
      // What runs in a child process or in a browser is not counted.
      thresholds: { lines: 95 },
    },
  },
});

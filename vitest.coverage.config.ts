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
      // Texts are made from the pages' own files; the pages' scripts run in a browser, by `npm run test:browser`.
      exclude: ['src/server/*/*/text/**', 'src/server/*/*/client/**'],
      reporter: ['text-summary', 'json', 'json-summary'],
      // What runs in a child process is not counted.
      thresholds: { lines: 95 },
    },
  },
});

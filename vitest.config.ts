import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: 'holdfast/server', replacement: source('./src/server/index.ts') },
      { find: 'holdfast/testing', replacement: source('./src/testing/index.ts') },
      { find: 'holdfast', replacement: source('./src/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.long.test.ts', 'test/**/*.browser.test.ts'],
    // All cores: much of a test is waiting. Vitest would leave one free.
    maxWorkers: '100%',
    testTimeout: 30_000,
    // A child process that is to be waited for starts slowly on a busy machine.
    expect: { poll: { timeout: 20_000 } },
  },
});

import { describe, test } from 'vitest';
import { createAndDeleteHundred } from './hundred.ts';

describe.concurrent('with default options and one request in five failing', () => {
  test.each([
    { dialect: 'header', seed: 1 },
    { dialect: 'header', seed: 2 },
    { dialect: 'header', seed: 3 },
    { dialect: 'path', seed: 1 },
    { dialect: 'path', seed: 2 },
    { dialect: 'path', seed: 3 },
  ] as const)('100 of 100 groups are created and deleted: $dialect, seed $seed', (run) =>
    createAndDeleteHundred({ ...run, failures: 0.2 }),
  );
});

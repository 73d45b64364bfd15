import { describe, test } from 'vitest';
import { createAndDeleteHundred } from './hundred.ts';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

describe.concurrent.each([0.2, 0.5])(
  'with default options and a share of %d of all requests failing',
  (failures) => {
    test.each(SEEDS)('100 of 100 groups are created and deleted: header dialect, seed %i', (seed) =>
      createAndDeleteHundred({ dialect: 'header', seed, failures }),
    );

    test.each(SEEDS.slice(0, 5))('100 of 100 groups are created and deleted: path dialect, seed %i', (seed) =>
      createAndDeleteHundred({ dialect: 'path', seed, failures }),
    );
  },
);

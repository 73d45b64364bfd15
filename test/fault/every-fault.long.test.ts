import { describe, expect, test } from 'vitest';
import { FAULT_KINDS } from '../../src/testing/fault-schema.ts';
import { PASSING_KINDS } from './kinds.ts';
import { play } from './scenario.ts';

const DIALECTS = ['header', 'path'] as const;
const RATES = [0.1, 0.4, 0.7];
const WAYS = DIALECTS.flatMap((dialect) =>
  (['fetch', 'undici'] as const).flatMap((transport) =>
    RATES.map((rate) => ({ dialect, transport, rate, groups: 20 })),
  ),
);

describe.concurrent.each(WAYS)('outcomes are what nodes hold: $dialect, $transport, rate $rate', (way) => {
  test.each(FAULT_KINDS)('%s', async (kind) => {
    for (const seed of [11, 12]) {
      const { broken, tally } = await play({ ...way, kind, seed });
      expect(broken).toEqual([]);
      if (PASSING_KINDS.includes(kind)) expect(tally.changed).toBeGreaterThan(0);
    }
  });

  test.each(['parallel', 'sequential'] as const)('faults of all kinds, %s', async (strategy) => {
    for (const seed of [21, 22, 23, 24, 25]) {
      const usual = await play({ ...way, kind: 'mixed', seed, strategy });
      expect(usual.broken).toEqual([]);
      expect(usual.tally.changed).toBeGreaterThan(0);
      const hasty = await play({ ...way, kind: 'mixed', seed, strategy, patience: 'little' });
      expect(hasty.broken).toEqual([]);
    }
  });
});

describe.concurrent.each(DIALECTS)(
  'with somebody else creating groups meanwhile, in the %s dialect',
  (dialect) => {
    test.each(RATES)('outcomes are what nodes hold at a rate of %d', async (rate) => {
      for (const seed of [31, 32, 33, 34, 35]) {
        for (const patience of ['usual', 'little'] as const) {
          const { broken } = await play({
            dialect,
            kind: 'mixed',
            rate,
            seed,
            patience,
            intruder: true,
            groups: 20,
          });
          expect(broken).toEqual([]);
        }
      }
    });
  },
);

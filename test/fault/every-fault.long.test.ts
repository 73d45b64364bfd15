import { describe, expect, test } from 'vitest';
import { FAULT_KINDS } from '../../src/testing/fault-schema.ts';
import { play } from './scenario.ts';

const RATES = [0.1, 0.4, 0.7];
const WAYS = (['header', 'path'] as const).flatMap((dialect) =>
  (['fetch', 'undici'] as const).map((transport) => ({ dialect, transport })),
);

describe.concurrent.each(WAYS)(
  'outcomes are what the nodes hold ($dialect dialect, by $transport)',
  (way) => {
    describe.each(RATES)('at a rate of %d', (rate) => {
      test.each(FAULT_KINDS)('of %s', async (kind) => {
        for (const seed of [11, 12]) {
          const { broken, tally } = await play({ ...way, kind, rate, seed, groups: 20 });
          expect(broken).toEqual([]);
          expect(tally.changed).toBeGreaterThan(0);
        }
      });

      test.each(['parallel', 'sequential'] as const)('of all kinds, %s', async (strategy) => {
        for (const seed of [21, 22, 23, 24, 25]) {
          const scenario = { ...way, kind: 'mixed', rate, seed, strategy, groups: 20 } as const;
          const usual = await play(scenario);
          expect(usual.broken).toEqual([]);
          expect(usual.tally.changed).toBeGreaterThan(0);
          const hasty = await play({ ...scenario, patience: 'little' });
          expect(hasty.broken).toEqual([]);
        }
      });

      test.runIf(way.transport === 'fetch')(
        'of all kinds, with somebody else creating groups meanwhile',
        async () => {
          for (const seed of [31, 32, 33, 34, 35]) {
            for (const patience of ['usual', 'little'] as const) {
              const scenario = {
                ...way,
                kind: 'mixed',
                rate,
                seed,
                patience,
                intruder: true,
                groups: 20,
              } as const;
              expect((await play(scenario)).broken).toEqual([]);
            }
          }
        },
      );
    });
  },
);

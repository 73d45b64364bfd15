import { describe, expect, test } from 'vitest';
import { FAULT_KINDS } from '../../src/testing/fault-schema.ts';
import { play } from './scenario.ts';

const DIALECTS = ['header', 'path'] as const;

describe.concurrent.each(DIALECTS)('in the %s dialect, outcomes are what the nodes hold', (dialect) => {
  test.each(FAULT_KINDS)('when two requests in five meet %s', async (kind) => {
    const { broken, tally } = await play({ dialect, kind, rate: 0.4, seed: 1 });
    expect(broken).toEqual([]);
    expect(tally.changed).toBeGreaterThan(0);
  });

  test.each([
    { transport: 'fetch', strategy: 'parallel', patience: 'usual' },
    { transport: 'undici', strategy: 'parallel', patience: 'little' },
    { transport: 'fetch', strategy: 'sequential', patience: 'little' },
    { transport: 'undici', strategy: 'sequential', patience: 'usual' },
  ] as const)(
    'when they meet faults of all kinds: $transport, $strategy, $patience patience',
    async (how) => {
      const { broken, tally } = await play({ dialect, kind: 'mixed', rate: 0.4, seed: 2, ...how });
      expect(broken).toEqual([]);
      expect(tally.changed).toBeGreaterThan(0);
      if (how.patience === 'little') {
        // Otherwise nothing was learned about the other ends.
        expect(tally['rolled-back']).toBeGreaterThan(0);
        expect(tally.inconsistent).toBeGreaterThan(0);
      }
    },
  );

  test('when somebody else creates some of the groups meanwhile', async () => {
    const { broken, tally } = await play({
      dialect,
      kind: 'mixed',
      rate: 0.4,
      seed: 3,
      patience: 'little',
      intruder: true,
    });
    expect(broken).toEqual([]);
    expect(tally.changed).toBeGreaterThan(0);
    expect(tally['rolled-back'] + tally.inconsistent).toBeGreaterThan(0);
  });
});

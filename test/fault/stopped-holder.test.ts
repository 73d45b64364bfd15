import { expect, test } from 'vitest';
import { DURATION } from './leases.ts';
import { playStopped } from './stopped-holder.ts';

// At every await: the long test of this name.
test.each([3, 5, 7])(
  'a holder that is stopped at its await %d never sends beside the next one',
  async (at) => {
    const report = await playStopped(at, 1.6 * DURATION, []);
    expect(report).toEqual({ stopped: true, mixed: [], apart: false });
  },
);

import { expect, test } from 'vitest';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import { DURATION } from './leases.ts';
import { playStopped } from './stopped-holder.ts';

const REFUSING: FaultStep = { node: 'node03', method: 'POST', fault: 'error-before', times: 8 };
const DOUBTFUL: FaultStep = { node: 'node02', method: 'POST', fault: 'late-reset', lateBy: 150 };

test.each([
  ['a create', [], 1.6],
  ['a create that is undone', [REFUSING], 1.6],
  ['a create with an attempt in doubt', [DOUBTFUL], 1.6],
  ['a create, for less than its Lease', [], 0.5],
] as const)(
  'a holder that is stopped wherever it waits never sends beside the next one: %s',
  async (_name, steps, leases) => {
    let stops = 0;
    for (let at = 1; ; at += 1) {
      const report = await playStopped(at, leases * DURATION, steps);
      expect({ at, mixed: report.mixed, apart: report.apart }).toEqual({ at, mixed: [], apart: false });
      if (!report.stopped) break;
      stops += 1;
    }
    expect(stops).toBeGreaterThan(8);
  },
);

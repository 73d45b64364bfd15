import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { SagaRules } from '../../../src/cluster/saga-node.ts';
import { CONFIGURATIONS, finishStarts, named, starts } from './configurations.ts';
import { Control } from './control.ts';
import { explore } from './exploration.ts';
import { saga } from './machine.ts';
import { type Counts, report } from './report.ts';
import { play, schedules } from './schedule.ts';

const counted: Counts[] = [];

const inParallel = CONFIGURATIONS.filter(({ rules }) => rules.strategy === 'parallel');

afterAll(() => report('the saga explored at length', counted));

test.for(named(inParallel))('4 nodes: %s', ([name, { setting, rules }]) => {
  const { trace, ...counts } = explore(setting, new Control(saga, rules), starts(4));
  expect(trace ?? '').toBe('');
  counted.push({ name, nodeCount: 4, ...counts });
});

test.for(named(CONFIGURATIONS))('3 nodes, finished after a crash: %s', ([name, { setting, rules }]) => {
  const { trace, ...counts } = explore(setting, new Control(saga, rules), finishStarts(setting, 3));
  expect(trace ?? '').toBe('');
  counted.push({ name: `finish of ${name}`, nodeCount: 3, ...counts });
});

test.for(named(inParallel))('3 nodes and 3 attempts forward: %s', ([name, { setting, rules }]) => {
  const more: SagaRules = { ...rules, attempts: 3 };
  const { trace, ...counts } = explore(setting, new Control(saga, more), starts(3));
  expect(trace ?? '').toBe('');
  counted.push({ name: `${name}, 3 attempts forward`, nodeCount: 3, ...counts });
});

test('a great many schedules on 4 to 8 nodes break no promise', () => {
  fc.assert(
    fc.property(schedules, (schedule) => void play(schedule)),
    { numRuns: 100_000 },
  );
});

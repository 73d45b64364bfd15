import { afterAll, expect, test } from 'vitest';
import { CONFIGURATIONS, named, starts } from './configurations.ts';
import { Control } from './control.ts';
import { explore } from './exploration.ts';
import { saga } from './machine.ts';
import { type Counts, report } from './report.ts';

const counted: Counts[] = [];

afterAll(() => report('the saga explored with its past', counted));

test.for(named(CONFIGURATIONS))(
  '3 nodes, with nothing of the past forgotten: %s',
  ([name, { setting, rules }]) => {
    const control = new Control(saga, rules, (state) => state);
    const { trace, ...counts } = explore(setting, control, starts(3));
    expect(trace ?? '').toBe('');
    counted.push({ name: `${name}, with its past`, nodeCount: 3, ...counts });
  },
);

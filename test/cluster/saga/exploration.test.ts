import { afterAll, describe, expect, test } from 'vitest';
import type { SagaRules } from '../../../src/cluster/saga-node.ts';
import { CONFIGURATIONS, finishStarts, named, rollbackStarts, starts } from './configurations.ts';
import { Control } from './control.ts';
import { explore } from './exploration.ts';
import { saga } from './machine.ts';
import { type Counts, report } from './report.ts';

const ENDINGS = ['apart', 'good', 'unchanged', 'undone', 'unwritten'];

/** The machine knows nothing of dialects, so its graph serves several. */
const controls = new Map<string, Control>();

function controlOf(rules: SagaRules): Control {
  const key = JSON.stringify(rules);
  const control = controls.get(key) ?? new Control(saga, rules);
  controls.set(key, control);
  return control;
}

const counted: Counts[] = [];

afterAll(() => report('the saga explored', counted));

describe('no state of the saga and its nodes breaks a promise', () => {
  test.for(named(CONFIGURATIONS))('%s: 1 to 3 nodes', ([name, { setting, rules }]) => {
    for (const nodeCount of [1, 2, 3]) {
      const { trace, ends, ...counts } = explore(setting, controlOf(rules), starts(nodeCount));
      expect(trace ?? '').toBe('');
      expect([...ends.keys()].sort()).toEqual(ENDINGS);
      counted.push({ name, nodeCount, ...counts });
    }
  });

  test.for(named(CONFIGURATIONS))(
    '%s, finished after a crash: 1 and 2 nodes',
    ([name, { setting, rules }]) => {
      for (const nodeCount of [1, 2]) {
        const { trace, ends, ...counts } = explore(
          setting,
          controlOf(rules),
          finishStarts(setting, nodeCount),
        );
        expect(trace ?? '').toBe('');
        expect([...ends.keys()].sort()).toEqual(['apart', 'good', 'undone', 'unwritten']);
        counted.push({ name: `finish of ${name}`, nodeCount, ...counts });
      }
    },
  );

  const inParallel = CONFIGURATIONS.filter(({ rules }) => rules.strategy === 'parallel');

  // A rollback undoes on all nodes at once whatever the strategy.
  test.for(named(inParallel))('a rollback of %s: 1 to 3 nodes', ([name, { setting, rules }]) => {
    for (const nodeCount of [1, 2, 3]) {
      const { trace, ends, ...counts } = explore(
        setting,
        controlOf(rules),
        rollbackStarts(setting, nodeCount),
      );
      expect(trace ?? '').toBe('');
      expect([...ends.keys()].sort()).toEqual(['apart', 'undone', 'unwritten']);
      counted.push({ name: `rollback of ${name}`, nodeCount, ...counts });
    }
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BROKEN } from './broken-machines.ts';
import { CONFIGURATIONS, named, starts } from './configurations.ts';
import { saga } from './machine.ts';
import { play, type Schedule, schedules } from './schedule.ts';

test('on 4 to 8 nodes with up to 4 attempts, no schedule breaks a promise or goes on for ever', () => {
  const endings = new Set<string | undefined>();
  fc.assert(
    fc.property(schedules, (schedule) => {
      endings.add(play(schedule));
    }),
    { numRuns: 10_000 },
  );
  expect([...endings].sort()).toEqual(['apart', 'good', 'unchanged', 'undone', 'unwritten']);
});

test.for([
  'it does not wait until attempts in doubt have settled',
  'it undoes while writes are in flight',
  'it takes an unknown undo for done',
] as const)('schedules catch a machine of which this is true: %s', (name) => {
  const playBroken = (schedule: Schedule) => {
    play({ ...schedule, of: { ...schedule.of, machine: BROKEN[name] } });
  };
  const { failed } = fc.check(fc.property(schedules, playBroken), { numRuns: 10_000, seed: 1 });
  expect(failed).toBe(true);
});

test.for(named(CONFIGURATIONS))('with no fault it comes out well: %s', ([, { setting, rules }]) => {
  for (const start of starts(3)) {
    const had = start.worlds.every(({ stoodBefore }) => stoodBefore === (setting.operation === 'create'));
    expect(play({ of: { machine: saga, rules, setting }, start, choices: [] })).toBe(
      had ? 'unchanged' : 'good',
    );
  }
});

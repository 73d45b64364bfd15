import { expect, test } from 'vitest';
import { BROKEN } from './broken-machines.ts';
import { CONFIGURATIONS, finishStarts, rollbackStarts, starts } from './configurations.ts';
import { Control } from './control.ts';
import { explore } from './exploration.ts';
import type { Machine } from './machine.ts';

/** What each must be seen to break somewhere. */
const FOUND: Record<keyof typeof BROKEN, string> = {
  'a success makes it forget that an earlier attempt is in doubt': 'not as it was or may come to differ',
  'whatever exists already counts as its own': 'counts as uncertain, and it is known to be right',
  'it takes what shows up after an unknown attempt for its own, whoever writes':
    'an undo removed a record of somebody else',
  'it does not wait until attempts in doubt have settled': 'not as it was or may come to differ',
  'it does not drain': 'went forward after a failure or a stop',
  'it undoes while writes are in flight': 'the undo began before every forward attempt had ended',
  'it writes before the intent is recorded': 'write was sent before the intent was recorded',
  'it counts an end that nobody recorded': 'it ended as good, and recovery would undo it',
  'it takes the loss of the lock for a mere stop': 'was sent after the lock was lost',
  'it does not hear of the deadline of its undo': 'a wait although nothing may be sent any more',
  'it takes an unknown undo for done': 'not as it was or may come to differ',
  'it swallows a refused undo': 'not as it was or may come to differ',
  'it forgets that an undo is in doubt': 'counts as undone while an undo may still take effect',
  'it gives up at the first unknown look': 'it ended as unwritten for no reason',
  'it takes an unknown look for an empty node': 'write was sent to a node that is to be left alone',
  'it undoes once too often': 'undo was sent more than 2 times',
  'it writes to all at once in sequence': 'two nodes at once in sequence',
  'it gives a node up at the first unknown undo': 'was given up for no reason',
  'it forgets a rollback that was stopped before it began':
    'a rollback that undid nothing (unwritten) closed the entry',
  'it finishes what died and forgets who wrote it': 'a finish that did nothing closed the entry',
  'it forgets to undo what it was to finish': 'not as it was or may come to differ',
  'it does not say when all is closed': 'the phase does not say whether it has ended',
};

test.for(Object.entries(FOUND))(
  'the exploration catches a machine of which this is true: %s',
  ([name, message]) => {
    const found: string[] = [];
    for (const trace of tracesOf(BROKEN[name as keyof typeof BROKEN])) {
      found.push(trace);
      if (trace.includes(message)) break;
    }
    expect(found.at(-1)).toContain(message);
    // Breadth first, so what it shows can be read.
    expect(found.at(-1)?.split('\n').length).toBeLessThan(16);
  },
);

test('what it shows is the whole way to the broken promise', () => {
  const machine = BROKEN['a success makes it forget that an earlier attempt is in doubt'];
  expect(tracesOf(machine).next().value).toMatchInlineSnapshot(`
    "create, header dialect, shared writers, parallel: a empty, b empty
      begin  => send look to a, send look to b
      a: look is answered: unwanted
      b: look is answered: unwanted  => record
      recorded  => send write to a, send write to b
      a: write is answered: in-doubt, may commit late  => wait for a until retry
      a: wait is over  => send write to a
      a: write is answered: done  => send verify to a
      a: verify is answered: wanted
      b: write is answered: refused  => undoing, send undo to a
      a: undo is answered: done  => close as closed
    BROKEN: a: it is not reported, and it is not as it was or may come to differ: it holds nothing, and 1 writes and 0 undos may come late"
  `);
});

function* tracesOf(machine: Machine): Generator<string, undefined> {
  for (const { setting, rules } of CONFIGURATIONS) {
    const control = new Control(machine, rules);
    for (const list of [starts(2), rollbackStarts(setting, 2), finishStarts(setting, 2)]) {
      const { trace } = explore(setting, control, list);
      if (trace !== undefined) yield trace;
    }
  }
}

import { describe, expect, test } from 'vitest';
import { journalContract } from '../../../src/testing/journal-contract.ts';
import { lockContract } from '../../../src/testing/lock-contract.ts';
import { drawsOf } from '../../../src/testing/simulation/draws.ts';
import { Machine } from '../../../src/testing/simulation/machine.ts';
import { Process } from '../../../src/testing/simulation/process.ts';
import { runToEnd } from '../../../src/testing/simulation/run-to-end.ts';
import { SharedKeys } from '../../../src/testing/simulation/shared-keys.ts';
import { SimulatedJournal } from '../../../src/testing/simulation/simulated-journal.ts';
import { Tally } from '../../../src/testing/simulation/tally.ts';
import { Timeline } from '../../../src/testing/simulation/timeline.ts';
import { Trace } from '../../../src/testing/simulation/trace.ts';

function startMachine() {
  const timeline = new Timeline(drawsOf(1, 'ties').random);
  const machine = new Machine(timeline, Date.now());
  const draws = drawsOf(1, 'test');
  const ledger = { recorded: () => undefined, closed: () => undefined, unresolved: () => undefined };
  const journal = new SimulatedJournal({
    ...{ machine, draws, ledger, lag: 3, failing: 0 },
    trace: new Trace(timeline),
    tally: new Tally(),
  });
  const keys = new SharedKeys({ machine, draws, lag: 3, grace: 20 });
  return { timeline, machine, journal, keys };
}

/** As long as it takes in virtual time. */
async function virtually(timeline: Timeline, work: Promise<void>): Promise<void> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  work.then(end, end);
  expect(await runToEnd(timeline, () => ended)).toBe(true);
  await work;
}

describe('the simulated journal', () => {
  const subjects = new Map<string, Timeline>();
  // That one compares with the system's own clock.
  const rules = journalContract(async () => {
    const { timeline, machine, journal } = startMachine();
    subjects.set('now', timeline);
    const process = new Process('one', machine);
    return {
      journal: journal.journalOf(process),
      another: async () => journal.journalOf(new Process('another', machine)),
      crash: async () => process.crash(),
    };
  }).filter(({ name }) => !name.startsWith('keeps a closed group'));

  test.each(rules.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const work = run();
    await Promise.resolve();
    await virtually(subjects.get('now') ?? new Timeline(), work);
  });
});

describe('simulated locks', () => {
  let timeline = new Timeline();
  // That one waits for turns of the event loop, and no virtual time is left after them.
  const rules = lockContract(async () => {
    const started = startMachine();
    timeline = started.timeline;
    return {
      lock: started.keys.lockOf(new Process('one', started.machine)),
      other: started.keys.lockOf(new Process('other', started.machine)),
    };
  }).filter(({ name }) => !name.startsWith('lets every one of many in'));

  test.each(rules.map(({ name, run }) => [name, run] as const))('%s', async (_name, run) => {
    const work = run();
    await Promise.resolve();
    await virtually(timeline, work);
  });

  test('are given on some time after their holder has died', async () => {
    const { timeline: time, machine, keys } = startMachine();
    const holder = new Process('holder', machine);
    const other = keys.lockOf(new Process('other', machine));
    await virtually(
      time,
      (async () => {
        await keys.lockOf(holder).acquire('key', { deadline: 1_000 });
        const died = time.time;
        holder.crash();
        await other.acquire('key', { deadline: 1_000 });
        expect(time.time - died).toBeGreaterThanOrEqual(20);
      })(),
    );
  });

  test('tell their holder when they are lost, before anybody else has them', async () => {
    const { timeline: time, machine, keys } = startMachine();
    const lock = keys.lockOf(new Process('holder', machine));
    const other = keys.lockOf(new Process('other', machine));
    await virtually(
      time,
      (async () => {
        const { lost } = await lock.acquire('key', { deadline: 1_000 });
        const next = other.acquire('key', { deadline: 1_000 }).then(() => lost.aborted);
        expect(keys.lose(([key]) => key)).toBe('key');
        expect(await next).toBe(true);
      })(),
    );
  });
});

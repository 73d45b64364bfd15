import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Grade, WorkContext } from '../../src/core/run-task.ts';
import type { Inputs } from '../../src/core/source.ts';
import { runNumbers } from './runs.ts';

const behaviour = fc.record({
  turns: fc.nat(6),
  outside: fc.boolean(),
  grade: fc.constantFrom<Grade>('done', 'done', 'done', 'failed', 'unknown', 'skipped'),
});

const stop = fc.oneof(
  fc.record({ kind: fc.constant('none' as const) }),
  fc.record({ kind: fc.constantFrom('abort', 'break', 'throw', 'reject'), at: fc.nat(20) }),
  fc.record({
    kind: fc.constant('failAbove' as const),
    at: fc.constantFrom(0, 2, '10%' as const, '50%' as const),
  }),
);

const scenario = fc.record({
  inputs: fc.array(behaviour, { maxLength: 40 }),
  source: fc.constantFrom('array', 'set', 'sync', 'async'),
  concurrency: fc.integer({ min: 1, max: 6 }),
  iterated: fc.boolean(),
  stop,
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

it('accounts for every input once, keeps within its concurrency and closes its source once', async () => {
  await fc.assert(fc.asyncProperty(scenario, play), { numRuns: 1_000 });
});

async function play({ inputs, source: kind, concurrency, iterated, stop }: Scenario): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const source = makeSource(kind, inputs.length, stop.kind === 'throw' ? Number(stop.at) : undefined);
  const begun: number[] = [];
  const ended: number[] = [];
  const taken: number[] = [];
  const skippedItems: number[] = [];
  let holding = 0;
  const hold = () => {
    holding += 1;
    expect(holding + source.seen.pulling).toBeLessThanOrEqual(concurrency);
  };

  let broke = false;
  const work = async (input: number, { outside }: WorkContext): Promise<Grade> => {
    begun.push(input);
    hold();
    const { turns, outside: waits, grade } = inputs[input] ?? { turns: 0, outside: false, grade: 'done' };
    await turn(turns);
    if (waits) {
      holding -= 1;
      await outside(turn(turns));
      hold();
    }
    if (stop.kind === 'reject' && begun.length > Number(stop.at)) {
      holding -= 1;
      throw new Error('mistake');
    }
    ended.push(input);
    if (stop.kind === 'abort' && ended.length > Number(stop.at)) controller.abort();
    // Nobody waits for an item that comes after a break.
    if (!iterated || broke) holding -= 1;
    return grade;
  };

  const failAbove = stop.kind === 'failAbove' ? { failAbove: stop.at as number | '10%' } : {};
  const run = runNumbers(source.inputs, { work, options: { signal, concurrency, ...failAbove } });
  let error: unknown;
  try {
    if (iterated) {
      for await (const { input } of run) {
        if (begun.includes(input)) {
          holding -= 1;
          taken.push(input);
        } else skippedItems.push(input);
        await turn(inputs[input]?.turns ?? 0);
        if (stop.kind === 'break' && taken.length > Number(stop.at)) {
          broke = true;
          holding -= ended.length - taken.length;
          break;
        }
      }
    }
    await run;
  } catch (caught) {
    error = caught;
  }

  const { seen } = source;
  expect(new Set(begun).size).toBe(begun.length);
  expect(seen.returned).toBe(seen.ended || kind === 'array' ? Math.min(seen.returned, 1) : 1);
  expect(seen.overlapped).toBe(false);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  if (iterated && !broke) expect(taken.toSorted(ascending)).toEqual(ended.toSorted(ascending));
  if (error !== undefined) {
    expect(String(error)).toMatch(/mistake|source broken/);
    expect(['throw', 'reject']).toContain(stop.kind);
    return;
  }

  const summary = await run;
  const pulled = kind === 'array' ? inputs.length : seen.pulled;
  const failed = ended.filter((input) => ['failed', 'unknown'].includes(inputs[input]?.grade ?? ''));
  const unknown = ended.filter((input) => inputs[input]?.grade === 'unknown');
  const notBegun = [...Array(pulled).keys()].filter((input) => !begun.includes(input));
  const skipped = [...ended.filter((input) => inputs[input]?.grade === 'skipped'), ...notBegun];
  expect(ended.toSorted(ascending)).toEqual(begun.toSorted(ascending));
  expect(summary.done + summary.failed + summary.skipped).toBe(pulled);
  expect(summary.rerun('failed').toSorted(ascending)).toEqual(failed.toSorted(ascending));
  expect(summary.rerun('unknown').toSorted(ascending)).toEqual(unknown.toSorted(ascending));
  expect(summary.rerun('skipped').toSorted(ascending)).toEqual(skipped.toSorted(ascending));
  expect([summary.failed, summary.skipped]).toEqual([failed.length, skipped.length]);
  expect(summary.ok).toBe(failed.length + skipped.length === 0);
  if (iterated && !broke) expect(skippedItems.toSorted(ascending)).toEqual(notBegun);
  if (stop.kind === 'none') expect(begun).toHaveLength(inputs.length);
}

interface Seen {
  pulled: number;
  pulling: 0 | 1;
  overlapped: boolean;
  ended: boolean;
  returned: number;
}

function makeSource(
  kind: string,
  count: number,
  throwsAt: number | undefined,
): { inputs: Inputs<number>; seen: Seen } {
  const seen: Seen = { pulled: 0, pulling: 0, overlapped: false, ended: false, returned: 0 };
  const numbers = [...Array(count).keys()];
  if (kind === 'array') return { inputs: numbers, seen };
  const next = (): IteratorResult<number> => {
    if (seen.pulled === throwsAt || seen.pulled === count) seen.ended = true;
    if (seen.pulled === throwsAt) throw new Error('source broken');
    return seen.ended ? { done: true, value: undefined } : { done: false, value: seen.pulled++ };
  };
  const close = (): IteratorResult<number> => {
    seen.returned += 1;
    return { done: true, value: undefined };
  };
  const sync: Iterable<number> = { [Symbol.iterator]: () => ({ next, return: close }) };
  if (kind === 'set') return { inputs: Object.assign(sync, { size: count }), seen };
  if (kind === 'sync') return { inputs: sync, seen };
  const nextLater = async () => {
    seen.overlapped ||= seen.pulling === 1;
    seen.pulling = 1;
    await turn(2);
    seen.pulling = 0;
    return next();
  };
  return {
    inputs: { [Symbol.asyncIterator]: () => ({ next: nextLater, return: async () => close() }) },
    seen,
  };
}

const ascending = (a: number, b: number) => a - b;

async function turn(times: number): Promise<void> {
  for (let n = 0; n < times; n++) await undefined;
}

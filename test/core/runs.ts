import type { Clock } from '../../src/core/clock.ts';
import { type Run, runEach } from '../../src/core/run.ts';
import type { RunOptions } from '../../src/core/run-options.ts';
import type { Grade, RunSummary, WorkContext } from '../../src/core/run-task.ts';
import type { Inputs } from '../../src/core/source.ts';

export interface Item {
  readonly input: number;
  readonly grade: Grade;
}

export interface Work {
  readonly options?: RunOptions;
  readonly clock?: Clock;
  readonly work?: (input: number, context: WorkContext) => Promise<Grade>;
  readonly skip?: (input: number) => Item;
  readonly rest?: () => Promise<readonly number[]>;
}

/** A run over numbers, each of which is done unless `work` says otherwise. */
export function runNumbers(source: Inputs<number>, { options, clock, work, skip, rest }: Work = {}) {
  const run: Run<Item, RunSummary<number>> = runEach<number, Item, RunSummary<number>>(source, {
    name: 'numbers',
    options,
    defaultConcurrency: 2,
    clock: clock ?? stoppedClock,
    work: async (input, context) => ({ input, grade: (await work?.(input, context)) ?? 'done' }),
    skip: skip ?? ((input) => ({ input, grade: 'skipped' })),
    rest,
    grade: (item) => item.grade,
    summarize: (base) => base,
  });
  return run;
}

export const stoppedClock: Clock = { now: () => 0, monotonic: () => 0, setTimer: () => () => undefined };

/** Work that ends when the test says so. */
export function manualWork() {
  const begun: number[] = [];
  const endings = new Map<number, { resolve(grade: Grade): void; reject(error: unknown): void }>();
  const ending = (input: number) => {
    const found = endings.get(input);
    if (found === undefined) throw new Error(`${input} was not begun`);
    return found;
  };
  return {
    begun,
    work: (input: number): Promise<Grade> => {
      begun.push(input);
      return new Promise((resolve, reject) => endings.set(input, { resolve, reject }));
    },
    end: (input: number, grade: Grade = 'done') => ending(input).resolve(grade),
    reject: (input: number, error: unknown) => ending(input).reject(error),
  };
}

/** An iterable that tells what was asked of it. */
export function watchedSource(inputs: Iterable<number>) {
  const iterator = inputs[Symbol.iterator]();
  const seen = { pulled: 0, ended: false, returned: 0 };
  const source: Iterable<number> = {
    [Symbol.iterator]: () => ({
      next: () => {
        const result = iterator.next();
        if (result.done === true) seen.ended = true;
        else seen.pulled += 1;
        return result;
      },
      return: () => {
        seen.returned += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  return { source, seen };
}

export function* upTo(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

export async function collect<Value>(items: AsyncIterable<Value>): Promise<Value[]> {
  const collected: Value[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Lets everything happen that waits for nothing but its turn. */
export const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

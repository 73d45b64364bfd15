import { setImmediate as nextTurn } from 'node:timers/promises';
import { onAbort } from '../core/abort.ts';

/**
 * What several sources give, as it comes, at most one item of each ahead of the consumer, and `idle` each time that all they
 * had was told. Ends when one of them ends and when the signal aborts; then all are closed.
 */
export async function* merge<T extends object>(
  sources: readonly AsyncIterable<T>[],
  signal: AbortSignal,
): AsyncGenerator<T | 'idle', undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const arrived: Arrived<T>[] = [];
  let wake: (() => void) | undefined;
  const arrive = (one: Arrived<T>) => {
    arrived.push(one);
    wake?.();
  };
  const ask = (iterator: AsyncIterator<T>) => {
    iterator.next().then(
      ({ done, value }) => arrive(done ? { kind: 'end' } : { kind: 'item', value, iterator }),
      (error: unknown) => arrive({ kind: 'error', error }),
    );
  };
  const stop = onAbort(signal, () => arrive({ kind: 'end' }));
  let isIdle = true;
  try {
    for (const iterator of iterators) ask(iterator);
    for (;;) {
      // What a source has at hand it gives within the turn.
      if (arrived.length === 0 && !isIdle) await nextTurn();
      const next = arrived.shift();
      if (next === undefined && !isIdle) {
        isIdle = true;
        yield 'idle';
      } else if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if (signal.aborted || next.kind === 'end') return;
      else if (next.kind === 'error') throw next.error;
      else {
        isIdle = false;
        yield next.value;
        ask(next.iterator);
      }
    }
  } finally {
    stop();
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

type Arrived<T> =
  | { readonly kind: 'item'; readonly value: T; readonly iterator: AsyncIterator<T> }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'end' };

/** A generator whose `return()` ends what it waits for, where a plain one would wait on. */
export function stoppable<T>(make: (signal: AbortSignal) => AsyncGenerator<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const stop = new AbortController();
      const generator = make(stop.signal);
      return {
        next: () => generator.next(),
        return: async () => {
          stop.abort();
          await generator.return(undefined);
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/**
 * Each item as `map` gives it, `undefined` left out. Its `return()` ends the source at once, where a generator would wait
 * for the item that it asked for.
 */
export function mapEach<From, To>(
  source: AsyncIterable<From>,
  map: (item: From) => Promise<To | undefined>,
): AsyncIterable<To> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = source[Symbol.asyncIterator]();
      return {
        next: async () => {
          for (;;) {
            const result = await iterator.next();
            if (result.done) return { done: true, value: undefined };
            const value = await map(result.value);
            if (value !== undefined) return { done: false, value };
          }
        },
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

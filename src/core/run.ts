import type { Clock } from './clock.ts';
import { HoldfastError } from './errors.ts';
import type { FailAbove } from './fail-above.ts';
import { Handoff, type Outlet } from './handoff.ts';
import type { RerunKind } from './rerun.ts';
import { RunEngine } from './run-engine.ts';
import { runSettings } from './run-settings.ts';
import { checkInputs, type Inputs, openSource } from './source.ts';

/** What every long operation takes. */
export interface RunOptions {
  /**
   * Stops the run: nothing new is begun, what is in flight ends or is rolled back, and the run then resolves
   * with its summary. No listener stays on the signal afterwards. A source that waits for its next input is
   * waited for: give it the same signal, or a `return()` that ends the wait.
   */
  readonly signal?: AbortSignal | undefined;
  /** How many inputs are worked on at once: a whole number of at least 1. @default the operation's own */
  readonly concurrency?: number | undefined;
  /**
   * Called whenever an item has ended, and once at the end where inputs were not begun. What it throws never
   * fails the work; the first error is shown as a warning of the process. @default none
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Stops the run when more than so many failed: a count, or a share such as `'10%'`. The share is one of the
   * total where that is known (an array, a `Set`, a `Map`); otherwise it is one of those that ended, and is
   * looked at once so many have ended that one failure is not above it: 10 of them for `'10%'`.
   * @default never
   */
  readonly failAbove?: FailAbove | undefined;
  /**
   * How many inputs the summary's `rerun` keeps of each kind; of a kind with more than that it keeps none.
   * @default 10_000
   */
  readonly rerunLimit?: number | undefined;
}

/** How far a run is. */
export interface Progress {
  /** Came out well. */
  readonly done: number;
  /** Did not come out well, or nobody knows. */
  readonly failed: number;
  readonly skipped: number;
  /** Begun and not ended. */
  readonly inFlight: number;
  /** How many there are, where the source tells: an array, a `Set`, a `Map`. */
  readonly total?: number;
}

/** What every run's summary has. `done + failed + skipped` is all that was pulled; of an array, all of it. */
export interface RunSummary<Input> {
  /** Came out well. */
  readonly done: number;
  /** Did not come out well, or nobody knows. */
  readonly failed: number;
  /** Pulled and not begun, because the run was stopped; of an array, all that was not begun. */
  readonly skipped: number;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Nothing failed and nothing was skipped. */
  readonly ok: boolean;
  /**
   * The inputs to run again; those with an unknown outcome are among the failed too. Of an array only the
   * indexes are kept, so it must be as it was.
   * @throws HoldfastError `RERUN_LIMIT` where there are more of them than `rerunLimit`.
   */
  rerun(which: RerunKind): readonly Input[];
}

/** How an item counts. `unknown` is a failure of which nobody can say whether it took effect. */
export type Grade = 'done' | 'failed' | 'unknown' | 'skipped';

/**
 * What the work on one input gets.
 *
 * @internal
 */
export interface WorkContext {
  /** Aborts when the run stops: the caller's signal (with its reason), `break`, `failAbove`, an error. */
  readonly signal: AbortSignal;
  /** Settles as `wait` does. The input's slot is free meanwhile, and is its own again before this settles. */
  outside<T>(wait: Promise<T>): Promise<T>;
}

/** One bulk operation. */
export interface EachTask<Input, Item, Summary extends RunSummary<Input>> {
  /** What the caller knows the source as. */
  readonly name: string;
  readonly options: RunOptions | undefined;
  readonly defaultConcurrency: number;
  readonly clock: Clock;
  /** Ends in an item whatever happens to the input: a rejection ends the whole run. */
  work(input: Input, context: WorkContext): Promise<Item>;
  /** The item for an input that was never begun. Not called where nobody iterates. */
  skip(input: Input): Item;
  grade(item: Item): Grade;
  summarize(base: RunSummary<Input>): Summary;
}

/**
 * A `Run` that does `work` on every input.
 * @throws ConfigError where `source` cannot be iterated or is a string, and for options out of range.
 */
export function runEach<Input, Item, Summary extends RunSummary<Input>>(
  source: Inputs<Input>,
  task: EachTask<Input, Item, Summary>,
): Run<Item, Summary> {
  checkInputs(source, task.name);
  const settings = runSettings(task.options, task.defaultConcurrency);
  return new Run((outlet) => new RunEngine(task, settings, openSource(source), outlet).run());
}

/**
 * A long operation. `await run` gives its summary; `for await (const item of run)` gives its items as they
 * happen, in no order, and no faster than the loop takes them; `await run` after the loop gives the summary.
 *
 * - Nothing happens until it is awaited or iterated; it starts one microtask after that. To get both the
 *   items and a promise, take the iterator before or right after the first `then`: a started run gives no
 *   iterator.
 * - It is a thenable: returning one from an async function awaits it. Return it in an object to hand it on.
 * - Inside its own loop it must not be awaited: the run waits for the loop to take the next item, so that
 *   would never end, and rejects instead. Leave the loop first.
 * - `break`, an aborted `signal` or a passed `failAbove` starts nothing new and lets work in flight end;
 *   `break` returns after that.
 * - What goes wrong with one item is in that item. A run rejects only where going on makes no sense, for
 *   example when its source throws; a loop over it then throws the same error.
 */
export class Run<Item, Summary> implements PromiseLike<Summary>, AsyncIterable<Item> {
  readonly #produce: (outlet: Outlet<Item>) => Promise<Summary>;
  readonly #handoff = new Handoff<Item>();
  #summary: Promise<Summary> | undefined;
  #started = false;

  /** `produce` does the work: it puts each item into the outlet and resolves with the summary. */
  constructor(produce: (outlet: Outlet<Item>) => Promise<Summary>) {
    this.#produce = produce;
  }

  /**
   * The summary. May be called any number of times. Rejects with a `HoldfastError` `RUN_AWAITED_IN_LOOP`
   * while a loop over this run has an item and has not asked for the next one.
   */
  // biome-ignore lint/suspicious/noThenProperty: a Run is a thenable.
  then<Value = Summary, Other = never>(
    onFulfilled?: ((summary: Summary) => Value | PromiseLike<Value>) | null,
    onRejected?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    const summary = this.#handoff.held ? Promise.reject<Summary>(awaitedInLoop()) : this.#begin();
    return summary.then(onFulfilled, onRejected);
  }

  /** As `then`, for the rejection only. */
  catch<Other = never>(
    onRejected?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Summary | Other> {
    return this.then(undefined, onRejected);
  }

  /** As `then`, for either end. */
  finally(onSettled?: (() => void) | null): Promise<Summary> {
    return this.then().finally(onSettled);
  }

  /**
   * The items. Leaving the iterator (`break`, `return()`) stops the run and resolves when all work in flight
   * has ended.
   * @throws HoldfastError `RUN_ITERATED` for a second iterator, `RUN_STARTED` for one taken after the start.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Item, undefined> {
    if (this.#handoff.iterated) {
      const message =
        'This Run has an iterator, which gets its items: share that one, or call the operation again';
      throw new HoldfastError(message, { code: 'RUN_ITERATED' });
    }
    if (this.#started) {
      const message =
        'This Run has started without an iterator, so its items are gone: iterate it before it is awaited, ' +
        'or call the operation again';
      throw new HoldfastError(message, { code: 'RUN_STARTED' });
    }
    return this.#handoff.iterate(this.#begin());
  }

  #begin(): Promise<Summary> {
    if (this.#summary !== undefined) return this.#summary;
    const summary = Promise.resolve().then(() => {
      this.#started = true;
      return this.#produce(this.#handoff);
    });
    // Handled here, so that a rejecting run that is only iterated is no unhandled rejection.
    summary.then(
      () => this.#handoff.end(),
      (error: unknown) => this.#handoff.fail(error),
    );
    this.#summary = summary;
    return summary;
  }
}

function awaitedInLoop(): HoldfastError {
  const message =
    'This Run was awaited inside its own loop, where it would wait for ever: leave the loop first, ' +
    'or call then() before the loop and use that promise';
  return new HoldfastError(message, { code: 'RUN_AWAITED_IN_LOOP' });
}

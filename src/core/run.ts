import { HoldfastError } from './errors.ts';
import { Handoff, type Outlet } from './handoff.ts';
import { RunEngine } from './run-engine.ts';
import { runSettings } from './run-settings.ts';
import type { EachTask, RunSummary } from './run-task.ts';
import { checkInputs, type Inputs, openSource } from './source.ts';

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

  /**
   * `produce` does the work: it puts each item into the outlet and resolves with the summary.
   *
   * @internal
   */
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

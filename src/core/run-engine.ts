import { onAbort } from './abort.ts';
import { Admission, type Place } from './admission.ts';
import { HoldfastError } from './errors.ts';
import { type FailureLimit, failureLimit } from './fail-above.ts';
import { guardListener } from './guard-listener.ts';
import type { Outlet } from './handoff.ts';
import { RerunInputs } from './rerun.ts';
import type { Progress } from './run-options.ts';
import type { RunSettings } from './run-settings.ts';
import type { EachTask, Grade, RunSummary } from './run-task.ts';
import type { Pulled, Source } from './source.ts';

/** The work of one run over one source. */
export class RunEngine<Input, Item, Summary extends RunSummary<Input>> {
  readonly #task: EachTask<Input, Item, Summary>;
  readonly #settings: RunSettings;
  readonly #source: Source<Input>;
  readonly #outlet: Outlet<Item>;

  readonly #controller = new AbortController();
  readonly #admission: Admission;
  readonly #tooMany: FailureLimit;
  readonly #report: ((progress: Progress) => void) | undefined;
  readonly #inputs: RerunInputs<Input>;

  readonly #counts = { done: 0, failed: 0, skipped: 0 };
  /** Begun and not ended. */
  #inFlight = 0;
  /** In flight, or with an item that was not taken yet. */
  #held = 0;
  #whenFree: (() => void) | undefined;
  /** Pulled and not begun: what came when the run was being stopped. */
  #late: Pulled<Input> | undefined;
  /** Never pulled, and known to the task. */
  #rest: readonly Pulled<Input>[] = [];
  #failure: { readonly error: unknown } | undefined;
  #closing: Promise<void> | undefined;
  #closeFailure: { readonly error: unknown } | undefined;

  constructor(
    task: EachTask<Input, Item, Summary>,
    settings: RunSettings,
    source: Source<Input>,
    outlet: Outlet<Item>,
  ) {
    this.#task = task;
    this.#settings = settings;
    this.#source = source;
    this.#outlet = outlet;
    this.#admission = new Admission(settings.concurrency, this.#controller.signal);
    this.#tooMany = failureLimit(settings.failAbove, source.total);
    const { onProgress } = settings;
    this.#report = onProgress && guardListener(onProgress, 'onProgress');
    this.#inputs = new RerunInputs(settings.rerunLimit, source.array);
  }

  /** To be called once. */
  async run(): Promise<Summary> {
    const { clock, summarize } = this.#task;
    const startedAt = clock.monotonic();
    const stop = (reason: unknown) => this.#stop(reason);
    const unsubscribe = [onAbort(this.#settings.signal, stop), onAbort(this.#outlet.left, stop)];
    try {
      await this.#pullAll();
      await this.#askForRest();
      const skipped = this.#countNotBegun();
      await this.#offerNotBegun();
      await this.#allTaken();
      await this.#closing;
      if (skipped > 0) this.#tellProgress();
    } finally {
      for (const off of unsubscribe) off();
    }
    const failure = this.#failure ?? this.#closeFailure;
    if (failure !== undefined) throw failure.error;
    return summarize(this.#summary(clock.monotonic() - startedAt));
  }

  async #pullAll(): Promise<void> {
    const { signal } = this.#controller;
    for (;;) {
      const place = this.#admission.tryEnter() ?? (await this.#admission.enter());
      if (place === undefined) return;
      // The run may have been stopped since the place was given; a source that was closed is asked no more.
      if (signal.aborted) return place.leave();
      const next = this.#pull();
      // An array's inputs are there at once, and a turn of the event queue for each is felt.
      const pulled = next instanceof Promise ? await next : next;
      if (pulled === undefined) return place.leave();
      if (signal.aborted) {
        this.#late = pulled;
        return place.leave();
      }
      void this.#process(pulled, place);
    }
  }

  /** `undefined` at the end of the source, and where it failed. */
  #pull(): Pulled<Input> | undefined | Promise<Pulled<Input> | undefined> {
    const failed = (error: unknown) => {
      if (!this.#obeysSignal(error)) this.#fail(error);
      return undefined;
    };
    try {
      const pulled = this.#source.pull();
      return pulled instanceof Promise ? pulled.catch(failed) : pulled;
    } catch (error) {
      return failed(error);
    }
  }

  /** Never rejects. */
  async #process(pulled: Pulled<Input>, place: Place): Promise<void> {
    const { signal } = this.#controller;
    this.#held += 1;
    this.#inFlight += 1;
    try {
      let item: Item;
      try {
        item = await this.#task.work(pulled.input, { signal, outside: (wait) => place.outside(wait) });
      } finally {
        // Counted in the same breath, so that progress always adds up to what was begun.
        this.#inFlight -= 1;
      }
      this.#count(this.#task.grade(item), pulled);
      this.#tellProgress();
      if (this.#outlet.wanted) await this.#outlet.put(item);
    } catch (error) {
      this.#fail(error);
    }
    place.leave();
    this.#held -= 1;
    if (this.#held === 0) this.#whenFree?.();
  }

  #count(grade: Grade, pulled: Pulled<Input>): void {
    if (grade === 'unknown') this.#inputs.add('unknown', pulled);
    const kind = grade === 'unknown' ? 'failed' : grade;
    this.#counts[kind] += 1;
    if (kind !== 'done') this.#inputs.add(kind, pulled);
    const { done, failed } = this.#counts;
    if (kind === 'failed' && this.#tooMany(failed, done + failed)) {
      const { failAbove } = this.#settings;
      const message = `Stopped with ${failed} failed, which is more than failAbove (${failAbove})`;
      this.#stop(new HoldfastError(message, { code: 'FAIL_ABOVE' }));
    }
  }

  async #askForRest(): Promise<void> {
    if (!this.#controller.signal.aborted || this.#failure !== undefined) return;
    try {
      const rest = await this.#task.rest?.();
      if (rest !== undefined) this.#rest = rest.map((input, index) => ({ input, index }));
    } catch (error) {
      this.#fail(error);
    }
  }

  *#notBegun(): Iterable<Pulled<Input>> {
    if (this.#late !== undefined) yield this.#late;
    yield* this.#source.rest();
    yield* this.#rest;
  }

  #countNotBegun(): number {
    let skipped = 0;
    for (const pulled of this.#notBegun()) {
      this.#count('skipped', pulled);
      skipped += 1;
    }
    return skipped;
  }

  async #offerNotBegun(): Promise<void> {
    try {
      for (const { input } of this.#notBegun()) {
        if (this.#failure !== undefined || !this.#outlet.wanted) return;
        await this.#outlet.put(this.#task.skip(input));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #allTaken(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#held === 0) resolve();
      else this.#whenFree = resolve;
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop(error);
  }

  #stop(reason: unknown): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.#closing = this.#close();
  }

  async #close(): Promise<void> {
    // A generator that stops the run from inside its own `next()` cannot be closed before that returns.
    await Promise.resolve();
    try {
      await this.#source.close();
    } catch (error) {
      if (!this.#obeysSignal(error)) this.#closeFailure = { error };
    }
  }

  /** A source that was given the caller's signal as well ends by throwing its reason: that is no failure. */
  #obeysSignal(error: unknown): boolean {
    const { signal } = this.#settings;
    if (signal?.aborted !== true) return false;
    return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
  }

  #tellProgress(): void {
    if (this.#report === undefined) return;
    const { total } = this.#source;
    this.#report({ ...this.#counts, inFlight: this.#inFlight, ...(total === undefined ? {} : { total }) });
  }

  #summary(durationMs: number): RunSummary<Input> {
    const { done, failed, skipped } = this.#counts;
    const inputs = this.#inputs;
    const ok = failed === 0 && skipped === 0;
    return { done, failed, skipped, durationMs, ok, rerun: (which) => inputs.list(which) };
  }
}

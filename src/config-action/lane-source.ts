import { sleep } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { HoldfastError } from '../core/errors.ts';
import type { Pulled, Source } from '../core/source.ts';
import type { Call } from './call.ts';
import type { CallPlan, Lane } from './call-plan.ts';

interface OpenLane {
  readonly calls: readonly Call[];
  /** How many of them were given out. */
  begun: number;
}

interface LaneSettings {
  readonly concurrency: number;
  /** Milliseconds between the end of a call and the begin of the one that takes its place. */
  readonly delay: number;
  readonly clock: Clock;
  /** Ends what the plan reads. */
  readonly stop: AbortController;
}

/** Gives a run its calls: the next of a lane when the one before has ended, a new lane when one is free. */
export class LaneSource implements Source<Call> {
  readonly array = undefined;
  readonly #plan: CallPlan;
  readonly #settings: LaneSettings;
  /** In the order of the plan. */
  readonly #open = new Set<OpenLane>();
  readonly #ready: OpenLane[] = [];
  /** By the positions of their calls. */
  readonly #inFlight = new Map<number, OpenLane>();
  /** When calls ended, for those that take their places. */
  readonly #ends: number[] = [];
  #begun = 0;
  /** Read ahead of its time. */
  #nextLane: Lane | undefined;
  #reading: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #exhausted = false;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(plan: CallPlan, settings: LaneSettings) {
    this.#plan = plan;
    this.#settings = settings;
  }

  get total(): number | undefined {
    return this.#plan.total;
  }

  pull(): Pulled<Call> | undefined | Promise<Pulled<Call> | undefined> {
    const { delay } = this.#settings;
    if (delay === 0 && !this.#closed && (this.#ready.length > 0 || this.#openNext())) return this.#take();
    return this.#pullLater();
  }

  async #pullLater(): Promise<Pulled<Call> | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ready.length > 0) await this.#pace();
      if (this.#closed) return undefined;
      const call = this.#take();
      if (call !== undefined) return call;
      if (this.#openNext()) continue;
      if (this.#exhausted && this.#open.size === 0) return undefined;
      if (this.#failure === undefined) await this.#change();
    }
  }

  /** To be called when a call has ended. */
  ended({ position }: Call): void {
    const lane = this.#inFlight.get(position);
    if (lane === undefined) return;
    this.#inFlight.delete(position);
    if (this.#settings.delay > 0) this.#ends.push(this.#settings.clock.monotonic());
    if (lane.begun < lane.calls.length) this.#ready.push(lane);
    else this.#open.delete(lane);
    this.#wake?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#settings.stop.abort(new HoldfastError('The run was stopped', { code: 'RUN_STOPPED' }));
    this.#wake?.();
    await this.#reading;
  }

  *rest(): Iterable<Pulled<Call>> {
    for (const { calls, begun } of this.#open) yield* pulled(calls.slice(begun));
    if (this.#nextLane !== undefined) yield* pulled(this.#nextLane.calls);
    for (const { calls } of this.#plan.rest()) yield* pulled(calls);
  }

  #take(): Pulled<Call> | undefined {
    const lane = this.#ready.shift();
    const call = lane?.calls[lane.begun];
    if (lane === undefined || call === undefined) return undefined;
    lane.begun += 1;
    this.#begun += 1;
    this.#inFlight.set(call.position, lane);
    return { input: call, index: call.position };
  }

  /** Whether there is one more lane open now. */
  #openNext(): boolean {
    if (this.#open.size >= this.#settings.concurrency) return false;
    if (this.#nextLane === undefined && this.#reading === undefined && !this.#exhausted) this.#readNext();
    const next = this.#nextLane;
    if (next === undefined || (next.barrier && this.#open.size > 0)) return false;
    this.#nextLane = undefined;
    const lane = { calls: next.calls, begun: 0 };
    this.#open.add(lane);
    this.#ready.push(lane);
    return true;
  }

  #readNext(): void {
    try {
      const next = this.#plan.next();
      if (next instanceof Promise) this.#reading = this.#wait(next);
      else this.#know(next);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #know(next: Lane | undefined): void {
    this.#nextLane = next;
    this.#exhausted = next === undefined;
  }

  /** Never rejects. */
  async #wait(next: Promise<Lane | undefined>): Promise<void> {
    try {
      this.#know(await next);
    } catch (error) {
      // What was cut by closing has failed no one.
      if (!this.#closed) this.#failure = { error };
    }
    this.#reading = undefined;
    this.#wake?.();
  }

  /** Waits until the place that a call takes over has been free for long enough. */
  async #pace(): Promise<void> {
    const { delay, concurrency, clock, stop } = this.#settings;
    if (delay === 0 || this.#begun < concurrency) return;
    while (this.#ends.length === 0 && !this.#closed) await this.#change();
    const end = this.#ends.shift() ?? 0;
    const left = end + delay - clock.monotonic();
    if (left <= 0 || this.#closed) return;
    await sleep(left, clock, stop.signal).catch((error: unknown) => {
      if (error !== stop.signal.reason) throw error;
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function* pulled(calls: readonly Call[]): Iterable<Pulled<Call>> {
  for (const call of calls) yield { input: call, index: call.position };
}

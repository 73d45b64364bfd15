import type { Clock } from '../../core/clock.ts';
import { openSlots, type Slots } from '../../core/concurrency.ts';
import { DetailError } from '../detail.ts';

export interface GateLimits {
  /** How many calls are made at once; at most half of them to one pod. */
  readonly concurrency: number;
  /** How many more may wait for that. */
  readonly waiting: number;
  /** How many milliseconds each of them may wait. */
  readonly patience: number;
  readonly clock: Clock;
}

/**
 * Lets only so many calls be under way, so that thousands of clients need no thousands of connections. A pod that hangs
 * gets no more than half of the places: the others stay free for other pods.
 */
export class CallGate {
  readonly #limits: GateLimits;
  readonly #all: Slots;
  readonly #pods = new Map<string, { readonly slots: Slots; users: number }>();
  #waiting = 0;
  /** Those that have a place at their pod, and one of all or wait for it. */
  #claims = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
    this.#all = openSlots(limits.concurrency);
  }

  /**
   * Does the work when it is its turn.
   *
   * @throws {DetailError} 503 where too many wait, or it waited too long
   * @throws the signal's reason, while it waits
   */
  async pass<Value>(pod: string, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    const { waiting, concurrency } = this.#limits;
    const place = this.#pods.get(pod) ?? { slots: openSlots(perPod(this.#limits)), users: 0 };
    const podIsFree = place.users < perPod(this.#limits);
    const waits = !podIsFree || this.#claims >= concurrency;
    if (waits && this.#waiting >= waiting) throw busy(`${waiting} calls wait already`);
    this.#pods.set(pod, place);
    place.users += 1;
    const taken: (() => void)[] = [];
    if (waits) this.#waiting += 1;
    if (podIsFree) taken.push(this.#claim());
    try {
      await this.#enter(place.slots, signal, taken, !podIsFree).finally(() => {
        if (waits) this.#waiting -= 1;
      });
      return await work();
    } finally {
      for (const release of taken) release();
      place.users -= 1;
      if (place.users === 0) this.#pods.delete(pod);
    }
  }

  /** Counts one that has its place at the pod, with the function that ends that. */
  #claim(): () => void {
    this.#claims += 1;
    return () => {
      this.#claims -= 1;
    };
  }

  async #enter(slots: Slots, signal: AbortSignal, taken: (() => void)[], claims: boolean): Promise<void> {
    const { clock, patience } = this.#limits;
    const stop = new AbortController();
    const leave = () => stop.abort(signal.reason);
    const cancel = clock.setTimer(
      () => stop.abort(busy(`no place came free within ${patience} ms`)),
      patience,
    );
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      // The pod's first: who waits for a pod that hangs takes no place from others.
      taken.push(await slots.take(stop.signal));
      if (claims) taken.push(this.#claim());
      taken.push(await this.#all.take(stop.signal));
    } finally {
      signal.removeEventListener('abort', leave);
      cancel();
    }
  }
}

const perPod = ({ concurrency }: GateLimits) => Math.ceil(concurrency / 2);

const busy = (why: string) =>
  new DetailError(503, `too much at once: ${why}; try again later`, { 'retry-after': '1' });

import { randomUUID } from 'node:crypto';
import { sleep } from '../core/abort.ts';
import type { Slots } from '../core/concurrency.ts';
import { isOpen, isTaken, type LeaseApi } from './lease-api.ts';
import { LeaseHold } from './lease-hold.ts';
import type { LeaseSettings } from './lease-options.ts';
import { type Lease, leaseName, readLease, type Term, writeLease } from './lease-record.ts';

export interface Taking {
  readonly settings: LeaseSettings;
  readonly api: LeaseApi;
  /** Bounds how many ask at once. */
  readonly asking: Slots;
  readonly holder: string;
  readonly key: string;
  readonly signal: AbortSignal;
  onEnd(): void;
  /** What kept the last attempt from telling anything. */
  failure?: unknown;
}

/** Of clocks that run apart by no more than this share, the holder's is over first. */
const DRIFT = 0.01;

/** The Lease as it was last seen. */
interface Sight {
  readonly version: string;
  /** Monotonic milliseconds at which this version was seen first. */
  readonly at: number;
}

/**
 * Asks until the key is this taker's.
 *
 * @throws the signal's reason, and what the API refuses for good
 */
export async function takeLease(taking: Taking): Promise<LeaseHold> {
  const { settings, key, signal, asking } = taking;
  const { clock } = settings;
  const taker = new Taker(taking);
  for (;;) {
    const leave = await asking.take(signal);
    let wait: number | LeaseHold;
    try {
      wait = await taker.ask();
    } catch (error) {
      if (signal.aborted || !isOpen(error)) throw error;
      taking.failure = error;
      settings.logger.debug(`the Lease of ${JSON.stringify(key)} could not be asked for`, { error });
      wait = taker.pause();
    } finally {
      leave();
    }
    if (typeof wait !== 'number') return wait;
    await sleep(wait, clock, signal);
  }
}

class Taker {
  readonly #taking: Taking;
  readonly #term: Omit<Term, 'acquiredAt'>;
  /** Begins with the attempt to make it: mostly there is none. */
  #mayBeThere = false;
  #seen: Sight | undefined;

  constructor(taking: Taking) {
    const { settings, holder, key } = taking;
    this.#taking = taking;
    this.#term = {
      name: leaseName(settings.prefix, key),
      key,
      holder,
      term: randomUUID(),
      duration: settings.duration,
    };
  }

  /** The hold; or the milliseconds until it is worth asking again. */
  async ask(): Promise<LeaseHold | number> {
    const { api, signal } = this.#taking;
    if (!this.#mayBeThere) {
      const made = await this.#take(undefined, undefined);
      if (made !== undefined) return made;
      this.#mayBeThere = true;
    }
    const found = await api.get(this.#term.name, signal);
    if (found === undefined) {
      this.#mayBeThere = false;
      return 0;
    }
    const wait = this.#remaining(found);
    if (wait > 0) return Math.min(wait, this.pause());
    return (await this.#take(found, readLease(found, this.#term.key).note)) ?? this.pause();
  }

  pause(): number {
    const { lookEvery, random } = this.#taking.settings;
    return lookEvery * (0.5 + random() / 2);
  }

  /** Milliseconds for which somebody else may hold it. */
  #remaining(found: Lease): number {
    const { settings, holder } = this.#taking;
    const state = readLease(found, this.#term.key);
    const now = settings.clock.monotonic();
    if (this.#seen?.version !== state.version) this.#seen = { version: state.version, at: now };
    if (state.holder === undefined || state.holder === holder) return 0;
    const duration = state.duration ?? settings.duration;
    return this.#seen.at + duration * (1 + DRIFT) - now;
  }

  /** Only over the very version that was found; `undefined` where somebody was quicker. */
  async #take(found: Lease | undefined, note: string | undefined): Promise<LeaseHold | undefined> {
    const { settings, api, signal, onEnd } = this.#taking;
    const { clock } = settings;
    const from = clock.monotonic();
    const now = clock.now();
    const term: Term = { ...this.#term, acquiredAt: now };
    const wanted = writeLease(term, { held: true, note, renewedAt: now }, found);
    const lease = await (found === undefined ? this.#create(wanted) : api.replace(wanted, signal));
    if (lease === undefined || readLease(lease, term.key).term !== term.term) return undefined;
    // One that was long in coming is nearly over: it is begun anew. Nobody else writes it meanwhile.
    if (clock.monotonic() - from > settings.renewEvery) return this.#take(lease, note);
    return new LeaseHold(settings, api, { term, lease, from, onEnd });
  }

  async #create(lease: Lease): Promise<Lease | undefined> {
    try {
      return await this.#taking.api.create(lease, this.#taking.signal);
    } catch (error) {
      if (isTaken(error)) return undefined;
      throw error;
    }
  }
}

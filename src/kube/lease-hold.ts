import { onAbort, sleep } from '../core/abort.ts';
import { HoldfastError, TimeoutError } from '../core/errors.ts';
import type { Hold, ReleaseOptions } from '../core/lock.ts';
import { isNotFound, isOpen, type LeaseApi } from './lease-api.ts';
import type { LeaseSettings } from './lease-options.ts';
import { type Lease, readLease, type Term, type TermState, writeLease } from './lease-record.ts';

export interface HeldLease {
  readonly term: Term;
  /** As it was written. */
  readonly lease: Lease;
  /** Monotonic milliseconds before that write was sent: the API had it no earlier. */
  readonly from: number;
  /** Called once, when it was given back or could not be. */
  onEnd(): void;
}

/** A Lease that is held: renewed until it is given back or lost. */
export class LeaseHold implements Hold {
  readonly left: string | undefined;
  readonly #settings: LeaseSettings;
  readonly #api: LeaseApi;
  readonly #held: HeldLease;
  readonly #lost = new AbortController();
  #lease: Lease;
  #note: string | undefined;
  #expiresAt: number;
  #stopExpiry = (): void => undefined;
  #stopRenewal = (): void => undefined;
  /** Writes go one after the other: each is based on the one before. */
  #writes: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(settings: LeaseSettings, api: LeaseApi, held: HeldLease) {
    this.#settings = settings;
    this.#api = api;
    this.#held = held;
    this.#lease = held.lease;
    this.left = readLease(held.lease, held.term.key).note;
    this.#note = this.left;
    this.#expiresAt = held.from + settings.duration;
    this.#guard();
    this.#renewLater(held.from);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  expiresAt(): number {
    return this.#expiresAt;
  }

  async note(text: string | undefined): Promise<void> {
    if (this.#released !== undefined) throw this.#lostError('was given back');
    await this.#inTurn(() => {
      this.#assertHeld();
      return this.#within(this.#expiresAt, (signal) => this.#write({ held: true, note: text }, signal));
    });
  }

  release({ dropNote = false }: ReleaseOptions = {}): Promise<void> {
    this.#released ??= this.#release(dropNote);
    return this.#released;
  }

  async #release(dropNote: boolean): Promise<void> {
    const { clock, duration } = this.#settings;
    this.#stopRenewal();
    try {
      await this.#inTurn(() =>
        this.#within(clock.monotonic() + duration, (signal) =>
          dropNote || this.#note === undefined
            ? this.#remove(signal)
            : this.#write({ held: false, note: this.#note }, signal),
        ),
      );
    } finally {
      this.#stopExpiry();
      this.#held.onEnd();
    }
  }

  /** Whoever is stopped meanwhile hears of it late: `expiresAt` is what counts. */
  #guard(): void {
    const { clock } = this.#settings;
    this.#stopExpiry = clock.setTimer(
      () => {
        if (clock.monotonic() >= this.#expiresAt) this.#lose('was not renewed in time');
        else this.#guard();
      },
      Math.max(0, this.#expiresAt - clock.monotonic()),
      { keepsProcessAlive: false },
    );
  }

  #renewLater(from: number): void {
    const { clock, renewEvery, random } = this.#settings;
    const due = from + renewEvery * (1 - random() / 5);
    const renew = () => void this.#renew();
    this.#stopRenewal = clock.setTimer(renew, Math.max(0, due - clock.monotonic()), {
      keepsProcessAlive: false,
    });
  }

  async #renew(): Promise<void> {
    const { clock, logger } = this.#settings;
    const from = clock.monotonic();
    try {
      await this.#inTurn(async () => {
        if (this.#released !== undefined) return;
        this.#assertHeld();
        await this.#within(this.#expiresAt, (signal) =>
          this.#write({ held: true, note: this.#note }, signal),
        );
      });
    } catch (error) {
      logger.warn(`the Lease ${this.#held.term.name} could not be renewed`, { error });
    }
    if (this.#released === undefined && !this.lost.aborted) this.#renewLater(from);
  }

  /** @throws what `isOpen` does not say of, the signal's reason, and the error of a lost lock */
  async #write(change: Omit<TermState, 'renewedAt'>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#settings;
    const { term } = this.#held;
    const from = clock.monotonic();
    const state = { ...change, renewedAt: clock.now() };
    await this.#until(signal, async () => {
      const wanted = writeLease(term, state, this.#lease);
      try {
        this.#lease = await this.#api.replace(wanted, signal);
      } catch (error) {
        if (!isOpen(error)) throw error;
        const found = await this.#api.get(term.name, signal);
        if (found === undefined) throw this.#lose('was deleted');
        if (!this.#isOurs(found)) throw this.#lose('went to somebody else');
        const landed = found.metadata?.resourceVersion !== this.#lease.metadata?.resourceVersion;
        // Of two attempts on one version only one can happen, so the next is sent whatever becomes of this one.
        this.#lease = found;
        if (!landed || !isSame(found, wanted)) throw error;
      }
      this.#note = change.note;
      if (change.held) this.#expiresAt = Math.max(this.#expiresAt, from + this.#settings.duration);
    });
  }

  async #remove(signal: AbortSignal): Promise<void> {
    const { clock } = this.#settings;
    await this.#until(signal, async () => {
      try {
        await this.#api.delete(this.#lease, signal);
      } catch (error) {
        if (!isOpen(error) && !isNotFound(error)) throw error;
        const found = await this.#api.get(this.#held.term.name, signal);
        if (found !== undefined && this.#isOurs(found)) {
          this.#lease = found;
          throw error;
        }
      }
      // Before its end nobody else can have removed it. After it, whoever did so may have acted on the note.
      if (this.#note !== undefined && clock.monotonic() >= this.#expiresAt) {
        throw this.#lose('ended before it was given back');
      }
    });
  }

  /** Whether what stands there was written by this hold. */
  #isOurs(found: Lease): boolean {
    const { term, key } = this.#held.term;
    return readLease(found, key).term === term;
  }

  /** Again while the outcome is open, with the delays of a quarter of a renewal. */
  async #until(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { clock, random, renewEvery } = this.#settings;
    for (let delay = 0; ; delay = Math.min(1_000, renewEvery / 4)) {
      if (delay > 0) await sleep(delay * (0.5 + random() / 2), clock, signal);
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !isOpen(error)) throw error;
      }
    }
  }

  async #within(end: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock } = this.#settings;
    const late = new AbortController();
    const why = `the Lease ${this.#held.term.name} could not be written in time`;
    const stop = clock.setTimer(
      () => late.abort(new TimeoutError(why)),
      Math.max(0, end - clock.monotonic()),
    );
    const stopListening = onAbort(this.lost, (reason) => {
      if (this.#released === undefined) late.abort(reason);
    });
    try {
      await work(late.signal);
    } finally {
      stop();
      stopListening();
    }
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#writes.then(write);
    this.#writes = turn.catch(() => undefined);
    return turn;
  }

  #assertHeld(): void {
    if (this.#settings.clock.monotonic() >= this.#expiresAt) this.#lose('was not renewed in time');
    this.lost.throwIfAborted();
  }

  #lose(why: string): HoldfastError {
    const error = this.#lostError(why);
    this.#stopRenewal();
    this.#stopExpiry();
    // Nobody listens any more to a lock that is being given back.
    if (this.#released === undefined) this.#lost.abort(error);
    return error;
  }

  #lostError(why: string): HoldfastError {
    const { name, key } = this.#held.term;
    return new HoldfastError(`the lock of ${JSON.stringify(key)} (Lease ${name}) ${why}`, {
      code: 'LOCK_LOST',
      retryable: true,
    });
  }
}

/** Maps come back in another order. */
const isSame = (one: Lease, other: Lease): boolean => contentOf(one) === contentOf(other);

const contentOf = ({ metadata, spec }: Lease): string =>
  JSON.stringify([spec?.renewTime, spec?.holderIdentity, Object.entries(metadata?.annotations ?? {}).sort()]);

import { onAbort } from './abort.ts';
import { openSlots, type Slots } from './concurrency.ts';

/** More than this many inputs waiting outside their slots, and no new one is begun: they are in memory. */
const OUTSIDE_LIMIT = 1_000;

/** Lets so many inputs of a run be worked on at once, not counting those that wait for something outside. */
export class Admission {
  readonly #slots: Slots;
  #outside = 0;
  #wake: (() => void) | undefined;

  constructor(concurrency: number) {
    this.#slots = openSlots(concurrency);
  }

  /** The next free place; `undefined` once the signal aborts. */
  async enter(signal: AbortSignal): Promise<Place | undefined> {
    while (!signal.aborted) {
      // The one rejection is the signal's reason, which who aborted knows.
      const release = await this.#slots.take(signal).catch(() => undefined);
      if (release === undefined) return undefined;
      if (!signal.aborted && this.#outside < OUTSIDE_LIMIT) return new Place(this, release);
      release();
      await this.#room(signal);
    }
    return undefined;
  }

  /** Counts one that gave its slot back for a while. */
  goOut(): void {
    this.#outside += 1;
  }

  /** A slot for one that went out; it counts as outside until it has it. */
  async comeBack(): Promise<() => void> {
    const release = await this.#slots.take();
    this.forget();
    return release;
  }

  /** One that went out does not come back. */
  forget(): void {
    this.#outside -= 1;
    if (this.#outside < OUTSIDE_LIMIT) this.#wake?.();
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#outside < OUTSIDE_LIMIT) return resolve();
      const unsubscribe = onAbort(signal, () => resolve());
      this.#wake = () => {
        this.#wake = undefined;
        unsubscribe();
        resolve();
      };
    });
  }
}

/** What one input holds from when it is pulled until its item was taken. */
export class Place {
  readonly #admission: Admission;
  /** Gives back the slot; `undefined` while outside. */
  #release: (() => void) | undefined;
  #returning: Promise<void> | undefined;
  #left = false;

  constructor(admission: Admission, release: () => void) {
    this.#admission = admission;
    this.#release = release;
  }

  /** Settles as `wait` does; the slot is free meanwhile and is held again before this settles. */
  async outside<T>(wait: Promise<T>): Promise<T> {
    this.#goOut();
    try {
      return await wait;
    } finally {
      if (!this.#left) await this.#comeBack();
    }
  }

  /** For good. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#release === undefined) {
      // One on its way back is forgotten when it arrives.
      if (this.#returning === undefined) this.#admission.forget();
      return;
    }
    this.#release();
    this.#release = undefined;
  }

  #goOut(): void {
    if (this.#release === undefined) return;
    this.#release();
    this.#release = undefined;
    this.#admission.goOut();
  }

  #comeBack(): Promise<void> | undefined {
    if (this.#release !== undefined) return undefined;
    // Several waits of one input may end together: they share the one slot.
    this.#returning ??= this.#admission.comeBack().then((release) => {
      this.#returning = undefined;
      if (this.#left) release();
      else this.#release = release;
    });
    return this.#returning;
  }
}

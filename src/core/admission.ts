import { onAbort } from './abort.ts';

/** More than this many inputs waiting outside their slots, and no new one is begun: they are in memory. */
const OUTSIDE_LIMIT = 1_000;

/**
 * Lets so many inputs of a run be worked on at once, not counting those that wait for something outside. It counts its
 * slots itself: those of `openSlots`, which know signals and an async context for each taker, are felt at every input.
 */
export class Admission {
  #free: number;
  #outside = 0;
  /** Those that went out and wait for a slot, first come first served: before any new input. */
  readonly #returning: (() => void)[] = [];
  readonly #closed: AbortSignal;
  #admit: ((place: Place | undefined) => void) | undefined;

  /** Nobody is let in any more once `closed` aborts. */
  constructor(concurrency: number, closed: AbortSignal) {
    this.#free = concurrency;
    this.#closed = closed;
    onAbort(closed, () => this.#letIn());
  }

  /** A place if one is free. */
  tryEnter(): Place | undefined {
    if (this.#closed.aborted || this.#free === 0 || this.#outside >= OUTSIDE_LIMIT) return undefined;
    this.#free -= 1;
    return new Place(this);
  }

  /** The next free place; `undefined` once it is closed. Not to be called before the last call's promise has settled. */
  enter(): Promise<Place | undefined> {
    return new Promise((resolve) => {
      this.#admit = resolve;
      this.#letIn();
    });
  }

  /** Gives a slot back. */
  release(): void {
    const next = this.#returning.shift();
    if (next !== undefined) return next();
    this.#free += 1;
    this.#letIn();
  }

  /** As `release`, by one that comes back, or is forgotten, later. */
  goOut(): void {
    this.#outside += 1;
    this.release();
  }

  /** Resolves when one that went out has a slot; it counts as outside until then. */
  async comeBack(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#returning.push(resolve));
    this.forget();
  }

  /** One that went out does not come back. */
  forget(): void {
    this.#outside -= 1;
    this.#letIn();
  }

  /** The one that waits to enter, if it may. */
  #letIn(): void {
    if (this.#admit === undefined) return;
    const place = this.tryEnter();
    if (place === undefined && !this.#closed.aborted) return;
    this.#admit(place);
    this.#admit = undefined;
  }
}

/** What one input holds from when it is pulled until its item was taken. */
export class Place {
  readonly #admission: Admission;
  #hasSlot = true;
  #returning: Promise<void> | undefined;
  #left = false;

  constructor(admission: Admission) {
    this.#admission = admission;
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
    if (this.#hasSlot) this.#admission.release();
    // One on its way back is forgotten when it arrives.
    else if (this.#returning === undefined) this.#admission.forget();
    this.#hasSlot = false;
  }

  #goOut(): void {
    if (!this.#hasSlot) return;
    this.#hasSlot = false;
    this.#admission.goOut();
  }

  #comeBack(): Promise<void> | undefined {
    if (this.#hasSlot) return undefined;
    // Several waits of one input may end together: they share the one slot.
    this.#returning ??= this.#admission.comeBack().then(() => {
      this.#returning = undefined;
      if (this.#left) this.#admission.release();
      else this.#hasSlot = true;
    });
    return this.#returning;
  }
}

import { HoldfastError } from './errors.ts';

/** Where the work of a run puts its items. */
export interface Outlet<Item> {
  /** Whether anybody takes items: false where the run is only awaited, and after its loop was left. */
  readonly wanted: boolean;
  /** Aborts when the loop over the run is left before the run ended. */
  readonly left: AbortSignal;
  /** Resolves when the item was taken; at once where none is wanted. */
  put(item: Item): Promise<void>;
}

interface Offered<Item> {
  readonly item: Item;
  taken(): void;
}

interface Asked<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

const ENDED: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Gives each item to the one iterator when it asks for it; who puts waits until then. */
export class Handoff<Item> implements Outlet<Item> {
  readonly #controller = new AbortController();
  readonly #offered: Offered<Item>[] = [];
  readonly #asked: Asked<Item>[] = [];
  #iterated = false;
  #held = false;
  #returned = false;
  #over = false;
  /** Why nothing more comes, until the iterator was told. */
  #failure: { readonly error: unknown } | undefined;

  get wanted(): boolean {
    return this.#iterated && !this.#returned;
  }

  get left(): AbortSignal {
    return this.#controller.signal;
  }

  get iterated(): boolean {
    return this.#iterated;
  }

  /** Whether the iterator has an item and neither asked for the next one nor left. */
  get held(): boolean {
    return this.#held && !this.#over;
  }

  put(item: Item): Promise<void> {
    if (!this.wanted) return Promise.resolve();
    const asked = this.#asked.shift();
    if (asked === undefined) return new Promise((taken) => this.#offered.push({ item, taken }));
    this.#held = this.#asked.length === 0;
    asked.resolve({ done: false, value: item });
    return Promise.resolve();
  }

  /** Nothing more comes. */
  end(): void {
    this.#over = true;
    for (const asked of this.#asked.splice(0)) asked.resolve(ENDED);
  }

  /** Nothing more comes, for this reason: whoever asks next is told, who asks after that finds the end. */
  fail(error: unknown): void {
    this.#failure = { error };
    const first = this.#asked.shift();
    if (first !== undefined) first.reject(this.#takeFailure()?.error);
    this.end();
  }

  /** To be called once. `over` settles as the run does: leaving the iterator waits for it. */
  iterate(over: PromiseLike<unknown>): AsyncIterableIterator<Item, undefined> {
    this.#iterated = true;
    const iterator: AsyncIterableIterator<Item, undefined> = {
      next: () => this.#next(),
      return: async () => {
        this.#leave();
        // What `next()` has told is not told again.
        if (!this.#over || this.#failure !== undefined) await over;
        return ENDED;
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #next(): Promise<IteratorResult<Item, undefined>> {
    this.#held = false;
    if (this.#returned) return Promise.resolve(ENDED);
    const offered = this.#offered.shift();
    if (offered !== undefined) {
      this.#held = true;
      offered.taken();
      return Promise.resolve({ done: false, value: offered.item });
    }
    const failure = this.#takeFailure();
    if (failure !== undefined) return Promise.reject(failure.error);
    if (this.#over) return Promise.resolve(ENDED);
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  #leave(): void {
    this.#held = false;
    this.#returned = true;
    this.#controller.abort(new HoldfastError('The loop over this Run was left', { code: 'RUN_LEFT' }));
    for (const { taken } of this.#offered.splice(0)) taken();
    for (const asked of this.#asked.splice(0)) asked.resolve(ENDED);
  }

  #takeFailure(): { readonly error: unknown } | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }
}

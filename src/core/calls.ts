import { ClosedError } from './errors.ts';

/** The calls of one client: each is known while it is in flight, so that closing can wait for it. */
export class Calls {
  readonly #client: string;
  readonly #inFlight = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** `client` is what errors call it. */
  constructor(client: string) {
    this.#client = client;
  }

  /** @throws ClosedError once `close` was called */
  refuseClosed(): void {
    if (this.#closing !== undefined) throw new ClosedError(this.#client);
  }

  /** @throws ClosedError once `close` was called; `work` is then not begun */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.refuseClosed();
    const call = work();
    this.#inFlight.add(call);
    try {
      return await call;
    } finally {
      this.#inFlight.delete(call);
    }
  }

  /** Refuses new calls, waits for those in flight, and does `end` then; only the first time. */
  close(end: () => Promise<void>): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#inFlight).then(end);
    return this.#closing;
  }
}

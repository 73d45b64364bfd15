import type { Clock } from '../../../core/clock.ts';

/** How long each job may still take until a pod of it runs: so much from when this process first asks, not across restarts. */
export class Patience {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #waits = new Map<number, Wait>();

  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  /** Milliseconds; `undefined` while there is nothing to wait for. A pod that failed is followed by one that gets as long. */
  left(id: number, failedPods: number): number | undefined {
    const now = this.#clock.monotonic();
    const wait = this.#waits.get(id);
    if (wait === undefined || failedPods > wait.failedPods) {
      this.#waits.set(id, { since: now, failedPods });
      return this.#timeout;
    }
    return wait.since === undefined ? undefined : this.#timeout - (now - wait.since);
  }

  /** A pod runs. That it is not ready at times does not mean that it has not started. */
  started(id: number, failedPods: number): void {
    this.#waits.set(id, { since: undefined, failedPods });
  }

  forget(id: number): void {
    this.#waits.delete(id);
  }
}

interface Wait {
  readonly since: number | undefined;
  readonly failedPods: number;
}

/** Counts requests under way, so that closing can wait for them. `Calls` of core does so for a client, with a promise more for each. */
export class InFlight {
  #count = 0;
  #whenNone: (() => void) | undefined;

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#whenNone?.();
  }

  /** Resolves when nothing is under way. To be called once, when nothing new begins any more. */
  async none(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => (this.#whenNone = resolve));
  }
}

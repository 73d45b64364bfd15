import { sleep } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import type { Journal, OpenEntry } from './journal.ts';
import { unsettledFor } from './open-entry.ts';

/**
 * The open entries of a journal, given once everything that dead owners had sent when the listing began has settled. No
 * more of them are kept than were given and not taken.
 */
export class OpenEntries {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #settle: number;
  readonly #given = new Map<string, OpenEntry>();
  /** They were dead when the wait began; an owner that nobody names is never one of them. */
  readonly #dead = new Set<string | undefined>();

  constructor(journal: Journal, clock: Clock, settle: number) {
    this.#journal = journal;
    this.#clock = clock;
    this.#settle = settle;
  }

  /** Group by group. @throws the signal's reason */
  async *groups(signal: AbortSignal | undefined): AsyncGenerator<string> {
    let mustSettle = false;
    for await (const { state, owner } of this.#journal.openEntries()) {
      if (state !== 'running') mustSettle = true;
      if (state === 'abandoned' && owner !== undefined) this.#dead.add(owner);
    }
    if (mustSettle) await sleep(this.#settle, this.#clock, signal);
    for await (const entry of this.#journal.openEntries()) {
      this.#given.set(entry.groupId, entry);
      yield entry.groupId;
    }
  }

  take(groupId: string): OpenEntry | undefined {
    const entry = this.#given.get(groupId);
    this.#given.delete(groupId);
    return entry;
  }

  /** Whether all that its operation sent has taken effect or never will. */
  hasSettled = (entry: OpenEntry): boolean =>
    entry.state === 'abandoned'
      ? this.#dead.has(entry.owner)
      : unsettledFor(entry, this.#settle, this.#clock.now()) === 0;
}

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { onAbort } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { TimeoutError } from '../../core/errors.ts';
import type { Hold, LockOptions } from '../../core/lock.ts';
import { GroupCommit } from './group-commit.ts';
import type { Owners } from './owners.ts';
import { remainingUntil } from './settling.ts';

/** Milliseconds after which a waiting claim looks again whether it is its turn. */
const LOOK_AGAIN = 15;

interface Claim {
  readonly turn: number;
  /** Once its turn has come: the monotonic time at which nothing of a closed operation can take effect any more. */
  settledAt?: number;
}

/**
 * Excludes processes from each other, key by key, first come first served. Whoever wants a key puts a claim on it, and the
 * oldest claim of a living owner has it. A key on which a closed operation may still have an effect waits for that.
 */
export class Claims {
  readonly #clock: Clock;
  readonly #owners: Owners;
  readonly #commit: GroupCommit;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeOwner: StatementSync;
  readonly #first: StatementSync;
  readonly #settling: StatementSync;
  /** Those of this process who wait, so that a release need not be found out. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Whether an owner was alive, for a moment. */
  readonly #alive = new Map<string, { readonly at: number; readonly is: boolean }>();
  readonly #lost = new AbortController();

  constructor(database: DatabaseSync, owners: Owners, clock: Clock) {
    this.#clock = clock;
    this.#owners = owners;
    this.#commit = new GroupCommit(database, clock);
    this.#insert = database.prepare('INSERT INTO claims (key, owner) VALUES (?, ?)');
    this.#remove = database.prepare('DELETE FROM claims WHERE turn = ? AND owner = ?');
    this.#removeOwner = database.prepare('DELETE FROM claims WHERE owner = ?');
    this.#first = database.prepare('SELECT turn, owner FROM claims WHERE key = ? ORDER BY turn LIMIT 1');
    this.#settling = database.prepare('SELECT until, since FROM settling WHERE groupId = ?');
  }

  async acquire(key: string, { signal, deadline }: LockOptions): Promise<Hold> {
    signal?.throwIfAborted();
    const until = this.#clock.monotonic() + deadline;
    const { claim, wait } = await this.#commit.run(() => {
      const claim: Claim = { turn: Number(this.#insert.run(key, this.#owners.id).lastInsertRowid) };
      return { claim, wait: this.#waitOf(key, claim) };
    });
    const { turn } = claim;
    try {
      for (let left = wait; left > 0; left = await this.#lookAgain(key, claim)) {
        await this.#pause(key, left, until, signal);
        this.#lost.signal.throwIfAborted();
      }
      signal?.throwIfAborted();
    } catch (error) {
      // The claims of an owner that has left mean nothing.
      if (!this.#lost.signal.aborted) await this.#giveBack(key, turn);
      throw error;
    }
    let released: Promise<void> | undefined;
    return {
      lost: this.#lost.signal,
      release: () => {
        released ??= this.#giveBack(key, turn);
        return released;
      },
    };
  }

  /** Whoever still holds a key stops sending: to the others this owner is about to be dead. */
  lose(reason: Error): void {
    this.#lost.abort(reason);
  }

  idle(): Promise<void> {
    return this.#commit.idle();
  }

  async #giveBack(key: string, turn: number): Promise<void> {
    await this.#commit.run(() => this.#remove.run(turn, this.#owners.id));
    for (const wake of this.#waiting.get(key) ?? []) wake();
  }

  /** Milliseconds until this turn may have come; 0 when it has. */
  #waitOf(key: string, claim: Claim): number {
    const first = this.#first.get(key);
    if (first !== undefined && Number(first['turn']) !== claim.turn) return LOOK_AGAIN;
    const row = this.#settling.get(key);
    if (row === undefined) return 0;
    const left = remainingUntil(row, this.#clock.now());
    // From here on by the clock that nobody sets back.
    const now = this.#clock.monotonic();
    claim.settledAt ??= now + left;
    return Math.max(0, Math.min(left, claim.settledAt - now));
  }

  async #lookAgain(key: string, claim: Claim): Promise<number> {
    const first = this.#first.get(key);
    const owner = String(first?.['owner']);
    if (first !== undefined && Number(first['turn']) !== claim.turn && !this.#isAlive(owner)) {
      await this.#commit.run(() => this.#removeOwner.run(owner));
    }
    return this.#waitOf(key, claim);
  }

  /** Many wait for one owner: it is asked about once for all of them. */
  #isAlive(owner: string): boolean {
    const at = this.#clock.monotonic();
    const known = this.#alive.get(owner);
    if (known !== undefined && at - known.at < LOOK_AGAIN) return known.is;
    const is = this.#owners.isAlive(owner);
    if (this.#alive.size > 1_000) this.#alive.clear();
    this.#alive.set(owner, { at, is });
    return is;
  }

  /** @throws the signal's reason, or `TimeoutError` where the time is over */
  #pause(key: string, wait: number, until: number, signal: AbortSignal | undefined): Promise<void> {
    const left = until - this.#clock.monotonic();
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const leave = () => {
        cancelTimer();
        stopListening();
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
      };
      const wake = () => {
        leave();
        if (left > wait) resolve();
        else if (this.#clock.monotonic() < until) resolve();
        else reject(new TimeoutError(`the lock of ${JSON.stringify(key)} was not free in time`));
      };
      let stopListening = (): void => undefined;
      const cancelTimer = this.#clock.setTimer(wake, Math.max(0, Math.min(wait, left)));
      waiting.add(wake);
      stopListening = onAbort(signal, (reason) => {
        leave();
        reject(reason);
      });
    });
  }
}

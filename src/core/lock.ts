/**
 * The port for excluding everybody else from a key: other processes by a journal, other machines by Leases. Implement it
 * over whatever your fleet shares.
 */
export interface Lock {
  /**
   * Resolves once this caller alone holds `key`.
   * @throws the signal's reason when it aborts, `TimeoutError` when `deadline` milliseconds have passed
   */
  acquire(key: string, options: LockOptions): Promise<Hold>;
}

/** How a key is waited for. */
export interface LockOptions {
  /** Ends the wait. @default none */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait at most. */
  readonly deadline: number;
}

/** A key that is held, until it is released or lost. */
export interface Hold {
  /** Aborts when the lock was lost: from then on its holder sends nothing. */
  readonly lost: AbortSignal;
  /**
   * When this holder may no longer be alone, in milliseconds of the monotonic clock of whoever made the lock; a later moment
   * each time it is renewed. For locks that end by themselves: a process that was stopped hears of `lost` too late, so the
   * time is looked at before every request. @default never, until `lost` aborts
   */
  expiresAt?(): number;
  /** The note that stood when the key was taken: its last holder did not come to an end. */
  readonly left?: string | undefined;
  /**
   * Resolves once the note is durable: whoever takes the key next finds it, until it is taken back by `undefined`. Replaces
   * the one before, and what was `left`. @throws where that cannot be told for sure, or the lock is lost
   */
  note?(text: string | undefined): Promise<void>;
  /**
   * Gives the key back, and resolves once that is durable. Idempotent. A note stays for the next holder, unless it is taken
   * back in the same step.
   */
  release(options?: ReleaseOptions): Promise<void>;
}

/** How a key is given back. */
export interface ReleaseOptions {
  /** Takes the note back as well. @default false */
  readonly dropNote?: boolean;
}

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

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds to wait at most. */
  readonly deadline: number;
}

export interface Hold {
  /** Aborts when the lock was lost: from then on its holder sends nothing. */
  readonly lost: AbortSignal;
  /** Idempotent. */
  release(): Promise<void>;
}

import { onAbort } from '../../core/abort.ts';
import { TimeoutError } from '../../core/errors.ts';
import type { Hold, Lock, LockOptions } from '../../core/lock.ts';
import type { Draws } from './draws.ts';
import type { Machine } from './machine.ts';
import { never, type Process } from './process.ts';

export interface SharedKeysRules {
  readonly machine: Machine;
  readonly draws: Draws;
  /** Milliseconds that asking takes at most. */
  readonly lag: number;
  /** Milliseconds until a key that was lost, or whose holder died, is given to the next. */
  readonly grace: number;
  /** Milliseconds for which nobody gets the key yet. */
  readonly left?: (key: string) => number;
}

/** Keys that simulated processes take from each other, first come first served; a dead holder's are free again. */
export class SharedKeys {
  readonly #rules: SharedKeysRules;
  readonly #holders = new Map<string, Holder>();
  readonly #waiting = new Map<string, Waiter[]>();

  constructor(rules: SharedKeysRules) {
    this.#rules = rules;
  }

  /** The keys as one process reaches them. */
  lockOf(process: Process): Lock {
    process.onCrash.push(() => {
      for (const [key, { holder }] of this.#holders) if (holder === process) this.#giveUp(key);
    });
    return { acquire: (key, options) => this.#acquire(process, key, options) };
  }

  /** Takes a key from its holder, who is told. `false`: nobody holds one. */
  lose(pick: (keys: readonly string[]) => string | undefined): string | undefined {
    const key = pick([...this.#holders].filter(([, { lost }]) => !lost.signal.aborted).map(([held]) => held));
    if (key === undefined) return undefined;
    const holder = this.#holders.get(key);
    this.#giveUp(key);
    holder?.lost.abort(new Error(`the lock of ${key} was lost`));
    return key;
  }

  #acquire(process: Process, key: string, { signal, deadline }: LockOptions): Promise<Hold> {
    if (!process.reach()) return never();
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { machine, draws, lag } = this.#rules;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        process,
        give: () => {
          stop();
          const holder = { holder: process, lost: new AbortController() };
          this.#holders.set(key, holder);
          if (process.reach()) resolve(this.#holdOf(key, holder));
        },
      };
      const stop = () => {
        stopListening();
        for (const cancel of cancels) cancel();
        const line = this.#waiting.get(key);
        if (line?.includes(waiter) === true) line.splice(line.indexOf(waiter), 1);
      };
      const fail = (reason: unknown) => {
        stop();
        if (process.reach()) reject(reason);
      };
      const ask = () => {
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiter]);
        this.#passOn(key);
      };
      const late = () => fail(new TimeoutError(`the key ${key} was not free within ${deadline} ms`));
      const cancels = [
        machine.timeline.after(draws.whole(0, lag), ask),
        machine.timeline.after(Math.ceil(deadline), late),
      ];
      const stopListening = onAbort(signal, fail);
    });
  }

  #holdOf(key: string, holder: Holder): Hold {
    return {
      lost: holder.lost.signal,
      release: async () => {
        if (!holder.holder.reach() || this.#holders.get(key) !== holder || holder.lost.signal.aborted) return;
        this.#holders.delete(key);
        this.#passOn(key);
      },
    };
  }

  /** The holder has it no more; the next one gets it once nothing of the holder's can be on its way. */
  #giveUp(key: string): void {
    const holder = this.#holders.get(key);
    this.#rules.machine.timeline.after(this.#rules.grace, () => {
      if (this.#holders.get(key) !== holder) return;
      this.#holders.delete(key);
      this.#passOn(key);
    });
  }

  #passOn(key: string): void {
    if (this.#holders.has(key)) return;
    const { machine, left } = this.#rules;
    const line = (this.#waiting.get(key) ?? []).filter(({ process }) => process.alive);
    this.#waiting.set(key, line);
    const [next] = line;
    if (next === undefined) return;
    const wait = left?.(key) ?? 0;
    if (wait > 0) machine.timeline.after(wait, () => this.#passOn(key));
    else next.give();
  }
}

interface Holder {
  readonly holder: Process;
  readonly lost: AbortController;
}

interface Waiter {
  readonly process: Process;
  give(): void;
}

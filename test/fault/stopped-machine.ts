import { sleep } from '../../src/core/abort.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Kubernetes } from '../../src/kube/kubernetes.ts';
import type { MachineSetup } from './leases.ts';

export interface StoppedMachine extends MachineSetup {
  /** How many times it has waited for something until now. */
  readonly awaits: number;
  /** Resolves when it is stopped. */
  readonly stopping: Promise<void>;
}

export interface Stop {
  /** Which await of the machine ends late, from 1. */
  readonly at: number;
  /** Milliseconds of the shared clock. */
  readonly length: number;
}

/**
 * A machine that is stopped, as by SIGSTOP or a suspended VM, when the n-th thing it waits for has come: nothing of it runs until
 * it goes on, while what it had sent goes its way. Then answers are heard, and timers last of all.
 */
export function stoppedMachine(shared: Clock, { at, length }: Stop, send: typeof fetch): StoppedMachine {
  let awaits = 0;
  let stopped: Promise<void> | undefined;
  let tell = (): void => undefined;
  const stopping = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const point = async () => {
    awaits += 1;
    if (awaits === at) {
      tell();
      stopped = sleep(length, shared).then(() => {
        stopped = undefined;
      });
    }
    while (stopped !== undefined) await stopped;
  };
  const late = (callback: () => void) => {
    if (stopped === undefined) callback();
    else void stopped.then(() => setImmediate(late, callback));
  };
  const clock: Clock = {
    now: () => shared.now(),
    monotonic: () => shared.monotonic(),
    setTimer: (callback, delay) => {
      let cancelled = false;
      const cancel = shared.setTimer(
        () =>
          late(() => {
            if (!cancelled) callback();
          }),
        delay,
      );
      return () => {
        cancelled = true;
        cancel();
      };
    },
  };
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    await work.catch(() => undefined);
    await point();
    return work;
  };
  const kube = (real: Kubernetes): Kubernetes => ({
    ...real,
    get: (...args) => settled(real.get(...args)),
    create: (...args) => settled(real.create(...args)),
    replace: (...args) => settled(real.replace(...args)),
    delete: (...args) => settled(real.delete(...args)),
  });
  return {
    clock,
    kube,
    fetch: (input, init) => settled(send(input, init)),
    stopping,
    get awaits() {
      return awaits;
    },
  };
}

import { randomUUID } from 'node:crypto';
import { onAbort } from '../core/abort.ts';
import { openSlots } from '../core/concurrency.ts';
import { TimeoutError } from '../core/errors.ts';
import { KeyLocks } from '../core/key-locks.ts';
import type { Hold, Lock } from '../core/lock.ts';
import type { Kubernetes } from './kubernetes.ts';
import { openLeaseApi } from './lease-api.ts';
import { type LeaseOptions, parseLeaseOptions } from './lease-options.ts';
import { type Taking, takeLease } from './lease-taking.ts';

/**
 * Of all who wait for keys only so many ask the API at once, so that thousands of them do not keep renewals waiting in
 * the queue of its rate limit.
 */
const ASKING = 4;

/**
 * Excludes everybody else who makes a lock of this namespace and prefix, on any machine, key by key: each held key is one
 * Lease (`coordination.k8s.io`), renewed until it is given back, and then deleted. Who is not heard of for `duration` has
 * lost it; that is judged by the time since the Lease was last seen to change, so clocks need not agree. Needs the verbs
 * get, create, update and delete on leases.
 *
 * It excludes, and cannot fence: a holder that was stopped for longer than its Lease wakes up and finds it lost, but what it
 * had sent by then is on its way. `ClusterClient` looks at the time before each request.
 *
 * @example
 * await using kube = connectKubernetes();
 * await using cluster = new ClusterClient(nodes, { lock: leaseLock(kube) });
 *
 * @throws {ConfigError} that names every mistake in the options
 */
export function leaseLock(kube: Kubernetes, options?: LeaseOptions): Lock {
  const settings = parseLeaseOptions(kube, options);
  const { clock } = settings;
  const api = openLeaseApi(settings);
  const holder = randomUUID();
  // Within this lock nobody else has the key, so a Lease of its own that stands there is one that was left.
  const own = new KeyLocks(clock);
  const asking = openSlots(ASKING);

  return {
    acquire: async (key, limits) => {
      const { signal, deadline } = limits;
      signal?.throwIfAborted();
      const end = clock.monotonic() + deadline;
      const leave = await own.wait(key, limits);
      const cut = new AbortController();
      const taking: Taking = { settings, api, asking, holder, key, signal: cut.signal, onEnd: leave };
      const late = () => {
        const why = `the lock of ${JSON.stringify(key)} was not free within ${deadline} ms`;
        cut.abort(new TimeoutError(why, { cause: taking.failure }));
      };
      const stops = [
        onAbort(signal, (reason) => cut.abort(reason)),
        clock.setTimer(late, end - clock.monotonic()),
      ];
      return takeUntil(taking).finally(() => {
        for (const stop of stops) stop();
      });
    },
  };
}

/** A write under way is not waited for: what it takes is given back. */
function takeUntil(taking: Taking): Promise<Hold> {
  const { settings, signal, onEnd } = taking;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, reject);
    takeLease(taking).then(
      (hold) => {
        stop();
        if (!signal.aborted) return resolve(hold);
        hold.release().catch((error: unknown) => {
          settings.logger.warn('a Lease that came too late stays until it ends', { error });
        });
      },
      (error: unknown) => {
        stop();
        onEnd();
        reject(error);
      },
    );
  });
}

import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { leaseLock } from '../../src/kube/lease-lock.ts';
import type { LeaseOptions } from '../../src/kube/lease-options.ts';
import type { Lease } from '../../src/kube/lease-record.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultStep } from '../../src/testing/fault-schema.ts';
import {
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { steadyClock } from '../fault/steady-clock.ts';
import { watchedPlan } from '../fault/watched.ts';
import { cleanUp, failureOf } from './api-server.ts';

const DURATION = 1_000;

async function start(steps: readonly FaultStep[] = [], more: MiniKubernetesOptions = {}) {
  const clock = steadyClock(8);
  cleanUp(() => clock[Symbol.dispose]());
  const requests: string[] = [];
  const faults = watchedPlan(FaultPlan.script(steps), ({ method, key }) => {
    requests.push(`${method} ${key.replace(/.*\/leases/, 'leases')}`);
  });
  const mini = await startMiniKubernetes({ clock, faults, ...more });
  cleanUp(() => mini.close());
  const open = (own: Clock = clock) => {
    const kube = connectKubernetes({
      kubeconfig: mini.kubeconfig,
      clock: own,
      rateLimit: false,
      retry: { attempts: 2, baseDelay: 5 },
    });
    cleanUp(() => kube.close());
    return kube;
  };
  const kube = open();
  const lock = (options: LeaseOptions = {}) =>
    leaseLock(open(options.clock), { duration: DURATION, lookEvery: 40, clock, ...options });
  const leases = async () => {
    const all: Lease[] = [];
    for await (const lease of kube.list('leases')) all.push(lease);
    return all;
  };
  /** Changes the one Lease as somebody else might. */
  const change = async (how: (lease: Lease) => Lease) => {
    const [lease] = await leases();
    if (lease === undefined) throw new Error('there is no Lease');
    await kube.replace('leases', how(lease));
  };
  return { clock, kube, lock, leases, change, requests };
}

const PATIENT = { deadline: 20_000 };

describe('a Lease', () => {
  test('is named by a hash of its key, says who holds it and since when, and costs two requests', async () => {
    const { lock, leases, requests } = await start();
    const hold = await lock().acquire('Ünsafe/../key', PATIENT);
    const [lease] = await leases();
    expect(lease?.metadata?.name).toMatch(/^holdfast-[0-9a-f]{40}$/);
    expect(lease?.metadata?.annotations).toMatchObject({ 'holdfast/key': '"Ünsafe/../key"' });
    expect(lease?.spec).toMatchObject({
      holderIdentity: expect.stringMatching(/^[0-9a-f-]{36}$/),
      leaseDurationSeconds: 1,
      leaseTransitions: 0,
      acquireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
    });
    await hold.release();
    expect(await leases()).toEqual([]);
    expect(requests.filter((request) => request !== 'GET leases')).toEqual([
      'POST leases',
      `DELETE leases/${lease?.metadata?.name}`,
    ]);
  });

  test('is renewed for as long as it is held, and nobody else gets it', async () => {
    const { lock, leases, clock } = await start();
    const hold = await lock().acquire('key', PATIENT);
    const [first] = await leases();
    expect(await failureOf(lock().acquire('key', { deadline: 3 * DURATION }))).toMatchObject({
      name: 'TimeoutError',
    });
    const [later] = await leases();
    expect(hold.lost.aborted).toBe(false);
    expect(Number(hold.expiresAt?.())).toBeGreaterThan(clock.monotonic());
    expect(later?.spec?.acquireTime).toBe(first?.spec?.acquireTime);
    expect(later?.spec?.renewTime).not.toBe(first?.spec?.renewTime);
    await hold.release();
  });

  test('carries a note to the next holder, until it is taken back', async () => {
    const { lock, leases } = await start();
    const first = await lock().acquire('key', PATIENT);
    expect(first.left).toBeUndefined();
    await first.note?.('half done');
    await first.release();
    expect((await leases())[0]?.spec?.holderIdentity).toBeUndefined();
    const second = await lock().acquire('key', PATIENT);
    expect(second.left).toBe('half done');
    await second.release({ dropNote: true });
    expect(await leases()).toEqual([]);
    expect((await lock().acquire('key', PATIENT)).left).toBeUndefined();
  });

  test('of a holder that is gone is taken when it has not changed for its time, whatever its clock said', async () => {
    const { kube, lock, leases, clock } = await start();
    const dead = lock();
    const hold = await dead.acquire('key', PATIENT);
    const [lease] = await leases();
    await hold.release();
    // As a machine writes it whose clock is years ahead.
    await kube.create('leases', {
      metadata: { name: lease?.metadata?.name ?? '', annotations: lease?.metadata?.annotations ?? {} },
      spec: {
        holderIdentity: 'gone',
        leaseDurationSeconds: 2,
        acquireTime: '2099-01-01T00:00:00.000000Z',
        renewTime: '2099-01-01T00:00:00.000000Z',
        leaseTransitions: 4,
      },
    });
    const from = clock.monotonic();
    const taken = await lock().acquire('key', PATIENT);
    expect(clock.monotonic() - from).toBeGreaterThanOrEqual(2_000);
    expect((await leases())[0]?.spec?.leaseTransitions).toBe(5);
    await taken.release();
  });

  test('that this same lock had left behind is taken at once', async () => {
    const { lock, leases, kube, clock } = await start();
    const own = lock();
    const hold = await own.acquire('key', PATIENT);
    const [left] = await leases();
    await hold.release();
    const {
      resourceVersion: _version,
      uid: _uid,
      creationTimestamp: _time,
      ...metadata
    } = left?.metadata ?? {};
    await kube.create('leases', { metadata, spec: { ...left?.spec, leaseDurationSeconds: 3_600 } });
    const from = clock.monotonic();
    await (await own.acquire('key', PATIENT)).release();
    expect(clock.monotonic() - from).toBeLessThan(DURATION);
  });

  test('of the same name that is not of this lock is left alone', async () => {
    const { lock, leases, change } = await start();
    await (await lock().acquire('key', PATIENT)).note?.('x');
    await change((lease) => ({ ...lease, metadata: { ...lease.metadata, annotations: {} } }));
    const before = await leases();
    expect(await failureOf(lock().acquire('key', PATIENT))).toMatchObject({ code: 'LEASE_FOREIGN' });
    expect(await leases()).toEqual(before);
  });
});

describe('a holder', () => {
  test.each([
    [
      'was deleted',
      async ({ kube, leases }: Awaited<ReturnType<typeof start>>) => {
        const [lease] = await leases();
        await kube.delete('leases', lease?.metadata?.name ?? '', { propagationPolicy: 'Background' });
      },
    ],
    [
      'went to somebody else',
      ({ change }: Awaited<ReturnType<typeof start>>) =>
        change((lease) => ({
          ...lease,
          metadata: {
            ...lease.metadata,
            annotations: { ...lease.metadata?.annotations, 'holdfast/term': 'another' },
          },
          spec: { ...lease.spec, holderIdentity: 'another' },
        })),
    ],
  ])('hears that its Lease %s, and brings nothing back', async (why, happen) => {
    const setup = await start();
    const hold = await setup.lock().acquire('key', PATIENT);
    await happen(setup);
    const left = await setup.leases();
    await expect.poll(() => hold.lost.aborted).toBe(true);
    expect(hold.lost.reason).toMatchObject({ code: 'LOCK_LOST', message: expect.stringContaining(why) });
    await expect(hold.note?.('late')).rejects.toBe(hold.lost.reason);
    await hold.release().catch(() => undefined);
    expect(await setup.leases()).toEqual(left);
  });

  test('that cannot renew has lost its Lease when its time is over, and not before', async () => {
    const { lock, clock } = await start([
      { method: 'PUT', fault: 'unavailable', retryAfter: 0, times: Infinity },
    ]);
    const hold = await lock().acquire('key', PATIENT);
    const until = Number(hold.expiresAt?.());
    let lostAt = 0;
    hold.lost.addEventListener('abort', () => {
      lostAt = clock.monotonic();
    });
    await expect.poll(() => hold.lost.aborted).toBe(true);
    expect(lostAt).toBeGreaterThanOrEqual(until);
    expect(hold.expiresAt?.()).toBe(until);
    await hold.release();
  });

  test.each(['error-after', 'reset-after', 'bad-gateway', 'hang-after', 'late-reset', 'too-many'] as const)(
    'finds out what became of a write that was answered by %s',
    async (fault) => {
      const { lock, leases } = await start([
        { method: 'POST', fault, lateBy: 60, retryAfter: 0 },
        { method: 'PUT', fault, lateBy: 60, retryAfter: 0, times: 2 },
        { method: 'DELETE', fault, lateBy: 60, retryAfter: 0 },
      ]);
      const hold = await lock().acquire('key', PATIENT);
      await hold.note?.('first');
      await hold.note?.('second');
      expect((await leases()).map(({ metadata }) => metadata?.annotations?.['holdfast/note'])).toEqual([
        'second',
      ]);
      expect(hold.lost.aborted).toBe(false);
      await hold.release({ dropNote: true });
      expect(await leases()).toEqual([]);
    },
  );

  test('writes over a change that does not touch its Lease, as a label set by hand', async () => {
    const { lock, leases, change } = await start();
    const hold = await lock().acquire('key', PATIENT);
    await change((lease) => ({ ...lease, metadata: { ...lease.metadata, labels: { by: 'hand' } } }));
    await hold.note?.('half done');
    const [lease] = await leases();
    expect(lease?.metadata?.annotations).toMatchObject({ 'holdfast/note': 'half done' });
    expect(lease?.metadata?.labels).toMatchObject({ by: 'hand' });
    expect(hold.lost.aborted).toBe(false);
    await hold.release();
  });

  test('whose time is over cannot take its note back once somebody else may have read it', async () => {
    const { lock, leases, change, clock } = await start();
    const hold = await lock().acquire('key', PATIENT);
    await hold.note?.('half done');
    await change((lease) => ({
      ...lease,
      metadata: { ...lease.metadata, annotations: { ...lease.metadata?.annotations, 'holdfast/term': 'x' } },
    }));
    const before = await leases();
    await expect.poll(() => clock.monotonic() >= Number(hold.expiresAt?.())).toBe(true);
    await expect(hold.release({ dropNote: true })).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await leases()).toEqual(before);
  });
});

describe('one who waits', () => {
  test('for a thousand keys keeps at most four requests under way', async () => {
    const busy = { now: 0, most: 0 };
    const kube = connectKubernetes({ kubeconfig: '/nowhere' });
    const count = async <T>(work: () => Promise<T>): Promise<T> => {
      busy.now += 1;
      busy.most = Math.max(busy.most, busy.now);
      await new Promise((resolve) => setImmediate(resolve));
      busy.now -= 1;
      return work();
    };
    const counted = leaseLock(
      {
        ...kube,
        create: (_resource, object) =>
          count(async () => ({
            ...object,
            metadata: { ...object.metadata, uid: 'u', resourceVersion: '1' },
          })),
        delete: async () => undefined,
      },
      {},
    );
    const keys = Array.from({ length: 1_000 }, (_, index) => `key ${index}`);
    const holds = await Promise.all(keys.map((key) => counted.acquire(key, PATIENT)));
    expect(busy.most).toBe(4);
    await Promise.all(holds.map((hold) => hold.release()));
    await kube.close();
  });

  test('is refused at once what the API refuses for good', async () => {
    const { lock } = await start([], { tokens: { t: { user: 'guest', allow: [] } } });
    expect(await failureOf(lock().acquire('key', PATIENT))).toMatchObject({
      name: 'KubernetesError',
      reason: 'Forbidden',
    });
  });

  test('says after its deadline what kept it', async () => {
    const { lock } = await start([{ method: 'POST', fault: 'error-before', times: Infinity }]);
    expect(await failureOf(lock().acquire('key', { deadline: 500 }))).toMatchObject({
      name: 'TimeoutError',
      message: expect.stringContaining('"key"'),
      cause: { name: 'KubernetesError', status: 500 },
    });
  });

  test('for a Lease that was long in coming has all of its time when it comes', async () => {
    const { lock, clock } = await start([{ method: 'POST', fault: 'slow', slowBy: 0.32 * DURATION }]);
    const hold = await lock({ renewEvery: 0.3 * DURATION }).acquire('key', PATIENT);
    expect(Number(hold.expiresAt?.()) - clock.monotonic()).toBeGreaterThan(0.8 * DURATION);
    await hold.release();
  });

  test('gives back what it is given after its end', async () => {
    const { lock, leases } = await start([{ method: 'POST', fault: 'slow', slowBy: 200 }]);
    expect(await failureOf(lock().acquire('key', { deadline: 100 }))).toMatchObject({ name: 'TimeoutError' });
    await expect.poll(leases).toEqual([]);
  });
});

test('wrong options are refused by name', () => {
  const kube = connectKubernetes({ kubeconfig: '/nowhere' });
  const messageOf = (options: object) => {
    try {
      leaseLock(kube, options);
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : '';
    }
    return 'taken';
  };
  expect(messageOf({ duration: 10 })).toMatch(
    /^ConfigError: options\.duration: .*at least 1000, received 10$/,
  );
  expect(messageOf({ renewEvery: 20_000 })).toMatch(/^ConfigError: options\.renewEvery: .*half of duration/);
  expect(messageOf({ prefix: 'A_b' })).toMatch(/^ConfigError: options\.prefix: .*received "A_b"$/);
  expect(messageOf({ durations: 5 })).toMatch(
    /^ConfigError: options\.durations: is not an option; there are .*duration,/,
  );
  expect(messageOf({ duration: 5_000, renewEvery: 2_500 })).toBe('taken');
});

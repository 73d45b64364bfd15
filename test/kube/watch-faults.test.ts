import { expect, test, vi } from 'vitest';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { FAULT_KINDS, type FaultStep } from '../../src/testing/fault-schema.ts';
import { startMiniKubernetes } from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { cleanUp, collect } from './api-server.ts';
import { openPicture, versions } from './picture.ts';

const PODS = '/api/v1/namespaces/default/pods';
const ROUNDS = 14;

/** The first list and stream go well; then each kind of fault meets a stream 14 times, and every other page meets one. */
function plan() {
  const well: FaultStep[] = ['WATCH', 'GET'].map((method) => ({ method, fault: 'none' }));
  const onStreams = Array.from({ length: ROUNDS }, () =>
    FAULT_KINDS.map((fault): FaultStep => ({ method: 'WATCH', key: PODS, fault })),
  );
  const onLists = FAULT_KINDS.flatMap((fault): FaultStep[] => [
    { method: 'GET', key: PODS, fault },
    { method: 'GET', key: PODS, fault: 'none' },
  ]);
  const faults = FaultPlan.script([...well, ...onStreams.flat(), ...onLists]);
  const asked = vi.spyOn(faults, 'next');
  const met = (method: string) =>
    asked.mock.calls.flatMap(([request], index) => {
      const fault = asked.mock.results[index]?.value;
      return request.method === method && fault !== undefined ? [fault.kind] : [];
    });
  return { faults, met };
}

test('a watch adds up to what the server has, through every kind of fault and a thousand pods', async () => {
  const clock = manualClock();
  const { faults, met } = plan();
  const mini = await startMiniKubernetes({ faults, clock });
  cleanUp(() => mini.close());
  const common = { kubeconfig: mini.kubeconfig, rateLimit: false } as const;
  const writer = connectKubernetes(common);
  const watcher = connectKubernetes({ ...common, clock, random: () => 0.5 });
  cleanUp(() => Promise.all([writer.close(), watcher.close()]));

  const picture = openPicture();
  let failure: unknown;
  let ended = false;
  const watch = async () => {
    const events = watcher.watch('pods', { limit: 50, streamTimeout: 10_000, maxSilence: 2_000 });
    for await (const event of events) {
      picture.take(event);
      if (event.type === 'deleted' && event.object.metadata?.name === 'last') break;
    }
    ended = true;
  };
  watch().catch((error: unknown) => {
    failure = error;
  });
  /** Time goes on, a little with each turn of the server and the client. */
  const goOn = async () => {
    if (failure !== undefined) throw failure;
    clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const until = async (condition: () => boolean) => {
    while (!condition()) await goOn();
  };
  await until(() => picture.counts.synced === 1);

  const remove = (name: string) =>
    writer.delete('pods', name, { propagationPolicy: 'Background', gracePeriodSeconds: 0 });
  const relabel = async (name: string) => {
    const pod = await writer.get('pods', name);
    await writer.replace('pods', { ...pod, metadata: { ...pod.metadata, labels: { seen: 'twice' } } });
  };
  for (let number = 0; number < 1_000; number += 1) {
    await mini.addPod({ name: `p${number}` });
    if (number % 3 === 0) await relabel(`p${number}`);
    if (number >= 100) await remove(`p${number - 100}`);
    if (number % 50 === 0) mini.compact();
    await goOn();
  }
  await until(() => met('WATCH').length === ROUNDS * FAULT_KINDS.length);
  await until(() => met('GET').length === FAULT_KINDS.length);

  const there = versions(await collect(writer.list('pods')));
  await until(() => picture.versions().length === there.length);
  expect(picture.versions()).toEqual(there);
  expect(there).toHaveLength(100);
  expect(picture.wrong).toEqual([]);
  expect(new Set(met('WATCH'))).toEqual(new Set(FAULT_KINDS));
  expect(met('WATCH').length).toBeGreaterThan(200);

  await mini.addPod({ name: 'last' });
  await remove('last');
  await until(() => ended);
}, 120_000);

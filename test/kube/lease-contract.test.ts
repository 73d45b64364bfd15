import { afterAll, describe, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { KeyLocks } from '../../src/core/key-locks.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import { leaseLock } from '../../src/kube/lease-lock.ts';
import { lockContract } from '../../src/testing/lock-contract.ts';
import { startMiniKubernetes } from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';

describe('locks by Leases', async () => {
  const mini = await startMiniKubernetes();
  const kube = connectKubernetes({ kubeconfig: mini.kubeconfig, rateLimit: false });
  afterAll(async () => {
    await kube.close();
    await mini.close();
  });
  let prefixes = 0;
  const make = async () => {
    prefixes += 1;
    const options = { prefix: `contract-${prefixes}`, lookEvery: 10 };
    return { lock: leaseLock(kube, options), other: leaseLock(kube, options), patience: 150 };
  };
  for (const { name, run } of lockContract(make)) test(name, run);
});

describe('locks of one process', () => {
  const make = async () => {
    const lock = new KeyLocks(systemClock);
    return { lock, other: lock };
  };
  for (const { name, run } of lockContract(make)) test(name, run);
});

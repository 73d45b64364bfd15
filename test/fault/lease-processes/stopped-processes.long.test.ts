import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startGroupNodes } from '../../../src/testing/group-nodes.ts';
import { startMiniKubernetes } from '../../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { type Arrival, startFronts } from './fronts.ts';

const STOPS = 6;

test('a process that is stopped in the middle of its writes for longer than its Lease sends at most what was on its way', async ({
  annotate,
}) => {
  await using mini = await startMiniKubernetes();
  await using nodes = await startGroupNodes({ dialect: 'path' });
  const arrivals: Arrival[] = [];
  let hear: ((arrival: Arrival) => void) | undefined;
  const hosts = await startFronts(Object.values(nodes.urls), (arrival) => {
    arrivals.push(arrival);
    hear?.(arrival);
  });
  const next = (of: (arrival: Arrival) => boolean) =>
    new Promise<Arrival>((resolve) => {
      hear = (arrival) => {
        if (of(arrival)) resolve(arrival);
      };
    });
  const workers = new Map<string, ChildProcess>();
  for (const name of ['one', 'two']) {
    const worker = fork(new URL('./worker.ts', import.meta.url), [name, mini.kubeconfig, ...hosts]);
    workers.set(name, worker);
    onTestFinished(() => void worker.kill('SIGKILL'));
  }
  const workerOf = ({ operation }: Arrival) => workers.get(operation.split('-')[0] ?? '');

  for (let stop = 0; stop < STOPS; stop += 1) {
    const write = await next(({ method }) => method !== 'GET');
    const worker = workerOf(write);
    worker?.kill('SIGSTOP');
    // The other one takes the Lease over once its time is up, and is in the middle of an operation of its own.
    await next((arrival) => workerOf(arrival) !== worker && arrival.method !== 'GET');
    worker?.kill('SIGCONT');
  }
  for (const worker of workers.values()) {
    worker.disconnect();
    const [code] = await once(worker, 'exit');
    expect(code).toBe(0);
  }

  const late = lateOnes(arrivals);
  await annotate(
    `${STOPS} stops, ${arrivals.length} requests, ${late.length} of them beside the next holder's`,
  );
  // No more than what one step had on its way: one request for each other node.
  expect(late.length).toBeLessThanOrEqual(STOPS * (hosts.length - 1));
  // Otherwise nobody took over while the other one was stopped, and nothing is shown.
  const turns = arrivals.filter((arrival, at) => {
    const before = arrivals[at - 1];
    return before !== undefined && workerOf(before) !== workerOf(arrival);
  });
  expect(turns.length).toBeGreaterThanOrEqual(STOPS);
}, 120_000);

/** Those that arrived after a later operation had begun. */
function lateOnes(arrivals: readonly Arrival[]): Arrival[] {
  const begun: string[] = [];
  return arrivals.filter(({ operation }) => {
    if (!begun.includes(operation)) begun.push(operation);
    return begun.at(-1) !== operation;
  });
}

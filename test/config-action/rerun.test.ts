import { expect, it, onTestFinished } from 'vitest';
import { kubernetesPods } from '../../src/config-action/kubernetes-pods.ts';
import type { PodSource, SelectedPod } from '../../src/config-action/pod-source.ts';
import { type StaticPod, staticPods } from '../../src/config-action/static-pods.ts';
import { connectKubernetes } from '../../src/kube/connect-kubernetes.ts';
import type { FaultPlan } from '../../src/testing/fault-plan.ts';
import type { FaultRequest } from '../../src/testing/fault-schema.ts';
import { startMiniKubernetes } from '../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { actionOn, collect, ok, type Pods, startPods } from './pods.ts';

/** Pods that are all broken until they are mended: `pod-0` at 127.1.0.0, and so on. */
async function startBroken(count: number) {
  let broken = true;
  const pods = await startPods(count, (_pod, _request, response) => {
    response.writeHead(broken ? 500 : 200).end();
  });
  const mend = () => {
    broken = false;
    pods.seen.length = 0;
  };
  return { ...pods, mend };
}

const at = (name: string, pod: number): StaticPod => ({ name, ip: `127.1.0.${pod}` });
const failedOn = async ({ port }: Pods, source: PodSource, shape: object = {}) => {
  const action = actionOn({ port, ...shape });
  return { action, calls: (await action.run(source)).rerun('failed') };
};

it('calls a replaced pod of a cluster where it is now, with one look at the service and its pods', async () => {
  const pods = await startBroken(3);
  const asked: string[] = [];
  const next = ({ method, key }: FaultRequest) => {
    asked.push(`${method} ${key.split('/').slice(5).join('/')}`);
  };
  const cluster = await startMiniKubernetes({ faults: { next } as unknown as FaultPlan });
  onTestFinished(() => cluster.close());
  const kube = connectKubernetes({ kubeconfig: cluster.kubeconfig, rateLimit: false });
  onTestFinished(() => kube.close());
  const add = (name: string, app: string, ip: string) => cluster.addPod({ name, labels: { app }, ip });
  await cluster.addService({ name: 'db', selector: { app: 'db' } });
  await add('db-0', 'db', '127.1.0.0');
  await add('db-1', 'db', '127.1.0.1');
  const source = kubernetesPods(kube);
  onTestFinished(() => source.close());
  const target = (name: string) => ({ name, service: 'db', port: pods.port });
  const { action, calls } = await failedOn(pods, source, {
    targets: [target('t'), target('u')],
    requests: ['one', 'two'],
  });
  for (const name of ['db-0', 'db-1']) {
    await kube.delete('pods', name, { propagationPolicy: 'Background', gracePeriodSeconds: 0 });
  }
  await add('db-0', 'db', '127.1.0.2');
  await add('shop-0', 'shop', '127.1.0.0');
  await add('db-1', 'shop', '127.1.0.1');
  pods.mend();
  asked.length = 0;
  const results = await collect(action.run(source, { calls }));
  expect(asked).toEqual(['GET services/db', 'GET pods']);
  expect(results.map(({ call, error }) => [call.target, call.pod, call.request, error?.code])).toEqual(
    ['t', 'u'].flatMap((name) => [
      [name, 'db-0', 'one', undefined],
      [name, 'db-0', 'two', undefined],
      [name, 'db-1', 'one', 'POD_GONE'],
      [name, 'db-1', 'two', 'POD_GONE'],
    ]),
  );
  expect(results[0]?.call).toMatchObject({ ip: '127.1.0.2', url: `http://127.1.0.2:${pods.port}/one` });
  expect(pods.seen).toEqual(['pod-2 GET /one', 'pod-2 GET /two', 'pod-2 GET /one', 'pod-2 GET /two']);
});

it('calls a pod of a list where it is now', async () => {
  const pods = await startBroken(3);
  const { action, calls } = await failedOn(pods, staticPods([at('a', 0), at('b', 1)]));
  pods.mend();
  const now = staticPods([at('b', 0), at('a', 2)]);
  expect((await action.plan(now, { calls })).map(({ pod, ip }) => [pod, ip])).toEqual([
    ['a', '127.1.0.2'],
    ['b', '127.1.0.0'],
  ]);
  expect(await action.run(now, { calls })).toMatchObject({ done: 2, ok: true });
  expect(pods.seen).toEqual(['pod-2 GET /one', 'pod-0 GET /one']);
});

it('sends nothing for a pod that its target does not select any more, and says so', async () => {
  const pods = await startBroken(2);
  const { action, calls } = await failedOn(pods, staticPods([at('a', 0), at('b', 1)]));
  pods.mend();
  const now = staticPods([at('other', 0), at('b', 1)]);
  expect((await action.plan(now, { calls })).map(({ pod }) => pod)).toEqual(['b']);
  const run = action.run(now, { calls });
  const [gone, there] = await collect(run);
  expect(gone).toMatchObject({
    call: { pod: 'a', ip: '127.1.0.0' },
    status: 'failed',
    attempts: 0,
    durationMs: 0,
    error: {
      code: 'POD_GONE',
      retryable: true,
      message: 'The target all selects no pod a any more; nothing was sent',
    },
  });
  expect(there).toMatchObject({ call: { pod: 'b' }, status: 'ok' });
  expect(pods.seen).toEqual(['pod-1 GET /one']);
  const summary = await run;
  expect(summary).toMatchObject({ ok: false, done: 1, failed: 1, leftOut: [] });
  expect(summary.latency.p50).toBe(summary.latency.max);
  expect(summary.rerun('unknown')).toEqual([]);
  expect(summary.rerun('failed').map(({ pod }) => pod)).toEqual(['a']);
});

it('tells of each call where no pod is left at all, and fails above failAbove', async () => {
  const pods = await startBroken(3);
  const { action, calls } = await failedOn(pods, staticPods([at('a', 0), at('b', 1), at('c', 2)]));
  pods.mend();
  const run = action.run(staticPods([]), { calls, failAbove: 1 });
  expect((await collect(run)).map(({ status }) => status)).toEqual(['failed', 'failed', 'skipped']);
  expect(pods.seen).toEqual([]);
});

it.each<[string, Partial<SelectedPod>, string]>([
  ['without an address', { ip: undefined }, 'The pod a has no address now'],
  ['whose containers have ended', { ended: true }, 'The containers of the pod a have ended'],
  ['of another namespace', { namespace: 'other' }, 'The target all selects no pod a any more'],
])('sends nothing to a pod %s', async (_name, change, says) => {
  const pods = await startBroken(1);
  const sourceOf = (changed: Partial<SelectedPod>): PodSource => ({
    async *select(targets) {
      for (const target of targets)
        yield { target, name: 'a', namespace: 'mine', ip: '127.1.0.0', ...changed };
    },
  });
  const { action, calls } = await failedOn(pods, sourceOf({}));
  pods.mend();
  const [result] = await collect(action.run(sourceOf(change), { calls }));
  expect(result?.error).toMatchObject({ code: 'POD_GONE', message: `${says}; nothing was sent` });
  expect(pods.seen).toEqual([]);
});

it('tells pods of one name apart by their addresses, and guesses nothing', async () => {
  const pods = await startBroken(3);
  const { action, calls } = await failedOn(pods, staticPods([at('a', 0), at('a', 1)]));
  pods.mend();
  const [first, second] = await collect(action.run(staticPods([at('a', 2), at('a', 1)]), { calls }));
  expect(first?.error?.message).toContain('selects several pods a, none at its address');
  expect(second?.status).toBe('ok');
  expect(pods.seen).toEqual(['pod-1 GET /one']);
});

it('asks for no pods where there is nothing to make again', async () => {
  const pods = await startPods(1, ok);
  const none: PodSource = {
    select() {
      throw new Error('asked');
    },
  };
  expect(await actionOn({ port: pods.port }).run(none, { calls: [] })).toMatchObject({ done: 0, ok: true });
});

it('stops while pods are looked up, and tells the rest as skipped', async () => {
  const pods = await startBroken(2);
  const list = staticPods([at('a', 0), at('b', 1)]);
  const { action, calls } = await failedOn(pods, list);
  pods.mend();
  const stopping = (stop: AbortController): PodSource => ({
    async *select(targets, options) {
      stop.abort(new Error('enough'));
      yield* list.select(targets, options);
    },
  });
  for (const failAbove of [undefined, 5]) {
    const stop = new AbortController();
    const run = action.run(stopping(stop), { calls, signal: stop.signal, failAbove });
    expect(await run).toMatchObject({ done: 0, failed: 0, skipped: 2 });
  }
  const stop = new AbortController();
  await expect(action.plan(stopping(stop), { calls, signal: stop.signal })).rejects.toThrow('enough');
  expect(pods.seen).toEqual([]);
});

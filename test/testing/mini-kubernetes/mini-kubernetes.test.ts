import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { connectKubernetes } from '../../../src/kube/connect-kubernetes.ts';
import { FaultPlan } from '../../../src/testing/fault-plan.ts';
import {
  type MiniKubernetes,
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from '../../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { objectAt } from '../../../src/testing/mini-kubernetes/store/json.ts';

const running: MiniKubernetes[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((mini) => mini.close()));
});

async function start(options?: MiniKubernetesOptions) {
  const mini = await startMiniKubernetes(options);
  running.push(mini);
  return mini;
}

const PODS = '/api/v1/namespaces/default/pods';

const read = async (mini: MiniKubernetes, path: string) => {
  const response = await fetch(mini.url + path);
  return { status: response.status, body: JSON.parse(await response.text()) };
};

describe('startMiniKubernetes', () => {
  it('stores pods that run elsewhere as running and ready, with their address and owner', async () => {
    const mini = await start();
    await mini.addPod({
      name: 'client-0-1',
      ip: '127.0.0.9',
      labels: { app: 'a' },
      statefulSet: 'client-0',
      ports: [80],
    });
    const { body } = await read(mini, `${PODS}/client-0-1`);
    expect(body.metadata.ownerReferences).toMatchObject([{ kind: 'StatefulSet', name: 'client-0' }]);
    expect(body.status).toMatchObject({ phase: 'Running', podIP: '127.0.0.9' });
    expect(body.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  });

  it('stores a pod that has no address yet', async () => {
    const mini = await start();
    await mini.addPod({ name: 'a', ip: null });
    const { body } = await read(mini, `${PODS}/a`);
    expect(body.status.podIP).toBeUndefined();
  });

  it('makes the namespace of a pod and of a service', async () => {
    const mini = await start();
    await mini.addPod({ name: 'a', namespace: 'one' });
    await mini.addService({ name: 's', namespace: 'two', selector: { app: 'a' }, ports: [80, 81] });
    const { body } = await read(mini, '/api/v1/namespaces');
    expect(body.items.map((item: unknown) => objectAt(objectAt(item)['metadata'])['name'])).toEqual([
      'default',
      'one',
      'two',
    ]);
    const service = await read(mini, '/api/v1/namespaces/two/services/s');
    expect(service.body.spec).toMatchObject({ selector: { app: 'a' }, type: 'ClusterIP' });
  });

  it.each([
    ['a bad name', { name: 'Bad_Name' }, /pods: Pod "Bad_Name" is invalid: metadata.name/],
    ['a bad label', { name: 'a', labels: { 'bad key': 'x' } }, /metadata.labels/],
  ])('refuses %s with what Kubernetes says', async (_, pod, message) => {
    const mini = await start();
    await expect(mini.addPod(pod)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [{ name: 'a', image: 'x', imge: 'y' }, 'pod.imge: is not an option'],
    [{ name: 'a', ip: 'nowhere' }, 'pod.ip: expected an IP address, received "nowhere"'],
    [{ name: 'a', ip: '127.0.0.1', image: 'x' }, 'pod: expected an ip or an image, received both'],
  ])('refuses the pod %j', async (pod, message) => {
    const mini = await start();
    await expect(mini.addPod(pod)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining(message),
    });
  });

  it('refuses a service with a field that services do not have', async () => {
    const mini = await start();
    const service = { name: 's', port: 80 };
    await expect(mini.addService(service)).rejects.toThrow('service.port: is not an option');
  });

  it('takes no pod and no service after it was closed', async () => {
    const mini = await start();
    await mini.close();
    await expect(mini.addPod({ name: 'a' })).rejects.toMatchObject({ name: 'ClosedError' });
    await expect(mini.addService({ name: 's' })).rejects.toMatchObject({ name: 'ClosedError' });
  });

  it('refuses a name that is taken', async () => {
    const mini = await start();
    await mini.addService({ name: 's' });
    await expect(mini.addService({ name: 's' })).rejects.toThrow('services: services "s" already exists');
  });

  it.each([
    [{ nodes: 0 }, /options.nodes: expected a whole number of at least 1, received 0/],
    [{ nodes: ['Bad!'] }, /options.nodes\[0\]/],
    [{ nodes: ['a', 'a'] }, /options.nodes: expected a name of its own for each node/],
    [{ namespaces: ['no/slash'] }, /options.namespaces\[0\]/],
    [{ tokens: { secret: { user: '' } } }, /options.tokens: expected for each token/],
    [{ port: 70_000 }, /options.port/],
    [{ historyLimit: 0 }, /options.historyLimit/],
    [{ typo: true }, /options.typo: is not an option/],
  ])('refuses %o', async (options, message) => {
    await expect(startMiniKubernetes(options as MiniKubernetesOptions)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    { 'hunter-2': { user: 5 } },
    { 'hunter-2\n': { user: 'a' } },
    { 'hunter-2 ': { user: 'a' } },
    { 'hunter-2é': { user: 'a' } },
  ])('shows no token in its refusal of %j', async (given) => {
    const tokens = given as unknown as MiniKubernetesOptions['tokens'];
    const error: unknown = await startMiniKubernetes({ tokens }).catch((one: unknown) => one);
    expect(String(error)).toContain('options.tokens');
    expect(String(error)).not.toContain('hunter-2');
  });

  it('writes a kubeconfig with a context for each user, which close() removes', async () => {
    const mini = await start({
      tokens: {
        'token-1': { user: 'reader', allow: [{ verbs: ['list'], resources: ['pods'] }] },
        'token-2': { user: 'late', expired: true },
        'token-3': { user: 'boss' },
      },
    });
    const config = JSON.parse(readFileSync(mini.kubeconfig, 'utf8'));
    expect(statSync(mini.kubeconfig).mode & 0o077).toBe(0);
    expect(config.contexts.map(({ name }: { name: string }) => name)).toEqual(['reader', 'late', 'boss']);
    expect(config['current-context']).toBe('boss');
    expect(config.clusters[0].cluster.server).toBe(mini.url);
    await mini.close();
    await mini.close();
    expect(existsSync(mini.kubeconfig)).toBe(false);
    await expect(fetch(mini.url)).rejects.toThrow();
  });

  it('tells users of the same name apart in its kubeconfig', async () => {
    const mini = await start({
      tokens: {
        'token-1': { user: 'boss', expired: true },
        'token-2': { user: 'boss' },
        'token-3': { user: 'boss-2' },
      },
    });
    const config = JSON.parse(readFileSync(mini.kubeconfig, 'utf8'));
    expect(config.users).toEqual([
      { name: 'boss', user: { token: 'token-1' } },
      { name: 'boss-3', user: { token: 'token-2' } },
      { name: 'boss-2', user: { token: 'token-3' } },
    ]);
    expect(config['current-context']).toBe('boss-3');
  });

  it('has a valid token in its current context where none may do everything', async () => {
    const mini = await start({
      tokens: { 'token-1': { user: 'late', expired: true }, 'token-2': { user: 'reader', allow: [] } },
    });
    const config = JSON.parse(readFileSync(mini.kubeconfig, 'utf8'));
    expect(config['current-context']).toBe('reader');
  });

  it('connects as nobody, who may do nothing, where there are no tokens to connect by', async () => {
    const mini = await start({ tokens: {} });
    await using kube = connectKubernetes({ kubeconfig: mini.kubeconfig });
    await expect(kube.get('pods', 'a')).rejects.toMatchObject({ status: 403 });
  });

  it('ends open watches when it is closed', async () => {
    const mini = await start();
    const watch = await fetch(`${mini.url}${PODS}?watch=true`);
    await mini.close();
    await expect(watch.text()).rejects.toThrow();
  });

  it('closes at once whatever hangs: requests, watches, followed logs, proxied requests and containers', async () => {
    const signals: AbortSignal[] = [];
    let proxied = 0;
    const mini = await start({
      images: {
        silent: ({ ip, signal }) =>
          new Promise(() => {
            const count = () => {
              proxied += 1;
            };
            const server = createServer(count).listen(8645, ip, () => signals.push(signal));
            signal.addEventListener('abort', () => server.close().closeAllConnections());
          }),
      },
      faults: FaultPlan.script([{ key: '/version', fault: 'hang-before' }]),
    });
    await mini.addPod({ name: 'a', image: 'silent', ports: [8645] });
    await expect.poll(() => signals).toHaveLength(1);
    const versions = [1, 2].map(() => fetch(`${mini.url}/version`));
    // The one that does not hang shows that the other does.
    await Promise.race(versions);
    const watch = await fetch(`${mini.url}${PODS}?watch=true`);
    const log = await fetch(`${mini.url}${PODS}/a/log?follow=true`);
    const viaProxy = fetch(`${mini.url}${PODS}/a/proxy/`);
    await expect.poll(() => proxied).toBe(1);
    const open = Promise.allSettled([Promise.all(versions), watch.text(), log.text(), viaProxy]);
    await mini.close();
    expect((await open).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('closes at the end of its scope', async () => {
    let url: string;
    {
      await using mini = await startMiniKubernetes();
      ({ url } = mini);
    }
    await expect(fetch(url)).rejects.toThrow();
  });

  it("rejects with Node's own error where its port is taken", async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    await expect(startMiniKubernetes({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('answers what is older than compact() with 410', async () => {
    const mini = await start();
    await mini.addPod({ name: 'a' });
    await mini.addPod({ name: 'b' });
    const first = await read(mini, `${PODS}?limit=1`);
    const { resourceVersion, continue: token } = first.body.metadata;
    await mini.addPod({ name: 'c' });
    mini.compact();
    const page = await read(mini, `${PODS}?limit=1&continue=${token}`);
    expect([page.status, page.body.reason]).toEqual([410, 'Expired']);
    const rest = await read(mini, `${PODS}?limit=5&continue=${page.body.metadata.continue}`);
    expect(rest.body.items).toHaveLength(2);
    const watch = await read(mini, `${PODS}?watch=1&resourceVersion=${resourceVersion}`);
    expect(watch.body).toMatchObject({ type: 'ERROR', object: { reason: 'Expired', code: 410 } });
  });

  it('forgets the oldest changes past historyLimit', async () => {
    const mini = await start({ historyLimit: 5 });
    const { body } = await read(mini, PODS);
    for (let index = 0; index < 20; index += 1) await mini.addPod({ name: `p-${index}` });
    const watch = await read(mini, `${PODS}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    expect(watch.body).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  it('runs pods that answer at their own addresses, directly and by pods/proxy', async () => {
    const mini = await start({
      images: {
        named: ({ ip, podName, signal }) =>
          new Promise((resolve) => {
            // Where pods share an address they cannot share a port.
            const port = process.platform === 'linux' ? 8646 : 8646 + Number(podName.at(-1));
            const server = createServer((_, response) => response.end(podName)).listen(port, ip);
            signal.addEventListener('abort', () => server.close(() => resolve()));
          }),
      },
      nodes: ['n-1', 'n-2'],
    });
    for (const name of ['p-0', 'p-1']) await mini.addPod({ name, image: 'named' });
    const nodes = new Set<string>();
    for (const [index, name] of ['p-0', 'p-1'].entries()) {
      const port = process.platform === 'linux' ? 8646 : 8646 + index;
      await expect.poll(async () => (await read(mini, `${PODS}/${name}`)).body.status.phase).toBe('Running');
      const { spec, status } = (await read(mini, `${PODS}/${name}`)).body;
      nodes.add(spec.nodeName);
      const direct = await mini.fetch(`http://${status.podIP}:${port}/`);
      const proxied = await fetch(`${mini.url}${PODS}/${name}:${port}/proxy/`);
      expect([await direct.text(), await proxied.text()]).toEqual([name, name]);
    }
    expect(nodes).toEqual(new Set(['n-1', 'n-2']));
  });

  it('cuts a proxied answer short where the pod does', async () => {
    const mini = await start({
      images: {
        torn: ({ ip, signal }) =>
          new Promise((resolve) => {
            const server = createServer((_, response) => {
              response.writeHead(200, { 'Content-Length': 100 }).write('half', () => response.destroy());
            }).listen(8645, ip);
            signal.addEventListener('abort', () => server.close(() => resolve()));
          }),
      },
    });
    await mini.addPod({ name: 'a', image: 'torn', ports: [8645] });
    await expect.poll(async () => (await read(mini, `${PODS}/a`)).body.status.phase).toBe('Running');
    const response = await fetch(`${mini.url}${PODS}/a/proxy/`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('lets what goes on to a pod meet faults, too', async () => {
    const key = `${PODS}/a/log`;
    const mini = await start({
      images: { hello: async ({ log }) => log('hello') },
      faults: FaultPlan.script([
        { key, fault: 'too-many', retryAfter: 3 },
        { key, fault: 'expired' },
        { key, fault: 'reset-after' },
        { key, fault: 'slow', slowBy: 1 },
      ]),
    });
    await mini.addPod({ name: 'a', image: 'hello', restartPolicy: 'Never' });
    await expect.poll(async () => (await read(mini, `${PODS}/a`)).body.status.phase).toBe('Succeeded');
    const refused = await fetch(mini.url + key);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3']);
    expect((await read(mini, key)).body.reason).toBe('Expired');
    await expect(fetch(mini.url + key)).rejects.toThrow();
    expect(await (await fetch(mini.url + key)).text()).toBe('hello\n');
  });

  it('starts a pod twice where the plan says so', async () => {
    let starts = 0;
    const mini = await start({
      images: {
        once: async () => {
          starts += 1;
        },
      },
      faults: FaultPlan.script([{ method: 'START', key: 'a', fault: 'reset-after' }]),
    });
    await mini.addPod({ name: 'a', image: 'once', restartPolicy: 'Never' });
    await expect.poll(() => starts).toBe(2);
  });
});

it('10,000 pods are listed in pages, each once, from one state', async () => {
  const mini = await start();
  for (let index = 0; index < 10_000; index += 1)
    await mini.addPod({ name: `p-${index}`, labels: { odd: `${index % 2}` } });
  const names: string[] = [];
  const versions = new Set<string>();
  let pages = 0;
  for (let token = ''; ; ) {
    const { body } = await read(mini, `${PODS}?limit=500&continue=${token}`);
    names.push(...body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name));
    versions.add(body.metadata.resourceVersion);
    pages += 1;
    // What comes and goes meanwhile is not seen.
    await mini.addPod({ name: `later-${pages}` });
    token = body.metadata.continue ?? '';
    if (token === '') break;
    expect(body.metadata.remainingItemCount).toBe(10_000 - names.length);
  }
  expect(pages).toBe(20);
  expect(versions.size).toBe(1);
  expect(new Set(names).size).toBe(10_000);
  expect(names).toEqual([...names].sort());
}, 60_000);

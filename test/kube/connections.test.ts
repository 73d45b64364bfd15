import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../src/kube/resources.ts';
import { manualClock } from '../testing/manual-clock.ts';
import {
  apiServer,
  cleanUp,
  collect,
  connect,
  failureOf,
  json,
  kubeconfig,
  pod,
  podList,
  SECRET,
} from './api-server.ts';
import { selfSigned } from './certificate.ts';

const jobOf = (name: string) =>
  ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name } }) as KubernetesObject<'jobs'>;

test('a thousand creates at once go over twenty connections, beside a watch', async () => {
  const server = await apiServer((response, seen) => {
    if (seen.method === 'POST') return json(response, 201, JSON.parse(seen.body));
    if (seen.query.has('watch')) return response.writeHead(200).flushHeaders();
    return json(response, 200, podList([], 1));
  });
  const kube = connect(server.url);
  const watch = kube.watch('pods')[Symbol.asyncIterator]();
  await watch.next();
  const names = Array.from({ length: 1_000 }, (_, number) => `job-${number}`);

  const created = await Promise.all(names.map((name) => kube.create('jobs', jobOf(name))));

  expect(created.map(({ metadata }) => metadata?.name)).toEqual(names);
  expect(server.mostOpen()).toBeGreaterThan(1);
  expect(server.connections()).toBeLessThanOrEqual(20);
  await watch.return?.();
});

test('waiting for a connection is no part of an attempt’s time', async () => {
  const clock = manualClock();
  const server = await apiServer((response) => {
    clock.advance(600);
    json(response, 200, pod('a', 1));
  });
  const kube = connect(server.url, { clock, connections: 2, attemptTimeout: 2_000 });
  const got = await Promise.all(Array.from({ length: 20 }, () => kube.get('pods', 'a')));
  expect(got).toHaveLength(20);
  expect(server.seen).toHaveLength(20);
});

const { key, cert } = selfSigned();
const trusting = { 'insecure-skip-tls-verify': false, 'certificate-authority-data': btoa(cert) };

test('TLS with the certificate authority of the kubeconfig', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)), { key, cert });
  const path = kubeconfig(server.url, { cluster: trusting });
  const kube = connect(server.url, { kubeconfig: path });
  await Promise.all(Array.from({ length: 100 }, () => kube.get('pods', 'a')));
  expect(server.connections()).toBeLessThanOrEqual(20);
});

test('TLS with insecure-skip-tls-verify', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)), { key, cert });
  expect(await connect(server.url).get('pods', 'a')).toEqual(pod('a', 1));
});

test.each([
  [
    'an authority that did not sign it',
    { ...trusting, 'certificate-authority-data': btoa(selfSigned().cert) },
  ],
  ['no authority', { 'insecure-skip-tls-verify': false }],
  ['another server name', { ...trusting, 'tls-server-name': 'other.example' }],
])('a certificate and %s: said at once, with what to check', async (_, cluster) => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)), { key, cert });
  const kube = connect(server.url, { kubeconfig: kubeconfig(server.url, { cluster }) });
  const error = await failureOf(kube.get('pods', 'a'));
  expect(error).toMatchObject({ code: 'KUBERNETES_TLS', retryable: false });
  expect(error.message).toContain(`the certificate of ${server.url} is not trusted`);
  expect(error.message).toContain('check certificate-authority');
  expect(server.seen).toHaveLength(0);
});

test('https with a server that speaks http: said at once, with what to check', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  const error = await failureOf(connect(server.url.replace('http:', 'https:')).get('pods', 'a'));
  expect(error).toMatchObject({ code: 'KUBERNETES_TLS', retryable: false });
  expect(error.message).toContain('does it speak https');
  expect(error.message).toContain('context "main"');
});

test('the proxy of the kubeconfig is gone through', async () => {
  const server = await apiServer((response) => json(response, 200, pod('a', 1)), { key, cert });
  let tunnels = 0;
  const proxy = createServer().on('connect', (request, socket) => {
    tunnels += 1;
    const [host = '', port] = (request.url ?? '').split(':');
    const target = connectSocket(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  cleanUp(() => proxy.close());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const path = kubeconfig(server.url, { cluster: { ...trusting, 'proxy-url': proxyUrl } });
  const kube = connect(server.url, { kubeconfig: path });
  expect(await kube.get('pods', 'a')).toEqual(pod('a', 1));
  expect(tunnels).toBe(1);
  await kube.close();
});

test('close awaits a write under way, ends a read, and refuses what comes after', async () => {
  let finish = () => undefined as unknown;
  const server = await apiServer((response, { method, body }) => {
    if (method === 'POST') finish = () => json(response, 201, JSON.parse(body));
  });
  const kube = connect(server.url);
  const creating = kube.create('jobs', jobOf('a'));
  const reading = failureOf(kube.get('pods', 'a'));
  while (server.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));

  const closed = kube.close();
  expect(await reading).toMatchObject({ code: 'CLOSED' });
  finish();
  expect(await creating).toMatchObject({ metadata: { name: 'a' } });
  await closed;
  await kube.close();
  expect(await failureOf(kube.get('pods', 'a'))).toMatchObject({ code: 'CLOSED' });
  expect(await failureOf(collect(kube.list('pods')))).toMatchObject({ code: 'CLOSED' });
});

test('requests are seen on holdfast:http, without secrets', async () => {
  const seen: unknown[] = [];
  const listen = (context: unknown) => seen.push(structuredClone(context));
  subscribe('tracing:holdfast:http:asyncEnd', listen);
  cleanUp(() => unsubscribe('tracing:holdfast:http:asyncEnd', listen));
  const server = await apiServer((response) => json(response, 200, pod('a', 1)));
  await connect(server.url).proxyPod({ name: 'p', port: 80, path: `/x?token=${SECRET}` });
  expect(seen).toEqual([
    {
      method: 'GET',
      url: `${server.url}/api/v1/namespaces/default/pods/p:80/proxy/x?token=<redacted>`,
      status: 200,
    },
  ]);
});

test('an answer that is no HTTP is not seen on holdfast:http', async () => {
  const seen: unknown[] = [];
  const listen = (context: unknown) => seen.push(context);
  subscribe('tracing:holdfast:http:error', listen);
  cleanUp(() => unsubscribe('tracing:holdfast:http:error', listen));
  const server = await apiServer((response) => response.socket?.end(`HTTP/1.1 nonsense ${SECRET}\r\n\r\n`));
  await failureOf(connect(server.url, { retry: { attempts: 1 } }).get('pods', 'a'));
  expect(seen).toMatchObject([{ error: { name: 'HTTPParserError' } }]);
  const shown = inspect(seen, { depth: 9, showHidden: true, maxArrayLength: null });
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain(Buffer.from(SECRET).toString('hex').replace(/..\B/g, '$& '));
});

test('the platform’s fetch keeps the dispatcher that an application has set', () => {
  const script = `
    import { connectKubernetes } from './src/kube/connect-kubernetes.ts';
    const key = Symbol.for('undici.globalDispatcher.1');
    new Headers();
    const before = globalThis[key];
    await connectKubernetes({ kubeconfig: ${JSON.stringify(kubeconfig('http://127.0.0.1:1'))} }).namespace();
    console.log(before === globalThis[key]);
  `;
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(`${run.stdout}${run.stderr}`).toBe('true\n');
});

import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { fileDropApp } from '../../../src/server/file-drop/file-drop-app.ts';
import type { FileDropAppOptions } from '../../../src/server/file-drop/options.ts';
import { readEvents } from '../../../src/server/file-drop/page/client/event-stream.ts';
import type { FileEntry } from '../../../src/server/file-drop/upload-route.ts';
import { serve } from '../../../src/server/serve.ts';
import type { MiniKubernetesOptions } from '../../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { collect } from '../../file-drop/drop-cluster.ts';
import { handClock } from '../../http/loopback.ts';
import { API_TOKEN, formOf, startDropServer } from './drop-server.ts';

const label = { labelSelector: 'app=file-drop-processor' };

const TOKEN = 'page-token-of-32-characters-00001';

async function start(options?: Partial<FileDropAppOptions>, mini?: MiniKubernetesOptions) {
  const dropped = await startDropServer(options, mini);
  onTestFinished(() => dropped.close());
  const drop = async (...names: string[]) => {
    const answer = await fetch(`${dropped.url}/backend/files`, { method: 'POST', body: formOf(...names) });
    return (await answer.json()) as FileEntry[];
  };
  const pods = async () => {
    const answer = await fetch(`${dropped.url}/backend/pods/processor`);
    return (await answer.json()) as Record<string, string>[];
  };
  const phases = async () => {
    const all = await pods();
    return all.map(({ filename, phase }) => `${filename} ${phase}`).sort();
  };
  return { ...dropped, drop, pods, phases };
}

test('tells of each processor: file, phase, times and why it failed', async () => {
  const { drop, pods, phases } = await start();
  await drop('good', 'fails', 'hangs');
  await expect.poll(phases).toEqual(['fails Failed', 'good Succeeded', 'hangs Running']);
  const all = new Map((await pods()).map((pod) => [pod['filename'], pod]));
  expect(all.get('fails')?.['reason']).toBe('Error (exit code 4)');
  expect(Date.parse(all.get('good')?.['finishedAt'] ?? '')).toBeGreaterThan(0);
  expect(all.get('hangs')).not.toHaveProperty('finishedAt');
});

test('gives the bytes of a file as an attachment that no browser shows, and only for ids', async () => {
  const { url, drop } = await start({}, {});
  const [entry] = await drop('<script>alert(1)</script>.html');
  const answer = await fetch(`${url}/backend/static/${entry?.id}`);
  expect(await answer.text()).toBe('<script>alert(1)</script>.html');
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '30',
    'content-disposition': `attachment; filename="${entry?.id}"`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  for (const id of ['file-drop-0', '..%2f..%2fetc%2fpasswd', 'records', `${entry?.id}.part`]) {
    expect((await fetch(`${url}/backend/static/${id}`)).status, id).toBe(404);
  }
});

test('removes the bytes of a file whose processor has ended, and keeps those of the others', async () => {
  const { store, drop, phases } = await start();
  const [ended, running] = await drop('good', 'hangs');
  await expect.poll(phases).toEqual(['good Succeeded', 'hangs Running']);
  await expect.poll(() => store.read(ended?.id ?? '')).toBeUndefined();
  expect(await store.read(running?.id ?? '')).toBeDefined();
});

test('a sweep removes the bytes of files whose Job is gone, and forgets what is old', async () => {
  const clock = handClock();
  let now = Date.now();
  const swept = { ...clock, now: () => now };
  const { kube, store, drop } = await start({ clock: swept, sweepInterval: 4_711, keepFor: 86_400_000 }, {});
  const [gone, kept] = await drop('gone', 'kept');
  await kube.delete('jobs', gone?.job ?? '', { propagationPolicy: 'Background' });
  await expect
    .poll(async () => {
      clock.fire();
      return store.read(gone?.id ?? '');
    })
    .toBeUndefined();
  expect(await store.read(kept?.id ?? '')).toBeDefined();
  expect(await store.get(gone?.id ?? '')).toBeDefined();
  now += 90_000_000;
  await expect
    .poll(async () => {
      clock.fire();
      return collect(store.list());
    })
    .toEqual([]);
});

test('a sweep removes the Secrets of drops that are old and have no Job that goes on', async () => {
  const clock = handClock();
  let now = Date.now();
  const later = { ...clock, now: () => now };
  const { kube, drop } = await start({ clock: later, keepFor: 86_400_000 }, {});
  const [ended] = await drop('ended');
  const [goesOn] = await drop('goes on');
  const secrets = async () => {
    clock.fire();
    const all = await collect(kube.list('secrets', label));
    return all.map(({ metadata }) => metadata?.labels?.['holdfast/drop']);
  };
  await kube.delete('jobs', ended?.job ?? '', { propagationPolicy: 'Background' });
  await secrets();
  // That sweep has ended when the wait for the next begins.
  await expect.poll(() => clock.pending).toBe(1);
  expect((await secrets()).sort()).toEqual([ended?.dropId, goesOn?.dropId].sort());
  now += 90_000_000;
  await expect.poll(secrets).toEqual([goesOn?.dropId]);
});

test('deletes every Job with its pod and the bytes of its file', async () => {
  const { url, store, drop, phases, pods } = await start();
  await drop('good', 'hangs');
  await expect.poll(phases).toEqual(['good Succeeded', 'hangs Running']);
  const answer = await fetch(`${url}/backend/jobs/processor`, { method: 'DELETE' });
  expect(await answer.json()).toEqual({ deleted: 2 });
  await expect.poll(pods).toEqual([]);
  for await (const { id } of store.list()) expect(await store.read(id)).toBeUndefined();
});

test('a file that is being sent while all are deleted finds its token all the same', async () => {
  const { url, phases } = await start();
  const form = new TransformStream<string, string>();
  const answer = fetch(`${url}/backend/files`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=edge' },
    body: form.readable.pipeThrough(new TextEncoderStream()),
    duplex: 'half',
  } as RequestInit);
  const writer = form.writable.getWriter();
  const send = (name: string) =>
    writer.write(`--edge\r\nContent-Disposition: form-data; name="files[]"; filename="${name}"\r\n\r\nx\r\n`);
  await send('before');
  // The end of a file is known when the next one, or the end of the form, begins.
  await send('meanwhile');
  await expect.poll(phases).toEqual(['before Succeeded']);
  await fetch(`${url}/backend/jobs/processor`, { method: 'DELETE' });
  await writer.write('--edge--\r\n');
  await writer.close();
  expect((await answer).status).toBe(200);
  await expect.poll(phases).toEqual(['meanwhile Succeeded']);
});

async function* eventsOf(response: Response) {
  if (response.body === null) throw new TypeError('no body');
  yield* readEvents(response.body.pipeThrough(new TextDecoderStream()) as never);
}

test('the event stream gives all processors, then those that change, deleted ones too', async () => {
  const { url, drop, phases } = await start();
  await drop('first');
  await expect.poll(phases).toEqual(['first Succeeded']);
  const left = new AbortController();
  const response = await fetch(`${url}/backend/events`, { signal: left.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const seen: string[] = [];
  let deleting: Promise<Response> | undefined;
  for await (const { name, data } of eventsOf(response)) {
    if (seen.length === 0) await drop('second');
    for (const pod of JSON.parse(data) as { filename: string; phase: string; deleted?: true }[]) {
      seen.push(`${name}: ${pod.filename} ${pod.deleted ? 'deleted' : pod.phase}`);
    }
    if (seen.includes('changes: second Succeeded')) {
      deleting ??= fetch(`${url}/backend/jobs/processor`, { method: 'DELETE' });
    }
    if (seen.filter((text) => text.endsWith('deleted')).length === 2) break;
  }
  await deleting;
  expect(seen[0]).toBe('pods: first Succeeded');
  expect(seen).toContain('changes: second Pending');
  expect(seen).toContain('changes: first deleted');
});

test('a processor that is deleted while the watch begins is not shown for ever', async () => {
  const { kube, store, drop, phases } = await start();
  const [gone] = await drop('gone', 'stays');
  await expect.poll(phases).toEqual(['gone Succeeded', 'stays Succeeded']);
  const pods = () => collect(kube.list('pods', label));
  async function* watch(...which: Parameters<typeof kube.watch>) {
    await kube.delete('jobs', gone?.job ?? '', { propagationPolicy: 'Foreground' });
    await expect.poll(pods).toHaveLength(1);
    yield* kube.watch(...which);
  }
  const late = new Proxy(kube, {
    get: (target, name) => {
      const found: unknown = name === 'watch' ? watch : Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  const address = 'http://127.0.0.1:1/backend/static';
  const app = fileDropApp({ kube: late, store, image: 'any', fileUrl: address, apiUrl: address });
  onTestFinished(() => app.close());
  const shown = new Set<string>();
  for await (const { name, data } of eventsOf(await app.request('/backend/events'))) {
    if (name === 'pods') shown.clear();
    for (const pod of JSON.parse(data) as { filename: string; deleted?: true }[]) {
      if (pod.deleted) shown.delete(pod.filename);
      else shown.add(pod.filename);
    }
    if (shown.size === 1) break;
  }
  expect([...shown]).toEqual(['stays']);
});

test('streams past those that may be kept are answered with 503; one that ends makes room', async () => {
  const { url } = await start({ streams: 1 }, {});
  const left = new AbortController();
  const first = await fetch(`${url}/backend/events`, { signal: left.signal });
  const status = async () => {
    const stop = new AbortController();
    const { status } = await fetch(`${url}/backend/events`, { signal: stop.signal });
    stop.abort();
    return status;
  };
  expect(first.status).toBe(200);
  expect(await status()).toBe(503);
  left.abort();
  await expect.poll(status).toBe(200);
});

test('a stream that has nothing to tell says that it is alive', async () => {
  const clock = handClock();
  const { url } = await start({ clock }, {});
  const names: string[] = [];
  for await (const { name } of eventsOf(await fetch(`${url}/backend/events`))) {
    names.push(name);
    if (names.length > 0 && names.at(-1) === '') break;
    await expect.poll(() => clock.delays.includes(15_000)).toBe(true);
    clock.fire();
  }
  expect(names.at(-1)).toBe('');
});

test('close ends streams, sweeps and the watch, and may be called twice', async () => {
  const clock = handClock();
  const { app, url } = await start({ clock }, {});
  const events = collect(eventsOf(await fetch(`${url}/backend/events`)));
  await expect.poll(() => clock.pending).toBeGreaterThan(1);
  await app.close();
  await app.close();
  expect((await events)[0]).toEqual({ name: 'pods', data: '[]' });
  expect(clock.pending).toBe(0);
  expect((await fetch(`${url}/backend/events`)).status).toBe(503);
});

test('goes on where the cluster cannot be asked at first', async () => {
  const heard: unknown[] = [];
  const warn = (...said: unknown[]) => heard.push(said);
  const logger = { debug: () => undefined, info: () => undefined, warn, error: warn };
  const clock = handClock();
  const tokens = { t: { user: 'u', allow: [] } };
  const { url } = await start({ logger, clock }, { tokens });
  await expect.poll(() => inspect(heard)).toContain('the processors cannot be watched; trying again');
  expect((await fetch(`${url}/backend/health`)).status).toBe(200);
  expect((await fetch(`${url}/backend/pods/processor`)).status).toBe(500);
  expect(clock.delays).toContain(1_000);
});

test.each([
  ['GET', '/backend/pods/processor'],
  ['GET', '/backend/events'],
  ['POST', '/backend/files'],
  ['DELETE', '/backend/jobs/processor'],
])('%s %s asks for the token', async (method, path) => {
  const { url } = await start({ token: TOKEN }, {});
  expect((await fetch(url + path, { method })).status).toBe(401);
  const wrong = await fetch(url + path, { method, headers: { authorization: 'Bearer x' } });
  expect(wrong.status).toBe(401);
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${TOKEN}` };
  expect((await fetch(url + path, { method, headers, signal: stop.signal })).status).not.toBe(401);
  stop.abort();
});

test('the page, its parts, health and what processors read need no token, and hold none', async () => {
  const { url, drop: _, ...dropped } = await start({ token: TOKEN }, {});
  const headers = { authorization: `Bearer ${TOKEN}` };
  const body = formOf('a');
  const entries = (await (
    await fetch(`${url}/backend/files`, { method: 'POST', body, headers })
  ).json()) as FileEntry[];
  const page = await (await fetch(url)).text();
  const parts = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => `/${path}`);
  expect(parts.length).toBeGreaterThan(2);
  const others = [
    '/',
    '/backend/health',
    '/openapi.json',
    `/backend/static/${entries[0]?.id}`,
    '/favicon.ico',
  ];
  for (const path of [...parts, ...others, `/backend/drops/${entries[0]?.dropId}/0`]) {
    const answer = await fetch(url + path);
    expect(answer.status, path).toBe(200);
    expect(await answer.text()).not.toContain(TOKEN);
  }
  expect(inspect([entries, dropped.app], { depth: 10, showHidden: true })).not.toContain(API_TOKEN);
});

test('the page may load from its own host only and run nothing that is written into it', async () => {
  const { url } = await start({}, {});
  const answer = await fetch(url);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(policy).not.toContain('unsafe');
  expect(policy).toContain("frame-ancestors 'none'");
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const page = await answer.text();
  expect(page).not.toMatch(/ style=|<style|<script(?! type="module" src=)| on\w+=|https?:/);
});

test('a part of the page that the browser has is not sent again', async () => {
  const { url } = await start({}, {});
  const first = await fetch(`${url}/assets/main.js`);
  expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  const etag = first.headers.get('etag') ?? '';
  const again = await fetch(`${url}/assets/main.js`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
});

test('an unknown path is 404, a known one with another method 405', async () => {
  const { url } = await start({}, {});
  expect((await fetch(`${url}/backend/nothing`)).status).toBe(404);
  const other = await fetch(`${url}/backend/static/x`, { method: 'DELETE' });
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET']);
});

test('the description has every route, and the token only where one is asked for', async () => {
  const { app } = await start({}, {});
  const described = (await (await app.request('/openapi.json')).json()) as {
    paths: object;
    security?: unknown;
  };
  const routes = app.routes.filter(({ path }) => path.startsWith('/backend'));
  const paths = new Set(routes.map(({ path }) => path.replace(/:(\w+)/g, '{$1}')));
  expect(Object.keys(described.paths).sort()).toEqual([...paths].sort());
  expect(described).not.toHaveProperty('security');
});

test('wrong options are refused by their names, and it is not served to others without a word', async () => {
  const refused = (options: object) => () => fileDropApp(options as never);
  expect(refused({ streams: -1, keepFor: 0 })).toThrow(ConfigError);
  expect(refused({ streams: -1, keepFor: 0 })).toThrow(/options\.streams: .*\n.*options\.keepFor: /);
  expect(refused({ image: '' })).toThrow(/options\.image: /);
  const { app } = await start({}, {});
  await expect(serve(app, { hostname: '0.0.0.0' })).rejects.toThrow(/set a token/);
});

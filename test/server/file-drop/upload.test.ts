import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { diskStore } from '../../../src/file-drop/disk-store.ts';
import type { FileDropAppOptions } from '../../../src/server/file-drop/options.ts';
import type { FileEntry } from '../../../src/server/file-drop/upload-route.ts';
import { collect, folder, HOSTILE_NAMES } from '../../file-drop/drop-cluster.ts';
import { formOf, startDropServer } from './drop-server.ts';

const label = { labelSelector: 'app=file-drop-processor' };

async function start(options: Partial<FileDropAppOptions> = {}) {
  const dropped = await startDropServer(options, {});
  onTestFinished(() => dropped.close());
  const post = (body: BodyInit, query = '', headers: Record<string, string> = {}) =>
    fetch(`${dropped.url}/backend/files${query}`, { method: 'POST', body, headers });
  return { ...dropped, post };
}

const BOUNDARY = 'edge';
const multipart = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const part = (name: string, text: string, field = 'files[]') =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n\r\n${text}\r\n`;

test('every file of a form becomes one entry, in their order, one drop and a Job each', async () => {
  const { post, kube } = await start();
  const answer = await post(formOf('a.pdf', 'b.pdf', 'c.pdf'));
  expect(answer.status).toBe(200);
  const entries = (await answer.json()) as FileEntry[];
  expect(entries.map(({ filename, status }) => [filename, status])).toEqual([
    ['a.pdf', 'scheduled'],
    ['b.pdf', 'scheduled'],
    ['c.pdf', 'scheduled'],
  ]);
  expect(new Set(entries.map(({ dropId }) => dropId)).size).toBe(1);
  const jobs = await collect(kube.list('jobs', label));
  expect(jobs.map(({ metadata }) => metadata?.name).sort()).toEqual(entries.map(({ job }) => job).sort());
});

test('a bad file is an entry that says why and stops no other', async () => {
  const { post } = await start({ maxFileBytes: 10 });
  const form = formOf('good', 'much-too-large', 'fine');
  form.append('other', new File(['x'], 'astray'));
  form.append('files[]', new File(['x'], 'n'.repeat(5_000)));
  form.append('files[]', new File(['x'], 'last'));
  const answer = await post(form);
  expect(answer.status).toBe(200);
  const entries = (await answer.json()) as FileEntry[];
  expect(entries.map(({ status, error }) => error?.code ?? status)).toEqual([
    'scheduled',
    'FILE_TOO_LARGE',
    'scheduled',
    'WRONG_FIELD',
    'CONFIG_INVALID',
    'scheduled',
  ]);
  expect(entries[3]?.error?.message).toBe('it came in the field "other"; send files in files[]');
});

test('hostile names come back as they are, and become Jobs like any other', async () => {
  const { post } = await start();
  const entries = (await (await post(formOf(...HOSTILE_NAMES))).json()) as FileEntry[];
  expect(entries.map(({ filename }) => filename)).toEqual(HOSTILE_NAMES);
  expect(entries.every(({ status }) => status === 'scheduled')).toBe(true);
});

test.each<[string, number, RegExp, BodyInit, Record<string, string>]>([
  ['JSON', 415, /send a multipart form/, '{}', { 'content-type': 'application/json' }],
  ['no boundary', 400, /has no boundary/, 'x', { 'content-type': 'multipart/form-data' }],
  ['no body', 400, /ended before its closing boundary/, '', multipart],
  ['no part', 422, /no file; send each in a field named files\[\]/, `--${BOUNDARY}--\r\n`, multipart],
  [
    'only other fields',
    422,
    /no file, only 1 other fields/,
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--${BOUNDARY}--\r\n`,
    multipart,
  ],
  ['another field name', 422, /none of 1 files/, `${part('a', 'b', 'file')}--${BOUNDARY}--\r\n`, multipart],
  ['what is no multipart', 400, /ended before its closing boundary/, 'hello', multipart],
])('%s is answered with %i', async (_, status, detail, body, headers) => {
  const { post, kube } = await start();
  const answer = await post(body, '', headers);
  expect(answer.status).toBe(status);
  expect(((await answer.json()) as { detail: string }).detail).toMatch(detail);
  expect(await collect(kube.list('jobs', label))).toEqual([]);
});

test('of a truncated form the whole files are scheduled and the broken one is not stored', async () => {
  const { post, kube, store } = await start();
  const answer = await post(`${part('whole', 'text')}${part('broken', 'te').trimEnd()}`, '', multipart);
  expect(answer.status).toBe(400);
  const { detail, files } = (await answer.json()) as { detail: string; files: FileEntry[] };
  expect(detail).toBe('the form ended before its closing boundary; send it again');
  expect(files.map(({ status, error }) => error?.code ?? status)).toEqual(['scheduled', 'FILE_CUT_OFF']);
  expect(await collect(kube.list('jobs', label))).toHaveLength(1);
  expect((await collect(store.list())).map(({ filename }) => filename)).toEqual(['whole']);
});

test('the same files with the same drop are run once', async () => {
  const { post, kube } = await start();
  const drop = '?drop=8e3c1b1e-58c5-4b8a-9a27-6f2f3d9a7f10';
  const first = await (await post(formOf('a', 'b'), drop)).json();
  expect(await (await post(formOf('a', 'b'), drop)).json()).toEqual(first);
  expect(await collect(kube.list('jobs', label))).toHaveLength(2);
});

test.each([
  ['?drop=mine', 'drop'],
  ['?drop=8E3C1B1E-58C5-4B8A-9A27-6F2F3D9A7F10', 'drop'],
  ['?count=0', 'count'],
  ['?count=many', 'count'],
])('%s is answered with 422', async (query, name) => {
  const { post } = await start();
  const answer = await post(formOf('a'), query);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ detail: [{ loc: ['query', name] }] });
});

test('mode auto makes one Indexed Job of a form that says it has many files', async () => {
  const { post, url, kube } = await start({ mode: 'auto', indexedAbove: 2 });
  const entries = (await (await post(formOf('a', 'b', 'c'), '?count=3')).json()) as FileEntry[];
  expect(entries.map(({ status }) => status)).toEqual(['scheduled', 'scheduled', 'scheduled']);
  const [job, ...others] = await collect(kube.list('jobs', label));
  expect(others).toEqual([]);
  expect(job?.spec).toMatchObject({ completionMode: 'Indexed', completions: 3 });
  const [{ dropId }] = entries as [FileEntry];
  const asked = (await (await fetch(`${url}/backend/drops/${dropId}/2`)).json()) as Record<string, string>;
  expect(asked).toEqual({
    id: entries[2]?.id,
    filename: 'c',
    url: `${url}/backend/static/${entries[2]?.id}`,
  });
  expect(await (await fetch(asked['url'] ?? '')).text()).toBe('c');
  for (const path of [`${dropId}/3`, `${dropId}/x`, `${dropId}/-1`, '8e3c/0', '../static/0']) {
    expect((await fetch(`${url}/backend/drops/${path}`)).status, path).toBe(404);
  }
});

test('one POST of a few files in mode auto makes a Job each', async () => {
  const { post, kube } = await start({ mode: 'auto', indexedAbove: 2 });
  await post(formOf('a', 'b', 'c'));
  expect(await collect(kube.list('jobs', label))).toHaveLength(3);
});

test('the index of an Indexed Job counts past files that could not be stored', async () => {
  const { post, url } = await start({ mode: 'indexed', maxFileBytes: 3 });
  const entries = (await (await post(formOf('a', 'too large', 'c'))).json()) as FileEntry[];
  const asked = await (await fetch(`${url}/backend/drops/${entries[0]?.dropId}/1`)).json();
  expect(asked).toMatchObject({ id: entries[2]?.id, filename: 'c' });
});

test('a form over the limit is answered with 413, whether it says its length or not', async () => {
  const { post, kube } = await start({ maxRequestBytes: 1_000 });
  const large = formOf('n'.repeat(2_000));
  expect((await post(large)).status).toBe(413);
  const body = new Response(large);
  const streamed = await fetch(`${(await start({ maxRequestBytes: 1_000 })).url}/backend/files`, {
    method: 'POST',
    body: body.body,
    headers: { 'content-type': body.headers.get('content-type') ?? '' },
    duplex: 'half',
  } as RequestInit);
  expect(streamed.status).toBe(413);
  expect(await streamed.json()).toMatchObject({ detail: 'the body is over 1000 bytes, which is the limit' });
  expect(await collect(kube.list('jobs', label))).toEqual([]);
});

test('where every file is too large the status is 413, and 507 where the store is full', async () => {
  const { post } = await start({ maxFileBytes: 3 });
  expect((await post(formOf('too large', 'as well'))).status).toBe(413);
  const full = await start({ store: diskStore(await folder(), { maxFiles: 0 }) });
  expect((await full.post(formOf('a', 'b'))).status).toBe(507);
});

test('more files than the limit are answered with 413, with what became of those before', async () => {
  const { post, kube } = await start({ maxFiles: 2 });
  const answer = await post(formOf('a', 'b', 'c'));
  expect(answer.status).toBe(413);
  const { detail, files } = (await answer.json()) as { detail: string; files: FileEntry[] };
  expect(detail).toMatch(/over 2 files/);
  const jobs = await collect(kube.list('jobs', label));
  expect(jobs).toHaveLength(files.filter(({ status }) => status === 'scheduled').length);
});

test('a form that cannot be scheduled at all is answered while it is still being sent', async () => {
  const tokens = { t: { user: 'u', allow: [{ verbs: ['list', 'watch'], resources: ['jobs', 'pods'] }] } };
  const dropped = await startDropServer({}, { tokens });
  onTestFinished(() => dropped.close());
  const endless = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from(part('a', 'x'.repeat(200_000)).slice(0, -2))),
  });
  const answer = await fetch(`${dropped.url}/backend/files`, {
    method: 'POST',
    body: endless,
    headers: multipart,
    duplex: 'half',
  } as RequestInit);
  expect(answer.status).toBe(500);
  expect(((await answer.json()) as { detail: string }).detail).toMatch(/secrets/);
});

test('forms past those that may be read at once are answered with 503', async () => {
  const { post, url } = await start({ uploads: 1 });
  const left = new AbortController();
  const begun = Promise.withResolvers<void>();
  const endless = new ReadableStream({
    pull: (controller) => {
      controller.enqueue(Buffer.from(part('a', 'b').slice(0, -2)));
      begun.resolve();
      return new Promise<void>(() => undefined);
    },
  });
  const first = fetch(`${url}/backend/files`, {
    method: 'POST',
    body: endless,
    headers: multipart,
    signal: left.signal,
    duplex: 'half',
  } as RequestInit).catch((error: unknown) => error);
  await begun.promise;
  await expect.poll(async () => (await post(formOf('a'))).status).toBe(503);
  left.abort();
  await first;
  // Its place is free again once the server sees that the client has left.
  await expect.poll(async () => (await post(formOf('a'))).status).toBe(200);
});

test('of a client that leaves in the middle of a file nothing is kept', async () => {
  const { url, directory, kube } = await start();
  const left = new AbortController();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from(part('a', 'x'.repeat(300_000)).slice(0, -2))),
  });
  const request = { method: 'POST', body, headers: multipart, signal: left.signal, duplex: 'half' };
  const answer = fetch(`${url}/backend/files`, request as RequestInit).catch((error: Error) => error.name);
  const kept = () => readdir(join(directory, 'files')).catch(() => []);
  await expect.poll(kept).toHaveLength(1);
  left.abort();
  expect(await answer).toBe('AbortError');
  await expect.poll(kept).toEqual([]);
  expect(await collect(kube.list('jobs', label))).toEqual([]);
});

test('a form that sends nothing for too long is answered with 408', async () => {
  const timers = new Map<number, () => void>();
  const clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer: (callback: () => void, delay: number) => {
      timers.set(delay, callback);
      return () => timers.delete(delay);
    },
  };
  const { url } = await start({ stallTimeout: 4_711, clock });
  const silent = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.from(part('a', 'b').slice(0, -2))),
  });
  const answer = fetch(`${url}/backend/files`, {
    method: 'POST',
    body: silent,
    headers: multipart,
    duplex: 'half',
  } as RequestInit);
  // The wait for the next bytes begins once those that came are stored.
  let status: number | undefined;
  void answer.then((given) => {
    status = given.status;
  });
  await expect
    .poll(() => {
      timers.get(4_711)?.();
      return status;
    })
    .toBe(408);
});

test('a form from a page of another site is refused', async () => {
  const { app } = await start();
  const request = new Request('http://drop.internal/backend/files', { method: 'POST', body: formOf('a') });
  request.headers.set('sec-fetch-site', 'cross-site');
  expect((await app.fetch(request)).status).toBe(403);
});

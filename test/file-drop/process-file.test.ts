import { readdir, readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { dropFileId } from '../../src/file-drop/file-id.ts';
import { processFile } from '../../src/file-drop/process-file.ts';
import { processorOptions } from '../../src/file-drop/processor-env.ts';
import { ProcessorError, processorExitCode } from '../../src/file-drop/processor-error.ts';
import type { ProcessorOptions } from '../../src/file-drop/processor-options.ts';
import { eagerClock } from '../config-action/eager-clock.ts';
import { refusedUrl, serve } from '../http/loopback.ts';
import { folder, HOSTILE_NAMES, TOKEN } from './drop-cluster.ts';

const id = dropFileId('d', 0);
const result: RequestListener = (_, response) => response.end('result');

/** A backend, an API that answers in turn, the last for ever, and what it was sent. */
async function stand(
  answers: RequestListener[] = [result],
  file: RequestListener = (_, r) => r.end('content'),
) {
  const asked: { headers: Record<string, unknown>; form: FormData | undefined }[] = [];
  const backend = await serve(file);
  const api = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = { 'content-type': String(request.headers['content-type']) };
      void new Response(Buffer.concat(chunks), { headers }).formData().then((form) => {
        asked.push({ headers: request.headers, form });
        answers[Math.min(asked.length, answers.length) - 1]?.(request, response);
      });
    });
  });
  const outputDirectory = await folder();
  const options: ProcessorOptions = {
    target: `${backend}/backend/static/${id}`,
    filename: 'a.pdf',
    apiUrl: `${api}/rebuild`,
    apiToken: TOKEN,
    outputDirectory,
    retry: { attempts: 3, baseDelay: 0 },
  };
  return { asked, outputDirectory, options, outputs: () => readdir(outputDirectory) };
}

const failureOf = (options: ProcessorOptions): Promise<unknown> =>
  processFile(options).then(
    () => undefined,
    (error: unknown) => error,
  );

test('a file is downloaded, sent as the protocol says, and its result written', async () => {
  const { asked, options, outputs } = await stand();
  const processed = await processFile(options);
  expect(processed).toMatchObject({ sent: 7, received: 6 });
  expect(await readFile(processed.output, 'utf8')).toBe('result');
  expect(await outputs()).toEqual([`${id}-a.pdf`]);
  expect(asked).toHaveLength(1);
  const [{ headers, form } = { headers: {}, form: undefined }] = asked;
  expect(headers).toMatchObject({ authorization: TOKEN, accept: 'application/octet-stream' });
  expect(headers['content-length']).toMatch(/^\d+$/);
  const sent = form?.get('file');
  expect(sent instanceof File && [sent.name, await sent.text()]).toEqual(['a.pdf', 'content']);
});

test('unless told otherwise, a backend that is away is asked twelve times, in 20 seconds or so', async () => {
  let asked = 0;
  const { options } = await stand([result], (_, response) => {
    asked += 1;
    response.writeHead(503).end();
  });
  const { retry: _, ...defaults } = options;
  const clock = eagerClock(5_000);
  // The mean of what is drawn.
  const error = await failureOf({ ...defaults, clock, random: () => 0.5 });
  expect(error).toMatchObject({ stage: 'download' });
  expect(asked).toBe(12);
  expect(clock.waits).toEqual([100, 200, 400, 800, 1_600, ...Array(6).fill(2_500)]);
});

test.each(HOSTILE_NAMES)('a hostile name stays within its line and its directory: %j', async (filename) => {
  const { asked, options, outputs } = await stand();
  await processFile({ ...options, filename });
  const names = await outputs();
  expect(names).toHaveLength(1);
  expect(names[0]).toMatch(/^file-drop-[0-9a-f]{32}-[A-Za-z0-9._ -]+$/);
  expect([...(asked[0]?.form?.keys() ?? [])]).toEqual(['file']);
});

const status =
  (code: number, headers = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end(code === 204 ? undefined : 'x');

test.each([
  ['an empty 200', (_, response) => response.end(), 5],
  ['a 202', status(202), 4],
  ['a 204', status(204), 4],
  ['a 301', status(301, { location: '/' }), 4],
  ['a 400', status(400), 4],
  ['a 500', status(500), 4],
  ['a reset', (request) => request.socket.destroy(), 4],
  [
    'a result that breaks off',
    (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('some', () => request.socket.destroy());
    },
    5,
  ],
] satisfies [string, RequestListener, number][])(
  '%s is a failure without output, and not sent again',
  async (_, answer, code) => {
    const { asked, options, outputs } = await stand([answer, result]);
    const error = await failureOf(options);
    expect(error).toBeInstanceOf(ProcessorError);
    expect(processorExitCode(error)).toBe(code);
    expect(asked).toHaveLength(1);
    expect(await outputs()).toEqual([]);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(TOKEN);
  },
);

test('a refusal for now is obeyed and the file sent again', async () => {
  const { asked, options } = await stand([status(429, { 'retry-after': '0' }), status(425), result]);
  expect(await processFile(options)).toMatchObject({ received: 6 });
  expect(asked).toHaveLength(3);
});

test('a download that breaks off or fails is made again, and one that is refused is not', async () => {
  let asks = 0;
  const flaky: RequestListener = (request, response) => {
    asks += 1;
    if (asks === 1) response.writeHead(500).end();
    else if (asks === 3) response.end('content');
    else {
      response.writeHead(200, { 'content-length': '7' });
      response.write('con', () => request.socket.destroy());
    }
  };
  const { options } = await stand([result], flaky);
  expect(await processFile(options)).toMatchObject({ sent: 7 });
  const gone = await stand([result], status(404));
  const error = await failureOf(gone.options);
  expect(error).toMatchObject({ stage: 'download', code: 'PROCESSOR_DOWNLOAD' });
  expect([processorExitCode(error), gone.asked]).toEqual([3, []]);
});

test('an API that is not there is tried again, and is then a failed upload', async () => {
  const { options, outputs } = await stand();
  let tries = 0;
  const counting: typeof fetch = (input, init) => {
    tries += init?.method === 'POST' ? 1 : 0;
    return fetch(input, init);
  };
  const error = await failureOf({ ...options, apiUrl: await refusedUrl(), fetch: counting });
  expect(error).toMatchObject({ stage: 'upload', message: expect.stringContaining('ECONNREFUSED') });
  expect([tries, await outputs()]).toEqual([3, []]);
});

test('a large file goes both ways whole', async () => {
  const size = 20_000_000;
  const block = Buffer.alloc(size, 'x');
  const { options } = await stand([(_, response) => response.end(block)], (_, response) =>
    response.end(block),
  );
  expect(await processFile(options)).toMatchObject({ sent: size, received: size });
});

test.each(['file:///etc/passwd', 'ftp://x/y', 'nonsense'])('%s is no target', async (target) => {
  const { options } = await stand();
  const error = await failureOf({ ...options, target });
  expect(processorExitCode(error)).toBe(2);
  expect(String(error)).toContain('options.target: expected an http or https url');
});

test.each(['target', 'apiUrl'])(
  'a name and password in %s are refused before anything is asked',
  async (name) => {
    const { asked, options } = await stand();
    const error = await failureOf({ ...options, [name]: 'http://ann:secret-4711@127.0.0.1:1/' });
    expect([processorExitCode(error), asked]).toEqual([2, []]);
    expect(String(error)).toContain(`options.${name}: holds a name or a password`);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret-4711');
  },
);

test('an answer without end about the file of an index is read no further than it can be long', async () => {
  let sent = 0;
  const endless: RequestListener = (_, response) => {
    const more = () => {
      sent += 65_536;
      if (sent < 200_000_000 && response.write(Buffer.alloc(65_536, ' '))) setImmediate(more);
    };
    response.on('drain', more);
    more();
  };
  const drop = await serve(endless);
  const env = { DROP: drop, JOB_COMPLETION_INDEX: '0', API_URL: 'http://127.0.0.1:1/' };
  const error = await processorOptions(env, { retry: { attempts: 1 } }).catch((cause: unknown) => cause);
  expect(processorExitCode(error)).toBe(3);
  expect(sent).toBeLessThan(100_000_000);
});

test.each([
  [404, 1],
  [401, 1],
  [302, 1],
  [429, 3],
  [503, 3],
])('a backend that answers %i when it is asked for the file is asked %i times', async (status, times) => {
  let asked = 0;
  const backend = await serve((_, response) => {
    asked += 1;
    response.writeHead(status).end('not to be told');
  });
  const env = { API_URL: 'http://x', DROP: `${backend}/drops/d/`, JOB_COMPLETION_INDEX: '0' };
  const error = await processorOptions(env, { retry: { attempts: 3, baseDelay: 1 } }).catch(
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({
    stage: 'download',
    message: `the file was not told: GET ${backend}/drops/d/0 answered ${status} (HTTP_STATUS)`,
  });
  expect(asked).toBe(times);
});

test('a disk that is full while the file comes is said to be the disk', async () => {
  const { asked, options } = await stand();
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    errno: -28,
    code: 'ENOSPC',
    syscall: 'write',
  });
  const body = new ReadableStream({ pull: (controller) => controller.error(full) });
  const error = await failureOf({ ...options, fetch: async () => new Response(body) });
  expect(error).toMatchObject({ stage: 'output', message: 'the file was not written to the disk (ENOSPC)' });
  expect([processorExitCode(error), asked]).toEqual([6, []]);
});

test('an output directory that cannot be made is its own exit code', async () => {
  const { options, outputDirectory } = await stand();
  await processFile(options);
  const error = await failureOf({ ...options, outputDirectory: join(outputDirectory, `${id}-a.pdf`) });
  expect(processorExitCode(error)).toBe(6);
});

test('an abort ends with its reason and leaves nothing', async () => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  const { options, outputs } = await stand([() => stop.abort(reason)]);
  expect(await failureOf({ ...options, signal: stop.signal })).toBe(reason);
  expect(await outputs()).toEqual([]);
});

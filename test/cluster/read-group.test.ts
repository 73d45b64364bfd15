import { expect, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import type { DialectContext, GroupDialect } from '../../src/cluster/dialect.ts';
import { NodeUnavailableError } from '../../src/cluster/errors.ts';
import type { CallOptions, ClusterClientOptions } from '../../src/cluster/options.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

/** `undefined`: it never comes. */
type Answer = () => Response | undefined;

const NODES = { one: 'http://one.test', two: 'http://two.test' };

const says =
  (status: number, body: object | string, headers = {}): Answer =>
  () =>
    new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
const has = says(200, { groupId: 'g' });
const hasNot = says(404, { error: 'Group not found' });
const broken = says(500, { error: 'broken' });
const refuses = says(403, { error: 'not for you' });
const never: Answer = () => undefined;

/** Asks node two, which gives these answers one after the other and then the last one for ever. */
async function ask(answers: readonly Answer[], call?: CallOptions, options: ClusterClientOptions = {}) {
  const clock = virtualClock();
  const sent: { readonly url: string; readonly at: number; readonly signal: AbortSignal }[] = [];
  const fetch = (input: URL | RequestInfo, init?: RequestInit): Promise<Response> => {
    const answer = answers[Math.min(sent.length, answers.length - 1)]?.();
    const { method, signal } = init ?? {};
    sent.push({ url: `${method} ${String(input)}`, at: clock.monotonic(), signal: signal as AbortSignal });
    return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer);
  };
  const retry = { attempts: 3, baseDelay: 10, maxDelay: 15, jitter: 'none' } as const;
  const client = new ClusterClient(NODES, { clock, fetch, retry, ...options });
  const ended = await clock.run(
    client.groupExists('two', 'g', call).then(
      (exists) => ({ exists, error: undefined, at: clock.monotonic() }),
      (error: unknown) => ({ exists: undefined, error, at: clock.monotonic() }),
    ),
  );
  return { ...ended, sent, times: sent.map(({ at }) => at), pending: clock.pending };
}

test.each([
  ['has it', has, true],
  ['lacks it', hasNot, false],
])('a node that says that it %s is asked once, and no other is', async (_, answer, exists) => {
  const asked = await ask([answer]);
  expect(asked).toMatchObject({ exists, pending: 0 });
  expect(asked.sent.map(({ url }) => url)).toEqual(['GET http://two.test/v1/group/g/']);
});

test.each([
  ['a 404 that is not its own', says(404, '<h1>Not Found</h1>')],
  ['an error', broken],
  ['a refusal for now', says(429, { error: 'busy' })],
])('%s is no answer: the node is asked again, as retry says', async (_, answer) => {
  expect(await ask([answer, answer, has])).toMatchObject({ exists: true, times: [0, 10, 25] });
  expect(await ask([answer, hasNot])).toMatchObject({ exists: false, times: [0, 10] });
});

test('a node that asks to be left alone is asked no sooner', async () => {
  const busy = says(429, { error: 'busy' }, { 'retry-after': '3' });
  expect(await ask([busy, has])).toMatchObject({ exists: true, times: [0, 3_000] });
});

test('a refusal is not asked again', async () => {
  const { error, times } = await ask([refuses, has]);
  expect(times).toEqual([0]);
  expect(error).toMatchObject({
    name: 'NodeUnavailableError',
    attempts: { length: 1 },
    cause: { status: 403 },
  });
});

test('attempts that are used up are all told, oldest first', async () => {
  const { error, times } = await ask([broken, says(503, { error: 'down' }), says(429, { error: 'busy' })]);
  if (!(error instanceof NodeUnavailableError)) throw error;
  expect(times).toEqual([0, 10, 25]);
  expect(error.message).toBe(
    'read of group "g" wrote nothing: node two did not say whether it has it: ' +
      'GET http://two.test/v1/group/g/ answered 429',
  );
  expect(error).toMatchObject({ operation: 'read', groupId: 'g', nodes: [] });
  expect(error.operationId).toMatch(/^1767225600\.\d{6}$/);
  const look = (status: number) => ({
    node: 'two',
    step: 'look',
    error: expect.objectContaining({ status }),
  });
  expect(error.attempts).toEqual([look(500), look(503), look(429)]);
  expect(error.cause).toBe(error.attempts[2]?.error);
});

test('the time for an attempt is that of the call, else that of the client', async () => {
  const options = { attemptTimeout: 700, retry: { attempts: 1 } };
  const late = (milliseconds: number) => ({
    at: milliseconds,
    error: { cause: { name: 'TimeoutError', message: expect.stringContaining(`within ${milliseconds} ms`) } },
  });
  expect(await ask([never], {}, options)).toMatchObject(late(700));
  expect(await ask([never], { attemptTimeout: 300 }, options)).toMatchObject(late(300));
});

test('the time for the whole call is that of the call, else that of the client', async () => {
  const options = { deadline: 900 };
  const late = (milliseconds: number) => ({
    at: milliseconds,
    error: {
      attempts: [
        { node: 'two', step: 'look', error: { status: 500 } },
        { node: 'two', step: 'look', error: { name: 'TimeoutError' } },
      ],
      cause: { message: `it took longer than ${milliseconds} ms` },
    },
    pending: 0,
  });
  expect(await ask([broken, never], {}, options)).toMatchObject(late(900));
  expect(await ask([broken, never], { deadline: 400 }, options)).toMatchObject(late(400));
});

test('an abort cuts the request and rejects with its reason', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const hangs: Answer = () => {
    queueMicrotask(() => stop.abort(reason));
    return undefined;
  };
  const { error, at, sent, pending } = await ask([hangs], { signal: stop.signal });
  expect(error).toBe(reason);
  expect(sent.map(({ signal }) => signal.aborted)).toEqual([true]);
  expect({ at, pending }).toEqual({ at: 0, pending: 0 });
});

test('a call whose signal has aborted sends nothing', async () => {
  const { error, sent } = await ask([has], { signal: AbortSignal.abort('enough') });
  expect(error).toBe('enough');
  expect(sent).toEqual([]);
});

test('a dialect of the caller makes the request, and says what the answer means', async () => {
  const contexts: [string, DialectContext][] = [];
  const dialect: GroupDialect = {
    ...pathDialect,
    request: (kind, context) => {
      contexts.push([kind, context]);
      return { method: 'GET', url: `${context.node.url}/mine`, headers: {} };
    },
    classify: <K>(kind: K) => (kind === 'read' ? 'present' : 'unknown') as never,
  };
  expect(await ask([says(418, '')], {}, { dialect })).toMatchObject({
    exists: true,
    sent: [{ url: 'GET http://two.test/mine' }],
  });
  const node = { name: 'two', url: 'http://two.test' };
  const operationId = expect.stringMatching(/^1767225600\.\d{6}$/);
  expect(contexts).toEqual([['read', { node, groupId: 'g', operationId, purpose: 'forward' }]]);
});

import { expect, test } from 'vitest';
import { type AttemptRequest, attempt } from '../../src/cluster/attempt.ts';
import type { GroupDialect } from '../../src/cluster/dialect.ts';
import { headerDialect } from '../../src/cluster/header-dialect.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';
import { systemClock } from '../../src/core/clock.ts';
import { ConfigError, ConnectionError, HoldfastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import { openTransport } from '../../src/http/transport.ts';

interface Asking {
  readonly dialect?: GroupDialect;
  readonly authorization?: string;
  readonly kind?: AttemptRequest['kind'];
}

/** One attempt on a node that answers so. */
function ask(
  answer: () => Response | Promise<Response>,
  { dialect = pathDialect, authorization, kind = 'create' }: Asking = {},
) {
  const sent: (RequestInit | undefined)[] = [];
  const fetch = async (_: URL | RequestInfo, init?: RequestInit) => {
    sent.push(init);
    return answer();
  };
  const node = { name: 'a', url: 'http://a.test', ...(authorization === undefined ? {} : { authorization }) };
  const transport = openTransport({ clock: systemClock, logger: silentLogger, fetch });
  const request = {
    kind,
    purpose: 'forward',
    node,
    groupId: 'g',
    operationId: '1.5',
    timeout: 1_000,
  } as const;
  return attempt({ dialect, transport, clock: systemClock }, request).then((outcome) => ({
    ...outcome,
    sent,
  }));
}

const says =
  (status: number, body: string, headers = {}) =>
  () =>
    new Response(body, { status, headers });
const own = '{"error": "broken"}';

test.each<[string, status: number, body: string, verdict: string, inDoubt: boolean, retryable: boolean]>([
  ['a 500 of the node itself: it has given up', 500, own, 'unknown', false, true],
  ['a 500 of somebody before it', 500, '<html>', 'unknown', true, true],
  ['a 502, whatever stands in it', 502, own, 'unknown', true, true],
  ['a 504, whatever stands in it', 504, own, 'unknown', true, true],
  ['a 503 of the node itself', 503, own, 'unknown', false, true],
  ['a refusal', 403, own, 'refused', false, false],
  ['a refusal for now', 429, own, 'later', false, true],
  ['a refusal for now by somebody before it', 429, '<html>', 'later', false, true],
  ['a page that is no answer', 200, '<html>', 'unknown', true, true],
])('%s (%i %s) is %s', async (_, status, body, verdict, inDoubt, retryable) => {
  expect(await ask(says(status, body))).toMatchObject({ verdict, inDoubt, failure: { status, retryable } });
});

test('a dialect that cannot tell its own answers leaves every unknown one in doubt', async () => {
  const { isOwnAnswer: _, ...dialect } = pathDialect;
  expect(await ask(says(500, own), { dialect })).toMatchObject({ inDoubt: true });
  const { failure } = await ask(says(200, '<html>'), { dialect });
  expect(failure?.message).toBe('POST http://a.test/v1/group/ answered 200');
});

const note = 'and not in words of the path dialect: is the base url right, and the dialect?';

test.each([
  [200, '<html>', true],
  [404, '<html>', true],
  [403, own, false],
  [500, '<html>', false],
  [501, '<html>', false],
  [408, '<html>', false],
  [425, '<html>', false],
  [429, '<html>', false],
])('a %i of %s says that the words are foreign: %o', async (status, body, isForeign) => {
  const { failure } = await ask(says(status, body));
  expect(failure?.message.includes(note)).toBe(isForeign);
});

test('a dialect without a name is the given one', async () => {
  const { name: _, ...dialect } = pathDialect;
  const { failure } = await ask(says(200, '<html>'), { dialect });
  expect(failure?.message).toContain('not in words of the given dialect');
});

test('an answer that says what happened is no failure', async () => {
  const done = await ask(says(201, ''));
  expect(done).toMatchObject({ verdict: 'done', inDoubt: false });
  expect(done).not.toHaveProperty('failure');
});

test('how long to wait is read from the answer', async () => {
  expect(await ask(says(429, '', { 'retry-after': '3' }))).toMatchObject({ retryAfter: 3_000 });
  expect(await ask(says(429, ''))).not.toHaveProperty('retryAfter');
});

test('no answer at all leaves it in doubt', async () => {
  const lost = await ask(() => Promise.reject(new TypeError('fetch failed')));
  expect(lost).toMatchObject({ verdict: 'unknown', inDoubt: true });
  expect(lost.failure).toBeInstanceOf(ConnectionError);
});

test('what was never sent is refused', async () => {
  const unfit: GroupDialect = {
    ...pathDialect,
    request: () => ({ method: 'GET', url: 'http://a.test/', headers: { 'bad name': 'x' } }),
  };
  const refused = await ask(says(201, ''), { dialect: unfit });
  expect(refused).toMatchObject({ verdict: 'refused', inDoubt: false, sent: [] });
  expect(refused.failure).toBeInstanceOf(ConfigError);
});

test.each([
  [new HoldfastError('not so', { code: 'TEST' }), 'not so'],
  [new Error('broken dialect'), 'the attempt failed without an answer'],
])('what a dialect throws for a request (%s) is a refusal', async (error, message) => {
  const broken: GroupDialect = {
    ...pathDialect,
    request: () => {
      throw error;
    },
  };
  const { verdict, inDoubt, failure, sent } = await ask(says(201, ''), { dialect: broken });
  expect({ verdict, inDoubt, sent }).toEqual({ verdict: 'refused', inDoubt: false, sent: [] });
  expect(failure?.message).toBe(message);
  if (!(error instanceof HoldfastError)) expect(failure?.cause).toBe(error);
});

test('credentials of the node go out with its requests, and none where there are none', async () => {
  const { sent } = await ask(says(201, ''), { authorization: 'Basic x' });
  expect(sent[0]?.headers).toEqual({ 'content-type': 'application/json', authorization: 'Basic x' });
  expect((await ask(says(201, ''))).sent[0]?.headers).not.toHaveProperty('authorization');
});

test('a dialect hears the headers of the answer', async () => {
  const heard: (string | undefined)[] = [];
  const dialect: GroupDialect = {
    ...headerDialect,
    classify: (kind, answer) => {
      heard.push(answer.header('x-mark'));
      return headerDialect.classify(kind, answer);
    },
  };
  await ask(says(201, 'CREATED', { 'x-mark': 'here' }), { dialect });
  expect(heard).toEqual(['here']);
});

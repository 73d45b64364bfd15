import { expect, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';
import { virtualClock } from '../../src/testing/virtual-clock.ts';

const COUNTS = '[true, {"node01": 2, "node02": 2}]';
const NODES = { node01: 'http://server/v1', node02: 'http://server/v1' };

/** A client of a server that gives these answers, one after the other, and then no other. */
function clientOf(...answers: (() => Response)[]) {
  const asked: string[] = [];
  const inits: (RequestInit | undefined)[] = [];
  const fetch = async (input: URL | RequestInfo, init?: RequestInit) => {
    asked.push(String(input));
    inits.push(init);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer === undefined) throw new TypeError('nobody there');
    return answer();
  };
  const retry = { attempts: 3, baseDelay: 1, maxDelay: 1 };
  return { asked, inits, client: new ClusterClient(NODES, { dialect: 'header', fetch, retry }) };
}

const answers = (status: number, body: string, headers = {}) => new Response(body, { status, headers });

test('one server is asked for the counts of all nodes', async () => {
  const { asked, client } = clientOf(() => answers(200, COUNTS));
  expect(await client.stats()).toEqual({ consistent: true, counts: { node01: 2, node02: 2 } });
  expect(asked).toEqual(['http://server/v1/stats']);
});

test('the first node is asked, with its credentials', async () => {
  const { inits, client } = clientOf(() => answers(200, COUNTS));
  await client.stats();
  expect(inits[0]).toMatchObject({ method: 'GET', headers: { node: 'node01' } });
  expect(inits[0]?.headers).not.toHaveProperty('authorization');

  const sent: (RequestInit | undefined)[] = [];
  const urls = { node01: 'http://user:secret@server/v1', node02: 'http://server/v1' };
  const fetch = async (_: URL | RequestInfo, init?: RequestInit) => {
    sent.push(init);
    return answers(200, COUNTS);
  };
  await new ClusterClient(urls, { dialect: 'header', fetch }).stats();
  expect(sent[0]?.headers).toEqual({ node: 'node01', authorization: `Basic ${btoa('user:secret')}` });
});

test('the time for an attempt is that of the call, else that of the client', async () => {
  const clock = virtualClock();
  const fetch = () => new Promise<Response>(() => undefined);
  const options = { dialect: 'header', fetch, clock, attemptTimeout: 700, retry: { attempts: 1 } } as const;
  const client = new ClusterClient(NODES, options);
  await expect(clock.run(client.stats())).rejects.toThrow('within 700 ms');
  await expect(clock.run(client.stats({ attemptTimeout: 300 }))).rejects.toThrow('within 300 ms');
});

test.each([408, 425, 429, 500, 503])('a %i says that it may be worth another try', async (status) => {
  const { asked, client } = clientOf(() => answers(status, 'wait'));
  await expect(client.stats()).rejects.toMatchObject({ status, retryable: true });
  expect(asked).toHaveLength(3);
});

test.each([
  ['words that are no JSON', '<h1>', 'http://server/v1/stats did not answer [boolean, {node: count}]; use'],
  [
    'no count of a node',
    '[true, {}]',
    'http://server/v1/stats does not count node01, node02; use audit(ids)',
  ],
])('an answer with %s is refused, and says why', async (_, body, message) => {
  const { client } = clientOf(() => answers(200, body));
  await expect(client.stats()).rejects.toMatchObject({
    name: 'ConfigError',
    issues: [{ path: 'stats', message: expect.stringContaining(message) }],
  });
});

test.each([
  ['an error of the server', () => answers(500, '')],
  [
    'a lost connection',
    (): Response => {
      throw new TypeError('fetch failed');
    },
  ],
  ['a refusal for now', () => answers(429, '', { 'retry-after': '0' })],
])('%s is asked again', async (_, failing) => {
  const { asked, client } = clientOf(failing, failing, () => answers(200, COUNTS));
  expect(await client.stats()).toMatchObject({ consistent: true });
  expect(asked).toHaveLength(3);
});

test('attempts that are used up end with the error of the last one', async () => {
  const { asked, client } = clientOf(() => answers(503, 'down'));
  await expect(client.stats()).rejects.toMatchObject({ name: 'HttpError', status: 503 });
  expect(asked).toHaveLength(3);
});

test('a refusal is not asked again', async () => {
  const { asked, client } = clientOf(() => answers(403, 'no'));
  await expect(client.stats()).rejects.toMatchObject({ name: 'HttpError', status: 403, retryable: false });
  expect(asked).toHaveLength(1);
});

test.each(['<h1>Hello</h1>', '[true, {"node01": 2}]', '{}'])(
  'an answer that does not count every node (%s) is refused and names what serves instead',
  async (body) => {
    const { client } = clientOf(() => answers(200, body));
    await expect(client.stats()).rejects.toThrow(/audit\(ids\)/);
  },
);

test('an abort ends the wait for the next attempt', async () => {
  const controller = new AbortController();
  const { client } = clientOf(() => {
    queueMicrotask(() => setImmediate(() => controller.abort(new Error('enough'))));
    return answers(503, '', { 'retry-after': '20' });
  });
  await expect(client.stats({ signal: controller.signal })).rejects.toThrow('enough');
});

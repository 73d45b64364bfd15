import { expect, test } from 'vitest';
import { ClusterClient } from '../../src/cluster/cluster-client.ts';

const COUNTS = '[true, {"node01": 2, "node02": 2}]';
const NODES = { node01: 'http://server/v1', node02: 'http://server/v1' };

/** A client of a server that gives these answers, one after the other, and then no other. */
function clientOf(...answers: (() => Response)[]) {
  const asked: string[] = [];
  const fetch = async (input: URL | RequestInfo) => {
    asked.push(String(input));
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer === undefined) throw new TypeError('nobody there');
    return answer();
  };
  const retry = { attempts: 3, baseDelay: 1, maxDelay: 1 };
  return { asked, client: new ClusterClient(NODES, { dialect: 'header', fetch, retry }) };
}

const answers = (status: number, body: string, headers = {}) => new Response(body, { status, headers });

test('one server is asked for the counts of all nodes', async () => {
  const { asked, client } = clientOf(() => answers(200, COUNTS));
  expect(await client.stats()).toEqual({ consistent: true, counts: { node01: 2, node02: 2 } });
  expect(asked).toEqual(['http://server/v1/stats']);
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
  await expect(client.stats()).rejects.toMatchObject({ name: 'HttpError', status: 403 });
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

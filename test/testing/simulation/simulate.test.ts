import { beforeEach, describe, expect, test } from 'vitest';
import { simulate } from '../../../src/testing/simulation/simulate.ts';
import type { SimulationContext } from '../../../src/testing/simulation/simulation-options.ts';
import { describeSimulation } from '../../../src/testing/simulation/simulation-report.ts';

beforeEach(() => {
  const { stackTraceLimit } = Error;
  // Most of the time would go into the stacks of errors that nobody reads.
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
});

describe('a simulation of the built-in clients', () => {
  test('breaks no promise', async () => {
    const sums = {
      requests: 0,
      crashes: 0,
      recoveries: 0,
      faults: new Set<string>(),
      endings: new Set<string>(),
    };
    for (let seed = 1; seed <= 120; seed++) {
      const report = await simulate({ seed });
      expect(report.ok ? '' : describeSimulation(report)).toBe('');
      sums.requests += report.requests;
      sums.crashes += report.crashes;
      sums.recoveries += report.recoveries;
      for (const kind of Object.keys(report.faults)) sums.faults.add(kind);
      for (const [ending, count] of Object.entries(report.operations))
        if (count > 0) sums.endings.add(ending);
    }
    expect(sums.requests).toBeGreaterThan(1_000);
    expect(sums.crashes).toBeGreaterThan(20);
    expect(sums.recoveries).toBeGreaterThan(20);
    expect([...sums.endings].sort()).toEqual(ENDINGS);
    // Too rare to count on.
    sums.faults.delete('commit-beyond-settle');
    expect([...sums.faults].sort()).toEqual(FAULTS);
  });

  test.each([1, 2, 3, 5, 8])('replays seed %i to the byte', async (seed) => {
    const first = await simulate({ seed });
    const second = await simulate({ seed });
    expect(second).toEqual(first);
    expect(second.trace.length).toBeGreaterThan(5);
  });

  test('replays while another one runs in the same process', async () => {
    const alone = await simulate({ seed: 4 });
    const [beside] = await Promise.all([simulate({ seed: 4 }), simulate({ seed: 9 })]);
    expect(beside.digest).toBe(alone.digest);
  });

  test('differs from seed to seed', async () => {
    const reports = await Promise.all([1, 2, 3, 4].map((seed) => simulate({ seed })));
    expect(new Set(reports.map(({ digest }) => digest)).size).toBe(4);
  });
});

const ENDINGS = ['aborted', 'changed', 'crashed', 'inconsistent', 'rolled-back', 'unavailable', 'unchanged'];

const FAULTS = [
  'answer-held',
  'answer-lost',
  'bad-gateway',
  'clock-jump',
  'commit-after-the-end',
  'error-after',
  'error-before',
  'expired',
  'gateway-late',
  'hang-after',
  'hang-before',
  'journal-write-fails',
  'late-commit',
  'late-reset',
  'lock-lost',
  'node-refuses',
  'node-restart',
  'request-held',
  'request-lost',
  'reset-after',
  'reset-before',
  'slow',
  'timeout-before',
  'too-many',
  'truncated',
  'unavailable',
];

describe("a simulation of a user's own code", () => {
  test('finds the seed at which a lost answer leaves a group on some nodes only', async () => {
    const found = await firstViolation(createWithoutDoubt);
    expect(found).toMatch(/^orders is on node0\d.* only, of node01, node02, node03$/);
  });

  test('finds none where the code does it right', async () => {
    expect(
      await firstViolation(async ({ cluster }) => {
        await cluster.createGroup('orders').catch(() => undefined);
      }),
    ).toBeUndefined();
  });

  test('replays to the byte, and costs no real time', async () => {
    const options = { seed: 7, workload: createWithoutDoubt };
    const first = await simulate(options);
    expect(await simulate(options)).toEqual(first);
    const slow = await simulate({
      seed: 1,
      faults: {},
      workload: async ({ sleep, log, clock }) => {
        await sleep(86_400_000);
        log(`it is ${new Date(clock.now()).toISOString()}`);
      },
    });
    expect(slow.trace.join('\n')).toContain('workload: it is 2026-01-02T00:00:00.000Z');
    expect(slow.virtualTime).toBeGreaterThanOrEqual(86_400_000);
  });

  test('says what the workload rejects with, and what the check does', async () => {
    const report = await simulate({
      seed: 1,
      faults: {},
      workload: async ({ cluster }) => {
        await cluster.createGroup('a');
        throw new Error('out of paper');
      },
      check: (records) => {
        expect([...records.values()]).toEqual([[{ groupId: 'a' }], [{ groupId: 'a' }], [{ groupId: 'a' }]]);
        throw new Error('out of ink');
      },
    });
    expect(report).toMatchObject({
      ok: false,
      violations: ['the workload rejected: Error: out of paper', 'the check failed: Error: out of ink'],
      operations: { changed: 1 },
      requests: 6,
    });
    expect(describeSimulation(report)).toContain('seed 1 (digest ');
  });

  test('says that a workload waits for what never comes', async () => {
    const report = await simulate({
      seed: 1,
      faults: { 'hang-before': 1 },
      workload: ({ fetch, urls }) => fetch(`${urls['node01']}/v1/group/a/`),
    });
    expect(report.violations).toEqual([expect.stringContaining('the workload has not ended')]);
  });

  test('does not count what an InconsistentClusterError has named', async () => {
    const report = await simulate({
      seed: 1,
      faults: { 'error-after': 0.5, expired: 0.3 },
      client: { retry: { attempts: 2 }, rollbackRetry: { attempts: 1 } },
      workload: async ({ cluster }) => {
        for (let id = 0; id < 40; id++) await cluster.createGroup(`g${id}`).catch(() => undefined);
      },
    });
    expect(report.violations).toEqual([]);
    expect(report.operations.inconsistent).toBeGreaterThan(0);
  });

  test('carries a Request, headers of any kind and every way to read an answer', async () => {
    const heard: unknown[] = [];
    const report = await simulate({
      seed: 1,
      faults: {},
      dialect: 'header',
      workload: async ({ fetch, urls: { node01: url = '' } }): Promise<void> => {
        const post = { method: 'POST', body: '{"groupId": "a"}' };
        const created = await fetch(new Request(`${url}/group`, { ...post, headers: { node: 'node01' } }));
        heard.push(created instanceof Response, created.ok, created.status, await created.text());
        const again = await fetch(new URL(`${url}/group`), {
          ...post,
          headers: new Headers({ Node: 'node01' }),
        });
        heard.push(again.clone().headers.get('content-type'), await again.json(), again.bodyUsed);
        const read = await fetch(`${url}/group/a`, { headers: [['node', 'node01']] });
        heard.push(new TextDecoder().decode(await read.arrayBuffer()));
        const stats = await fetch(`${url}/stats`);
        const chunks: string[] = [];
        for await (const chunk of stats.body ?? []) chunks.push(new TextDecoder().decode(chunk));
        heard.push(chunks.join(''));
        await fetch('http://elsewhere.test/').catch((error: Error) => heard.push(error.message));
      },
      check: () => undefined,
    });
    expect(report.violations).toEqual([]);
    expect(heard).toEqual([
      ...[true, true, 201, 'CREATED\n'],
      ...['application/json', { message: 'Perhaps the object exists.', status: 400 }, true],
      '{"groupId":"a"}\n',
      '[false, {"node01": 1, "node02": 0, "node03": 0}]',
      'fetch failed',
    ]);
  });
});

const workload = async () => undefined;

test.each([
  [{ seed: 1.5 }, 'options.seed', 'expected a whole number, received 1.5'],
  [{ seed: 1, nodes: 3 }, 'options.nodes', 'has no effect without a workload'],
  [{ seed: 1, workload, nodes: 0 }, 'options.nodes', 'at least 1'],
  [{ seed: 1, workload: 1 }, 'options.workload', 'expected a function'],
  [{ seed: 1, workload, faults: { slow: 2 } }, 'options.faults.slow', 'from 0 to 1'],
  [
    { seed: 1, workload, faults: { slow: 0.6, 'request-lost': 0.6 } },
    'options.faults',
    'at most 1 together, received 1.2',
  ],
  [{ seed: 1, workload, faults: { lost: 1 } }, 'options.faults.lost', 'is not an option'],
  [{ seed: 1, workload, client: { clock: undefined } }, 'options.client.clock', 'the simulation itself'],
])('refuses %j', async (options, path, message) => {
  const refused = simulate(options as never);
  await expect(refused).rejects.toMatchObject({ name: 'ConfigError', issues: [{ path }] });
  await expect(refused).rejects.toThrow(message);
});

/** What a service without this library would do, and what is wrong with it: an error is taken for "nothing happened". */
async function createWithoutDoubt({ fetch, urls, sleep }: SimulationContext): Promise<void> {
  const created: string[] = [];
  const send = async (method: string, url: string) => {
    const timeout = new AbortController();
    void sleep(1_000).then(() => timeout.abort());
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ groupId: 'orders' });
    const { ok } = await fetch(`${url}/v1/group/`, { method, headers, body, signal: timeout.signal });
    if (!ok) throw new Error(`${method} failed`);
  };
  try {
    for (const url of Object.values(urls)) {
      await send('POST', url);
      created.push(url);
    }
  } catch {
    for (const url of created) await send('DELETE', url).catch(() => undefined);
  }
}

async function firstViolation(
  workload: (context: SimulationContext) => Promise<void>,
): Promise<string | undefined> {
  for (let seed = 1; seed <= 50; seed++) {
    const { violations } = await simulate({ seed, workload });
    if (violations.length > 0) return violations[0];
  }
  return undefined;
}

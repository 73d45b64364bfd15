import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultPlan, type GroupNodes, startGroupNodes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { nodesOption } from './job.ts';
import { startScript } from './script.ts';

const always = Number.POSITIVE_INFINITY;

test('on nodes of its own it shows an answer for each ending of an operation, and what a caller who hangs up leaves', {
  timeout: 60_000,
}, async () => {
  using service = startScript('order-service.ts', ['--port', '0', '--recover-every', '500']);
  await service.printed(/recovered \\"left-apart\\"/);
  await service.printed(/GET \/orders\/plain +404/);
  service.kill('SIGTERM');
  const { code, out } = await service.end;
  expect(code).toBe(0);
  const answers = out.matchAll(/^(PUT|DELETE|GET) +\/orders\/(\S+) +(\S+) *(.*)$/gm);
  const lines = [...answers].map(
    ([, method, id, status, text]) => [`${method} ${id} ${status}`, text] as const,
  );
  expect(lines.map(([line]) => line).sort()).toEqual([
    'DELETE plain 204',
    'GET plain 200',
    'GET plain 404',
    'PUT answer-lost 201',
    'PUT failing 201',
    'PUT hung-up-on ---',
    'PUT left-apart 500',
    'PUT node-away 503',
    'PUT node-refuses 503',
    'PUT plain 200',
    'PUT plain 201',
  ]);
  const told = new Map(lines);
  expect(told.get('PUT node-away 503')).toContain('"NODE_UNAVAILABLE"');
  expect(told.get('PUT node-refuses 503')).toContain('"ROLLED_BACK"');
  expect(told.get('PUT left-apart 500')).toMatch(/"CLUSTER_INCONSISTENT".*"nodes":\["node01"\]/);
});

test('answers orders, looks, health and metrics, and what is no order', async () => {
  await using nodes = await startGroupNodes({
    faults: FaultPlan.script([
      { key: 'away', method: 'POST', node: 'node03', fault: 'expired', times: always },
      { key: 'a b', method: 'POST', node: 'node02', fault: 'error-before' },
    ]),
  });
  using service = startScript('order-service.ts', await optionsFor(nodes, '--deadline', '20000'));
  const url = await readyUrl(service);
  const put = (path: string) => fetch(url + path, { method: 'PUT' });

  expect((await put('/orders/a%20b')).status).toBe(201);
  expect((await put('/orders/a%20b')).status).toBe(200);
  expect(idsOf(nodes)).toEqual([['a b'], ['a b'], ['a b']]);
  const away = await put('/orders/away');
  expect(away.status).toBe(503);
  expect(away.headers.get('retry-after')).toBe('1');
  expect(await away.json()).toMatchObject({ error: 'ROLLED_BACK' });

  nodes.remove('node02', 'a b');
  const split = await fetch(`${url}/orders/a%20b`);
  expect([split.status, await split.json()]).toMatchObject([
    409,
    { nodes: { node01: 'present', node02: 'absent' } },
  ]);

  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ready' });
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
    /orders_operations_total\{operation="create",outcome="changed"\} 1\n[\s\S]*outcome="rolled-back"\} 1\n[\s\S]*orders_node_retries_total [1-9]/,
  );
  expect((await put('/orders/%ff')).status).toBe(400);
  expect((await put('/orders/%07')).status).toBe(400);
  expect((await put('/nowhere')).status).toBe(404);
  expect((await fetch(`${url}/orders/x`, { method: 'POST', body: 'of no use' })).status).toBe(405);
  service.interrupt();
  expect(await service.end).toMatchObject({ code: 0 });
});

test('undoes what a caller asked for who hangs up', async () => {
  await using nodes = await startGroupNodes({ faults: refusedBy('node02') });
  using service = startScript('order-service.ts', await optionsFor(nodes, '--deadline', '600000'));
  const url = await readyUrl(service);
  const caller = new AbortController();
  const call = fetch(`${url}/orders/x`, { method: 'PUT', signal: caller.signal });
  await expect.poll(() => nodes.records().get('node01')).toHaveLength(1);
  caller.abort();
  await expect(call).rejects.toThrow('aborted');
  await expect.poll(() => idsOf(nodes)).toEqual([[], [], []]);
  await service.printed(/"status":"hung up"/);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('at SIGTERM takes no more, and ends what is under way', async () => {
  const hanging = FaultPlan.script([{ node: 'node02', method: 'POST', fault: 'hang-before', times: 3 }]);
  await using nodes = await startGroupNodes({ faults: hanging });
  using service = startScript('order-service.ts', await optionsFor(nodes, '--deadline', '600000'));
  const url = await readyUrl(service);
  const call = fetch(`${url}/orders/x`, { method: 'PUT' });
  await expect.poll(() => nodes.records().get('node01')).toHaveLength(1);
  service.kill('SIGTERM');
  await expect
    .poll(() =>
      fetch(`${url}/health`).then(
        ({ status }) => status,
        () => 'refused',
      ),
    )
    .toBe('refused');
  const answer = await call;
  expect([answer.status, answer.headers.get('connection')]).toEqual([201, 'close']);
  expect(await service.end).toMatchObject({ code: 0 });
  expect(idsOf(nodes)).toEqual([['x'], ['x'], ['x']]);
});

test('at SIGTERM undoes what is still under way after its grace, and says so', async () => {
  await using nodes = await startGroupNodes({ faults: refusedBy('node02') });
  const options = await optionsFor(nodes, '--deadline', '600000', '--grace', '0');
  using service = startScript('order-service.ts', options);
  const url = await readyUrl(service);
  const call = fetch(`${url}/orders/x`, { method: 'PUT' });
  await expect.poll(() => nodes.records().get('node01')).toHaveLength(1);
  service.kill('SIGTERM');
  const answer = await call;
  expect([answer.status, await answer.json()]).toMatchObject([503, { error: 'ROLLED_BACK' }]);
  // Not for the attempts that fail: those would have gone on.
  expect(await service.end).toMatchObject({
    code: 0,
    err: expect.stringContaining('was undone on every node: the caller aborted it'),
  });
  expect(idsOf(nodes)).toEqual([[], [], []]);
});

test('once started again after SIGKILL ends what it had begun, and takes no order before', async () => {
  const faults = FaultPlan.script([
    { node: 'node02', method: 'POST', fault: 'error-before', times: always },
    // So that the recovery takes its time.
    { node: 'node01', method: 'DELETE', fault: 'error-before', times: 12 },
  ]);
  await using nodes = await startGroupNodes({ faults });
  const options = await optionsFor(nodes, '--deadline', '600000');
  {
    using service = startScript('order-service.ts', options);
    const url = await readyUrl(service);
    const call = fetch(`${url}/orders/x`, { method: 'PUT' }).then(
      () => 'answered',
      () => 'cut off',
    );
    await expect.poll(() => idsOf(nodes)).toEqual([['x'], [], ['x']]);
    service.kill('SIGKILL');
    expect(await call).toBe('cut off');
    await service.end;
  }
  using service = startScript('order-service.ts', options);
  const url = await service.printed(URL_LINE);
  const early = await fetch(`${url}/orders/y`, { method: 'PUT' });
  expect([early.status, await early.json()]).toEqual([503, { error: 'RECOVERING' }]);
  expect((await fetch(`${url}/health`)).status).toBe(503);
  await readyUrl(service);
  await service.printed(/recovered \\"x\\"","status":"ended"/);
  expect(idsOf(nodes)).toEqual([[], [], []]);
  service.interrupt();
  expect(await service.end).toMatchObject({ code: 0 });
});

test.each([
  [['--nodes', 'a=http://a.test'], '--nodes and --journal go together'],
  [
    ['--nodes', 'a=http://a.test', '--journal', 'x.db', '--seed', '2'],
    '--failures and --seed are of nodes in',
  ],
  [['--grace', '1.5'], '--grace takes a whole number from 0 to 86400000, received "1.5"'],
  [['more'], '"more" belongs to no option'],
])('%j is refused in words', async (args, message) => {
  const { code, out, err } = await startScript('order-service.ts', args).end;
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(message);
  expect(err).not.toContain('    at ');
});

test('a port that is taken is named', async () => {
  await using nodes = await startGroupNodes({ nodes: 1 });
  const { port } = new URL(nodes.urls['node01'] ?? '');
  const { code, err } = await startScript('order-service.ts', ['--port', port]).end;
  expect(code).toBe(1);
  expect(err).toContain(`cannot listen on --port ${port} (EADDRINUSE); choose another. Try --help\n`);
});

const URL_LINE = /http:\/\/127\.0\.0\.1:\d+/;

const refusedBy = (node: string) =>
  FaultPlan.script([{ node, method: 'POST', fault: 'error-before', times: always }]);

const idsOf = (nodes: GroupNodes) =>
  [...nodes.records().values()].map((records) => records.map(({ groupId }) => groupId));

async function optionsFor(nodes: GroupNodes, ...more: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'order-service-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return [
    '--port',
    '0',
    '--nodes',
    nodesOption(nodes.urls),
    '--journal',
    join(folder, 'journal.db'),
    ...more,
  ];
}

async function readyUrl(service: ReturnType<typeof startScript>): Promise<string> {
  const [, url = ''] = /curl -X PUT (\S+)\/orders/.exec(await service.printed(/ready, until.*/)) ?? [];
  return url;
}

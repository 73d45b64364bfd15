import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { readBatchSettings } from '../../examples/support/config-action-batch-settings.ts';
import { runBatch } from '../../examples/support/run-batch.ts';
import { capturePrinted } from './printed.ts';
import { startScript } from './script.ts';

const never = new AbortController().signal;

test('without any option it runs the first action of the sample config on a mini Kubernetes', async () => {
  const { code, out, err } = await startScript('config-action-batch.ts', []).end;
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(/^without --kubeconfig: a mini Kubernetes .* with 8 Waku-like pods\n/),
  });
  expect(err).toContain('publish-to-clients: 20 of 20\n');
  expect(out).toMatch(/^pod +ok +failed +skipped +last error\nclient-0-0 +4 +0 +0\n/);
  expect(out).toMatch(/\nsucceeded +20\nfailed +0\nnot made +0\n/);
  expect(out).toContain(String.raw`10 answered 200 "{\"relayPeerCount\":3}"`);
});

test('--dry-run prints the plan as a table and sends nothing', async () => {
  const { seen, args } = await startPods();
  const { out } = capturePrinted();
  expect(await runBatch([...args, '--action', 'twice', '--dry-run'], {}, never)).toBe(true);
  expect(out).toEqual([
    expect.stringMatching(/^pod +target +request +method +url +params$/),
    expect.stringMatching(/^pod-0 +all +get +GET +http:\/\/127\.1\.8\.1:\d+\/x$/),
    expect.stringMatching(/^pod-1 +all +get +GET +http:\/\/127\.1\.8\.2:\d+\/x$/),
    expect.stringMatching(/^pod-0 +all +get +GET/),
    expect.stringMatching(/^pod-1 +all +get +GET/),
    '4 calls, none of them made',
  ]);
  expect(seen).toEqual([]);
});

test('--dry-run shows the params of a call beside its url', async () => {
  const { args, folder } = await startPods();
  const more = join(folder, 'more.yaml');
  const action = {
    name: 'pages',
    requests: ['page', 'long'].map((name) => ({
      name,
      endpoint: {
        name,
        url: 'http://{node}:{port}/page',
        type: 'GET',
        params: { size: 2, of: name === 'long' ? 'x'.repeat(200) : 'y' },
      },
    })),
    targets: ['all'],
    loop_order: 'foreach_pod_make_all_requests',
  };
  await writeFile(more, JSON.stringify({ actions: [action] }));
  const { out } = capturePrinted();
  expect(await runBatch([...args, more, '--action', 'pages', '--dry-run'], {}, never)).toBe(true);
  expect(out[1]).toMatch(/ GET +http:\S+\/page +\{"size":2,"of":"y"\}$/);
  expect(out[2]).toMatch(/ GET +http:\S+\/page +\{"size":2,"of":"x{84}…$/);
});

test('counts for each pod what came of its calls, and fails where one failed', async () => {
  const { args } = await startPods((pod, response) => {
    response.statusCode = pod === 1 ? 404 : 200;
    response.end(pod === 1 ? 'gone' : 'OK');
  });
  const { out, err } = capturePrinted();
  expect(await runBatch([...args, '--action', 'twice'], {}, never)).toBe(false);
  expect(out.slice(1, 5)).toEqual([
    expect.stringMatching(/^pod-0 +2 +0 +0$/),
    expect.stringMatching(/^pod-1 +0 +2 +0 +GET http:\/\/127\.1\.8\.2:\d+\/x answered 404$/),
    expect.stringMatching(/^succeeded +2$/),
    expect.stringMatching(/^failed +2$/),
  ]);
  expect(out).toContain('2 answered 404 "gone"');
  expect(err).toContain('pod-new was left out: no-ip');
  expect(err).toContain('twice: 4 of 4, 2 failed');
});

test('--fail-above stops it, and says so', async () => {
  const { args, seen } = await startPods((_pod, response) => response.writeHead(404).end());
  const { out, err } = capturePrinted();
  expect(await runBatch([...args, '--action', 'twice', '--fail-above', '0'], {}, never)).toBe(false);
  expect(seen).toEqual(['pod-0']);
  expect(err).toContain('stopped: more than 0 failed (--fail-above)');
  expect(out).toContainEqual(expect.stringMatching(/^not made +3$/));
});

test('several configs make one, and --shard takes a part of the pods', async () => {
  const { args, seen, folder } = await startPods();
  const more = join(folder, 'more.yaml');
  const action = {
    name: 'once',
    requests: ['get'],
    targets: ['all'],
    loop_order: 'foreach_pod_make_all_requests',
  };
  await writeFile(more, JSON.stringify({ actions: [action] }));
  capturePrinted();
  expect(await runBatch([...args, more, '--action', 'once', '--shard', '1/2'], {}, never)).toBe(true);
  expect(seen).toEqual(['pod-1']);
});

test('--via api-proxy goes through the API server', async () => {
  const { args, seen } = await startPods();
  capturePrinted();
  expect(await runBatch([...args, '--action', 'twice', '--via', 'api-proxy'], {}, never)).toBe(true);
  expect(seen.toSorted()).toEqual(['pod-0', 'pod-0', 'pod-1', 'pod-1']);
});

test.each<[readonly string[], Readonly<Record<string, string>>, string | RegExp]>([
  [['--action', 'twic'], {}, 'there is no action "twic"; the nearest is twice. Try --help'],
  [['--shard', '2/2'], {}, '--shard must be I/N with I from 0 to N-1, received "2/2". Try --help'],
  [[], { JOB_COMPLETION_INDEX: '3' }, '$JOB_COMPLETION_INDEX/$SHARDS must be I/N'],
  [['--via', 'proxy'], {}, 'there is no way "proxy"'],
  [['--concurrency', '0'], {}, '--concurrency takes a whole number of at least 1'],
  [['--fail-above', 'x%'], {}, '--fail-above takes a whole number or a share'],
  [['--dry'], {}, 'there is no option --dry'],
])('%j with %j is refused in words', async (more, env, message) => {
  const { args, seen } = await startPods();
  capturePrinted();
  const given = more.includes('--action') ? more : ['--action', 'twice', ...more];
  await expect(runBatch([...args, ...given], env, never)).rejects.toThrow(message);
  expect(seen).toEqual([]);
});

test('what a real cluster needs is asked for', () => {
  expect(() => readBatchSettings(['--kubeconfig', 'x', '--config', 'y'], {})).toThrow('give an --action');
  expect(() => readBatchSettings(['--kubeconfig', 'x', '--action', 'y'], {})).toThrow('give a --config');
  expect(() => readBatchSettings(['x.yaml'], {})).toThrow('"x.yaml" belongs to no option');
});

test('mistakes of a config come with file, line and column, and exit code 1; --help is 0', async () => {
  const folder = await temporary();
  const file = join(folder, 'wrong.yaml');
  await writeFile(file, 'requests:\n  - { name: a, endpoint: b }\n');
  const [wrong, help] = await Promise.all([
    startScript('config-action-batch.ts', ['--config', file]).end,
    startScript('config-action-batch.ts', ['--help']).end,
  ]);
  expect(wrong).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining(`${file}:2:26: requests[0].endpoint`),
  });
  expect(help).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/^Usage: .* config-action-batch /),
  });
});

/** Two pods, and one without an address, in a cluster of their own; and the arguments that name all this. */
async function startPods(
  answer: (pod: number, response: Parameters<RequestListener>[1]) => void = (_pod, response) =>
    response.end('OK'),
) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const pod = podOf(request);
    seen.push(`pod-${pod}`);
    answer(pod, response);
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const kubernetes = await startMiniKubernetes();
  const folder = await temporary();
  onTestFinished(async () => {
    await kubernetes.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  for (const pod of [0, 1]) {
    await kubernetes.addPod({
      name: `pod-${pod}`,
      namespace: 'there',
      ip: `127.1.8.${pod + 1}`,
      ports: [port],
    });
  }
  await kubernetes.addPod({ name: 'pod-new', namespace: 'there', ip: null });
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    JSON.stringify({
      targets: [{ name: 'all', port }],
      endpoints: [{ name: 'x', url: 'http://{node}:{port}/x', type: 'GET' }],
      requests: [{ name: 'get', endpoint: 'x' }],
      actions: [
        {
          name: 'twice',
          requests: ['get'],
          targets: ['all'],
          pod_count: 4,
          order: 'ascending',
          loop_order: 'foreach_pod_make_all_requests',
        },
      ],
    }),
  );
  const args = ['--kubeconfig', kubernetes.kubeconfig, '--namespace', 'there', '--config', config];
  return { args, seen, folder };
}

const podOf = ({ socket: { localAddress = '' } }: IncomingMessage) =>
  Number(localAddress.split('.').at(-1)) - 1;

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'config-action-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKubernetes, type KubernetesObject, shardOf } from 'holdfast';
import { FaultPlan, type Image, startGroupNodes, startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { watchedPlan } from '../fault/watched.ts';
import { applyManifests } from './apply.ts';
import { connectAsUser } from './as-user.ts';
import { deployed } from './deployed.ts';
import { nodesOption, job as runJob } from './job.ts';
import { find } from './manifests.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COUNT = 40;
const KILLED = 1;

type Job = KubernetesObject<'jobs'>;

/** As the image's entry point does; SIGKILL ends it. */
const startExample = (args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal) =>
  spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });

test('each index creates its shard of the groups, though one is killed in the middle of its writes', async () => {
  const built = await deployed('cluster');
  const folder = await mkdtemp(join(tmpdir(), 'groups-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');

  const runs = new Map<string, ChildProcess[]>();
  const printed: string[] = [];
  const groups: Image = async ({ env, args, podName, signal }) => {
    const index = env['JOB_COMPLETION_INDEX'] ?? '';
    // An emptyDir is the pod's.
    await mkdir(join(folder, podName), { recursive: true });
    const mine = args
      .map((arg) => arg.replace('/journal/', `${folder}/${podName}/`))
      .map((arg) => arg.replace(/^--count=.*/, `--count=${COUNT}`));
    const child = startExample(mine, { ...env, KUBECONFIG: kubeconfig }, signal);
    runs.set(index, [...(runs.get(index) ?? []), child]);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => printed.push(`${index}: ${text}`));
    }
    const [code] = await once(child, 'exit');
    return code ?? 137;
  };

  let killed = '';
  const plan = FaultPlan.seeded(3, { 'error-before': 0.1, 'error-after': 0.05 });
  const faults = watchedPlan(plan, ({ method, key }) => {
    if (killed !== '' || method !== 'POST' || shardOf(key, 4) !== KILLED) return;
    killed = key;
    runs.get(String(KILLED))?.[0]?.kill('SIGKILL');
  });
  await using nodes = await startGroupNodes({ dialect: 'path', faults });
  await using kubernetes = await startMiniKubernetes({
    images: { 'registry.example/groups': groups },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': { user: 'groups', allow: find(built, 'Role').rules },
    },
  });
  await connectAsUser('groups', kubernetes.kubeconfig, kubeconfig);

  await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, context: 'admin' });
  const data = { nodes: nodesOption(nodes.urls) };
  const filledIn = built.map((one) => (one.kind === 'ConfigMap' ? { ...one, data } : one));
  await applyManifests({ url: kubernetes.url, token: 'admin' }, filledIn);
  const ended = await untilEnded(kube);
  expect(ended.status, printed.join('')).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  expect(killed).not.toBe('');
  expect(runs.get(String(KILLED))?.map(({ signalCode, exitCode }) => signalCode ?? exitCode)).toEqual([
    'SIGKILL',
    0,
  ]);
  // What the first run had begun, the second ended before it did its own.
  expect(printed.join('')).toContain(`recovered ${JSON.stringify(killed)}: changed`);
  const all = Array.from({ length: COUNT }, (_, id) => String(id)).sort();
  for (const records of nodes.records().values()) {
    expect(records.map(({ groupId }) => groupId).sort()).toEqual(all);
  }
  for await (const lease of kube.list('leases')) expect.unreachable(`${lease.metadata?.name} is left`);
}, 180_000);

test('the Job creates its groups on the unstable nodes that are deployed beside it', async () => {
  const [job, nodes] = [await deployed('cluster'), await deployed('group-nodes')];
  const folder = await mkdtemp(join(tmpdir(), 'groups-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const printed: string[] = [];
  const address = Promise.withResolvers<string>();
  const groups: Image = async ({ env, args, ip, podName, signal }) => {
    await mkdir(join(folder, podName));
    const isServer = args.includes('serve');
    // What the cluster's DNS would do.
    const host = isServer ? ip : await address.promise;
    const mine = args.map((arg) =>
      arg
        .replace(/=\/(journal|nodes)\//, `=${folder}/${podName}/`)
        .replace('=0.0.0.0', `=${ip}`)
        .replaceAll('http://group-nodes:', `http://${host}:`)
        .replace(/^--count=.*/, `--count=${COUNT}`),
    );
    const child = startExample(mine, { ...env, KUBECONFIG: join(folder, 'kubeconfig') }, signal);
    const collect = (text: string) => {
      printed.push(text);
      if (text.includes('until Ctrl-C')) address.resolve(ip);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', collect);
    const [code] = await once(child, 'exit');
    return code ?? 137;
  };
  await using kubernetes = await startMiniKubernetes({
    images: { 'registry.example/groups': groups },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': { user: 'groups', allow: find(job, 'Role').rules },
    },
  });
  await connectAsUser('groups', kubernetes.kubeconfig, join(folder, 'kubeconfig'));
  await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, context: 'admin' });
  await applyManifests({ url: kubernetes.url, token: 'admin' }, [...nodes, ...job]);
  const ended = await untilEnded(kube);
  expect(ended.status, printed.join('')).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  const list = find(job, 'ConfigMap').data['nodes']?.replaceAll('group-nodes', await address.promise) ?? '';
  const options = ['--nodes', list, '--dialect', 'path', '--count', String(COUNT)];
  expect(await runJob('stats', ...options)).toMatchObject({
    code: 0,
    out: `consistent: { node01: ${COUNT}, node02: ${COUNT}, node03: ${COUNT} }\n`,
  });
}, 180_000);

async function untilEnded(kube: ReturnType<typeof connectKubernetes>): Promise<Job> {
  for await (const event of kube.watch('jobs')) {
    if (event.type === 'synced') continue;
    const ends = event.object.status?.conditions?.some(
      ({ type }) => type === 'Complete' || type === 'Failed',
    );
    if (ends === true) return event.object;
  }
  throw new Error('the watch ended');
}

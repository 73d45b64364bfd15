import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKubernetes, type KubernetesObject, shardOf } from 'holdfast';
import { FaultPlan, type Image, startGroupNodes, startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { watchedPlan } from '../fault/watched.ts';
import { nodesOption } from './job.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COUNT = 40;
const KILLED = 1;

type Job = KubernetesObject<'jobs'>;

interface Role {
  readonly rules: readonly { readonly verbs: string[]; readonly resources: string[] }[];
}

test('each index creates its shard of the groups, though one is killed in the middle of its writes', async () => {
  const [job] = (await manifests('job.yaml')) as [Job];
  const [, role] = (await manifests('role.yaml')) as [object, Role];
  const folder = await mkdtemp(join(tmpdir(), 'groups-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');

  const runs = new Map<string, ChildProcess[]>();
  const printed: string[] = [];
  const podApi: Image = async ({ env, args, podName, signal }) => {
    const [script = '', ...rest] = args;
    const index = env['JOB_COMPLETION_INDEX'] ?? '';
    // An emptyDir is the pod's.
    await mkdir(join(folder, podName), { recursive: true });
    const mounted = rest
      .map((arg) => arg.replace('/journal/', `${folder}/${podName}/`))
      .map((arg) => arg.replace(/^--count=.*/, `--count=${COUNT}`));
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...mounted], {
      cwd: ROOT,
      env: { ...process.env, ...env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
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
    images: { 'pod-api': podApi },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': {
        user: 'groups',
        allow: role.rules.map(({ verbs, resources }) => ({ verbs, resources })),
      },
    },
  });
  const asPod = (await readFile(kubernetes.kubeconfig, 'utf8')).replace(/(current-context:).*/, '$1 groups');
  await writeFile(kubeconfig, asPod);

  await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, context: 'admin' });
  await kube.create('configmaps', {
    metadata: { name: 'group-nodes' },
    data: { nodes: nodesOption(nodes.urls) },
  });
  await kube.create('jobs', job);
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

test('the manifests name each other rightly', async () => {
  const [job] = (await manifests('job.yaml')) as [Job];
  const [account, role, binding] = (await manifests('role.yaml')) as [
    KubernetesObject<'configmaps'>,
    KubernetesObject<'configmaps'>,
    { roleRef: { name: string }; subjects: object[] },
  ];
  const { serviceAccountName, containers } = job.spec?.template.spec ?? {};
  expect(serviceAccountName).toBe(account.metadata?.name);
  expect(binding.roleRef.name).toBe(role.metadata?.name);
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: account.metadata?.name }]);
  expect(containers?.[0]?.env).toContainEqual({ name: 'SHARDS', value: String(job.spec?.completions) });
});

async function manifests(name: string): Promise<unknown[]> {
  const text = await readFile(join(ROOT, 'examples/deploy/cluster', name), 'utf8');
  return [...parseAllDocuments(text)].map((document): unknown => document.toJS());
}

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

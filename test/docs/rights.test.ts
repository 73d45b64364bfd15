import { tracingChannel } from 'node:diagnostics_channel';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  connectKubernetes,
  diskStore,
  dropFileId,
  type FileDropOptions,
  FileDropScheduler,
  type Kubernetes,
  kubernetesPods,
  leaseLock,
  parseConfig,
} from 'holdfast';
import { configActionApp, fileDropApp, kubernetesRunner, serve, sqliteJobStore } from 'holdfast/server';
import { type AccessRule, FaultPlan, type MiniKubernetes, startMiniKubernetes } from 'holdfast/testing';
import { expect, it, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';

/** What the guide says that somebody needs: `own` rights, and the others on top of which those come. */
interface Rights {
  readonly who: string;
  readonly own: string[];
  readonly others: readonly string[];
}

const documented = await rightsIn('docs/kubernetes.md');

/** Each right as `pods/log get`. */
async function rightsIn(path: string): Promise<readonly Rights[]> {
  const [, section = ''] = (await readFile(path, 'utf8')).split('## Rights');
  const all: Rights[] = [];
  let first: Rights = { who: '', own: [], others: [] };
  const rows = section.matchAll(/^\|(.*)\| `([^`]+)` \| (.+) \|$/gm);
  for (const [, cell = '', resource = '', verbs = ''] of rows) {
    const who = cell.trim();
    const own = Array.from(verbs.matchAll(/`(\w+)`/g), ([, verb]) => `${resource} ${verb}`);
    if (who === '') {
      all.at(-1)?.own.push(...own);
    } else if (who.startsWith('*and*')) {
      all.push({ who: `${first.who} ${who}`, own, others: first.own });
    } else {
      first = { who, own, others: [] };
      all.push(first);
    }
  }
  return all;
}

interface Stage {
  readonly mini: MiniKubernetes;
  /** Of somebody with exactly the documented rights. */
  readonly kube: Kubernetes;
  readonly admin: Kubernetes;
  readonly folder: string;
  /** The rights that requests needed. */
  readonly asked: Set<string>;
}

const PAST = 30 * 24 * 3_600_000;
const drop = (kube: Kubernetes, { folder }: Stage, more: Partial<FileDropOptions> = {}): FileDropOptions => ({
  kube,
  store: diskStore(join(folder, 'store')),
  image: 'acme/processor:1',
  fileUrl: 'http://127.0.0.1:1/backend/static',
  apiUrl: 'http://127.0.0.1:1/api',
  apiToken: { secretName: 'token', key: 'token' },
  ...more,
});
const FILES = [{ name: 'a.txt', body: Buffer.from('a') }];
const DROP = '0b2c1f6e-1111-4222-8333-444455556666';

async function callPods(
  { mini, kube }: Stage,
  options: Parameters<typeof kubernetesPods>[1],
  via: 'api-proxy' | 'pod-ip',
) {
  await using server = await serve({ fetch: async () => new Response('fine') });
  await mini.addService({ name: 'web', selector: { app: 'web' } });
  await mini.addPod({ name: 'web-0', labels: { app: 'web' } });
  const endpoint = { url: 'http://{node}:{port}/', params: {} };
  const action = { requests: ['get', 'post'], targets: ['web'], order: null };
  const config = parseConfig({
    targets: [{ name: 'web', service: 'web', port: Number(new URL(server.url).port) }],
    endpoints: [
      { name: 'get', type: 'GET', ...endpoint },
      { name: 'post', type: 'POST', ...endpoint },
    ],
    requests: [
      { name: 'get', endpoint: 'get' },
      { name: 'post', endpoint: 'post' },
    ],
    actions: [{ name: 'ask', ...action, loop_order: 'foreach_pod_make_all_requests' }],
  });
  await using pods = kubernetesPods(kube, options);
  const summary = await config.actions.get('ask')?.run(pods, { via });
  expect(summary).toMatchObject({ succeeded: 2 });
  const app = configActionApp({ config, pods });
  expect(await (await app.request('/action/ask', { method: 'POST' })).json()).toMatchObject({ succeeded: 2 });
}

/** A Job of a drop that has failed. */
async function failedDrop(stage: Stage): Promise<void> {
  await stage.admin.create('secrets', { metadata: { name: 'token' }, stringData: { token: 'one' } });
  await new FileDropScheduler(drop(stage.admin, stage)).schedule(FILES, { dropId: DROP });
  await expect.poll(() => phases(stage.admin)).toEqual(['Failed']);
  stage.asked.clear();
}

async function phases(kube: Kubernetes) {
  const found = [];
  for await (const { status } of kube.list('pods')) found.push(status?.phase);
  return found;
}

async function dropByForm(stage: Stage, apiToken: FileDropOptions['apiToken']): Promise<void> {
  await using app = fileDropApp({ ...drop(stage.kube, stage), apiToken });
  const form = new FormData();
  form.append('files[]', new File(['a'], 'a.txt'));
  const answer = await app.request(`/backend/files?drop=${DROP}`, { method: 'POST', body: form });
  expect(answer.status).toBe(200);
  await app.request('/backend/pods/processor');
  await expect.poll(() => stage.asked.has('pods watch') && stage.asked.has('jobs list')).toBe(true);
  if (typeof apiToken === 'string') await expect.poll(() => stage.asked.has('secrets delete')).toBe(true);
  expect((await app.request('/backend/jobs/processor', { method: 'DELETE' })).status).toBe(200);
}

const scenarios: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  '`leaseLock`': async ({ kube, asked }) => {
    const hold = await leaseLock(kube).acquire('a', { deadline: 20_000 });
    await hold.note?.('begun');
    const next = leaseLock(kube, { lookEvery: 20 }).acquire('a', { deadline: 20_000 });
    await expect.poll(() => asked.has('leases get')).toBe(true);
    await hold.release({ dropNote: true });
    await (await next).release();
  },
  '`ConfigAction` on `kubernetesPods`, `configActionApp`': (stage) => callPods(stage, {}, 'pod-ip'),
  "`ConfigAction` on `kubernetesPods`, `configActionApp` *and* with `cache: 'watch'`": (stage) =>
    callPods(stage, { cache: 'watch' }, 'pod-ip'),
  "`ConfigAction` on `kubernetesPods`, `configActionApp` *and* with `via: 'api-proxy'`": (stage) =>
    callPods(stage, {}, 'api-proxy'),
  '`FileDropScheduler.schedule()`': async (stage) => {
    expect(await new FileDropScheduler(drop(stage.kube, stage)).schedule(FILES)).toMatchObject({ done: 1 });
  },
  '`FileDropScheduler.schedule()` *and* with an `apiToken` as text': async (stage) => {
    for (const apiToken of ['one', 'another']) {
      const scheduler = new FileDropScheduler(drop(stage.kube, stage, { apiToken }));
      expect(await scheduler.schedule(FILES, { dropId: DROP })).toMatchObject({ done: 1 });
    }
  },
  '`FileDropScheduler.pods()`': async (stage) => {
    await failedDrop(stage);
    expect(await new FileDropScheduler(drop(stage.kube, stage)).pods()).toHaveLength(1);
  },
  '`FileDropScheduler.watch()`': async (stage) => {
    await failedDrop(stage);
    const stop = new AbortController();
    const scheduler = new FileDropScheduler(drop(stage.kube, stage));
    const told = (async () => {
      for await (const pod of scheduler.watch({ signal: stop.signal })) expect(pod.phase).toBe('Failed');
    })();
    await Promise.all([
      expect(told).rejects.toBe('seen'),
      expect
        .poll(() => stage.asked.has('pods watch'))
        .toBe(true)
        .then(() => stop.abort('seen')),
    ]);
  },
  '`FileDropScheduler.follow()`': async (stage) => {
    await failedDrop(stage);
    const summary = await new FileDropScheduler(drop(stage.kube, stage)).follow({ dropId: DROP });
    expect(summary.failures[0]?.log).toEqual(['refused']);
  },
  '`FileDropScheduler.deleteJobs()`': async (stage) => {
    await failedDrop(stage);
    await deleteJobs(stage, { secretName: 'token', key: 'token' });
  },
  '`FileDropScheduler.deleteJobs()` *and* with an `apiToken` as text': async (stage) => {
    await failedDrop(stage);
    await deleteJobs(stage, 'one');
  },
  '`fileDropApp`': (stage) => dropByForm(stage, { secretName: 'token', key: 'token' }),
  '`fileDropApp` *and* with an `apiToken` as text': async (stage) => {
    const labels = { app: 'file-drop-processor', 'holdfast/drop': 'old' };
    await stage.admin.create('secrets', { metadata: { name: 'file-drop-old', labels } });
    await new FileDropScheduler(drop(stage.admin, stage, { apiToken: 'one' })).schedule(FILES, {
      dropId: DROP,
    });
    stage.asked.clear();
    await dropByForm(stage, 'another');
  },
  '`kubernetesRunner`': async ({ kube, folder, asked }) => {
    const template = await readFile('test/fixtures/syncrator/job_template.yaml', 'utf8');
    await using store = sqliteJobStore(join(folder, 'jobs.sqlite'));
    await using runner = kubernetesRunner({ kube, store, template });
    await runner.resume();
    const [TARGET, ENV, ACTION, ACTION_NAME, IS_TAG, OPTIONS] = [
      'avo',
      'qas',
      'sync',
      'sync',
      'latest',
      '-n 1',
    ];
    const { job } = await store.start({ TARGET, ENV, ACTION, ACTION_NAME, IS_TAG, OPTIONS });
    await runner.start(job.id);
    await expect.poll(() => asked.has('jobs watch')).toBe(true);
    await store.move(job.id, 'deleted');
    await runner.remove(job.id);
  },
};

async function deleteJobs(stage: Stage, apiToken: FileDropOptions['apiToken']): Promise<void> {
  const options = drop(stage.kube, stage, { apiToken });
  const file = { id: dropFileId('other', 0), dropId: 'other', position: 0, filename: 'b.txt' };
  await options.store.put(file, Readable.from([Buffer.from('b')]));
  expect(await new FileDropScheduler(options).deleteJobs()).toEqual({ deleted: 1 });
}

it('every row of the table has its scenario', () => {
  expect(documented.map(({ who }) => who).toSorted()).toEqual(Object.keys(scenarios).toSorted());
});

test.each(documented.map((rights) => [rights.who, rights] as const))(
  '%s needs the rights of its row, and no others',
  async (who, { own, others }) => {
    const { stage, refused } = await openStage([...own, ...others]);
    await scenarios[who]?.(stage);
    expect(refused).toEqual([]);
    expect(own.filter((right) => !stage.asked.has(right))).toEqual([]);
  },
);

async function openStage(rights: readonly string[]) {
  const allow = rights.map((right): AccessRule => {
    const [resource = '', verb = ''] = right.split(' ');
    return { resources: [resource], verbs: [verb] };
  });
  const mini = await startMiniKubernetes({
    tokens: { admin: { user: 'admin' }, tested: { user: 'tested', allow } },
    images: {
      'acme/processor': async ({ log }) => {
        log('refused');
        return 4;
      },
    },
    // So that a create has to find out what became of it.
    faults: FaultPlan.script([
      { method: 'POST', key: '/apis/batch/v1/namespaces/default/jobs', fault: 'reset-after' },
      { method: 'POST', key: '/api/v1/namespaces/default/secrets', fault: 'reset-after' },
    ]),
    // What it makes is old enough to be swept.
    clock: { ...systemClock, now: () => Date.now() - PAST },
  });
  onTestFinished(() => mini.close());
  const folder = await mkdtemp(join(tmpdir(), 'rights-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const [kube, admin] = ['tested', 'admin'].map((context) => {
    const connected = connectKubernetes({ kubeconfig: mini.kubeconfig, context });
    onTestFinished(() => connected.close());
    return connected;
  });
  if (kube === undefined || admin === undefined) throw new TypeError('there are two contexts');
  const asked = new Set<string>();
  const refused: string[] = [];
  const listen = (message: unknown) => {
    const { method, url, status } = message as { method: string; url: string; status?: number };
    if (!url.startsWith(mini.url)) return;
    asked.add(rightOf(method, url));
    if (status === 403) refused.push(rightOf(method, url));
  };
  const channel = tracingChannel('holdfast:http');
  channel.asyncEnd.subscribe(listen);
  onTestFinished(() => void channel.asyncEnd.unsubscribe(listen));
  return { stage: { mini, kube, admin, folder, asked }, refused };
}

function rightOf(method: string, url: string): string {
  const { pathname, searchParams } = new URL(url);
  const [, resource = '', name, part] =
    /\/namespaces\/[^/]+\/(\w+)(?:\/([^/]+))?(?:\/(\w+))?/.exec(pathname) ?? [];
  const onOne = { GET: 'get', POST: 'create', PUT: 'update', DELETE: 'delete' };
  const onAll = { GET: 'list', POST: 'create', PUT: 'update', DELETE: 'deletecollection' };
  const verb = (name === undefined ? onAll : onOne)[method as keyof typeof onOne];
  const isWatch = searchParams.get('watch') === 'true';
  return `${resource}${part === undefined ? '' : `/${part}`} ${isWatch ? 'watch' : verb}`;
}

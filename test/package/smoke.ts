// Runs in a project that has the packed library installed, on any Node that the library supports, and so uses nothing else:
// `node smoke.ts NAME` prints what one class did, as JSON.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClusterClient,
  connectKubernetes,
  diskStore,
  FileDropScheduler,
  fileJournal,
  kubernetesPods,
  loadConfig,
  processFile,
  processorOptions,
  SyncratorClient,
} from 'holdfast';
import { fileDropApp, kubernetesRunner, serve, sqliteJobStore, syncratorApp } from 'holdfast/server';
import { startGroupNodes, startMiniKubernetes } from 'holdfast/testing';

const smokes: Readonly<Record<string, (folder: string) => Promise<object>>> = {
  ClusterClient: async (folder) => {
    await using nodes = await startGroupNodes();
    const journal = fileJournal(join(folder, 'journal.sqlite'));
    await using cluster = new ClusterClient(nodes.urls, { journal });
    const created = await cluster.createGroups(['a', 'b', 'c']);
    const deleted = await cluster.deleteGroup('b');
    const present: string[] = [];
    for await (const { groupId, nodes: seen } of cluster.audit(['a', 'b', 'c'], { concurrency: 1 })) {
      if (Object.values(seen).every((presence) => presence === 'present')) present.push(groupId);
    }
    const recovered = await cluster.recover();
    return { created: created.changed, deleted: deleted.changed, present, leftOpen: recovered.done };
  },

  ConfigAction: async (folder) => {
    await using kubernetes = await startMiniKubernetes();
    await using server = await serve({ fetch: () => new Response('well') });
    await kubernetes.addService({ name: 'web', selector: { app: 'web' } });
    for (const name of ['web-0', 'web-1']) await kubernetes.addPod({ name, labels: { app: 'web' } });
    const path = join(folder, 'config.yaml');
    await writeFile(path, configOn(new URL(server.url).port));
    const action = (await loadConfig(path)).actions.get('ask');
    await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig });
    await using pods = kubernetesPods(kube);
    const plan = await action?.plan(pods);
    const summary = await action?.run(pods);
    return { planned: plan?.map(({ pod }) => pod), succeeded: summary?.succeeded, answers: summary?.answers };
  },

  FileDropScheduler: async (folder) => {
    const received: string[] = [];
    await using api = await serve({
      fetch: async (request: Request) => {
        const file = (await request.formData()).get('file');
        received.push(file instanceof File ? await file.text() : 'no file');
        return new Response('done');
      },
    });
    await using kubernetes = await startMiniKubernetes({
      images: {
        processor: async ({ env, signal }) => {
          await processFile(await processorOptions(env, { signal, outputDirectory: join(folder, 'output') }));
        },
      },
    });
    await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig });
    let backend = '';
    const fileUrl = (id: string) => `${backend}/backend/static/${id}`;
    const store = diskStore(join(folder, 'store'));
    const options = { kube, store, fileUrl, image: 'processor', apiUrl: api.url };
    await using app = fileDropApp(options);
    await using server = await serve(app);
    backend = server.url;
    const drop = new FileDropScheduler(options);
    const scheduled = await drop.schedule([{ name: 'one.txt', body: Buffer.from('the bytes') }]);
    const traffic = await drop.follow();
    const { deleted } = await drop.deleteJobs();
    return { scheduled: scheduled.done, ended: traffic.done, failed: traffic.failed, received, deleted };
  },

  SyncratorClient: async (folder) => {
    await using kubernetes = await startMiniKubernetes({ images: { syncrator: async () => 0 } });
    await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig });
    await using store = sqliteJobStore(join(folder, 'jobs.sqlite'));
    await using runner = kubernetesRunner({ kube, store, template, statusFrom: 'job' });
    await runner.resume();
    const params = { read: async () => ({ file: 'qas/avo-sync.public_params', params: avoSync }) };
    const app = syncratorApp({ store, runner, params, auth: (token) => token === 'let-me-in' });
    await using server = await serve(app);
    await using client = new SyncratorClient({ baseUrl: server.url, token: 'let-me-in' });
    const { result } = await client.dryRun('sync', 'avo', 'qas');
    const { jobId } = await client.start('sync', 'avo', 'qas');
    const { job } = await client.follow(jobId, { interval: 20, maxInterval: 50 });
    const ids: number[] = [];
    for await (const { id } of client.jobs()) ids.push(id);
    return { dryRun: result.includes('kind: Job'), status: job.status, ids };
  },
};

const avoSync = {
  TARGET: 'avo',
  ENV: 'qas',
  ACTION_NAME: 'sync',
  ACTION: 'sync',
  IS_TAG: 'latest',
  OPTIONS: '-n 1000',
};

const template = {
  apiVersion: 'template.openshift.io/v1',
  kind: 'Template',
  parameters: Object.keys(avoSync).map((name) => ({ name, required: true })),
  objects: [
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: an OpenShift template has its own.
      metadata: { name: 'syncrator-${ENV}-${TARGET}-${ACTION_NAME}' },
      spec: {
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [
              { name: 'syncrator', image: 'syncrator:${IS_TAG}', args: ['${ACTION}', '${OPTIONS}'] },
            ],
          },
        },
      },
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
    },
  ],
};

const configOn = (port: string) => `
targets: [{ name: web, service: web, port: ${port} }]
endpoints: [{ name: health, url: "http://{node}:{port}/health", type: GET }]
requests: [{ name: ask-health, endpoint: health }]
actions: [{ name: ask, requests: [ask-health], targets: [web], loop_order: foreach_pod_make_all_requests }]
`;

const smoke = smokes[process.argv[2] ?? ''];
if (smoke === undefined) throw new Error(`name one of ${Object.keys(smokes).join(', ')}`);
const folder = await mkdtemp(join(tmpdir(), 'holdfast-smoke-'));
try {
  process.stdout.write(JSON.stringify(await smoke(folder)));
} finally {
  await rm(folder, { recursive: true });
}

import { readFile } from 'node:fs/promises';
import * as holdfast from 'holdfast';
import * as server from 'holdfast/server';
import * as testing from 'holdfast/testing';
import { expect, it } from 'vitest';

const typo: object = { nosuch: 1 };
const kube = holdfast.connectKubernetes({ kubeconfig: '/nowhere/kubeconfig' });
const store = holdfast.diskStore('/nowhere/drop');
const dropOptions = { kube, store, image: 'acme/a:1', fileUrl: 'http://a.test', apiUrl: 'http://b.test' };
const drop = new holdfast.FileDropScheduler(dropOptions);
const nodes = { node01: 'http://a.test' };
const cluster = new holdfast.ClusterClient(nodes, { journal: holdfast.memoryJournal(), dialect: 'header' });
const api = { baseUrl: 'http://a.test' };
const syncrator = new holdfast.SyncratorClient(api);
const params = { target: 'a', env: 'b', actionName: 'c', action: 'sync', isTag: 'no', options: '' };
const config = holdfast.parseConfig(`
targets: [{ name: clients, port: 8645 }]
endpoints: [{ name: info, url: "http://{node}:{port}/info", type: GET, params: {} }]
requests: [{ name: info, endpoint: info }]
actions: [{ name: ask, requests: [info], targets: [clients], order: ascending, loop_order: foreach_pod_make_all_requests }]
`);
const pods = holdfast.staticPods([{ name: 'client-0', ip: '127.0.0.1' }]);
const action = holdfast.ConfigAction.from('ask', config);
const podRequest = { name: 'a', port: 80, path: '/' };
const deletion = { propagationPolicy: 'Foreground', labelSelector: '' } as const;
const processor = { target: 'http://a.test', filename: 'a', apiUrl: 'http://b.test' };
const processorEnv = { TARGET: 'http://a.test', FILENAME: 'a', API_URL: 'http://b.test' };
const job = { metadata: { name: 'a' } };
const jobStore = server.sqliteJobStore('/nowhere/jobs.sqlite');
const runner = { plan: async () => ({}), start: async () => undefined, recover: async () => undefined };

/** Of each type of options, every call that takes them. */
const calls: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  ClusterClientOptions: { ClusterClient: () => new holdfast.ClusterClient(nodes, typo) },
  CallOptions: {
    groupExists: () => cluster.groupExists('node01', 'g', typo),
    createGroup: () => cluster.createGroup('g', typo),
    deleteGroup: () => cluster.deleteGroup('g', typo),
    rollbackCreate: () => cluster.rollbackCreate('g', [], typo),
    rollbackDelete: () => cluster.rollbackDelete('g', [], typo),
    stats: () => cluster.stats(typo),
  },
  BulkOptions: {
    createGroups: () => cluster.createGroups(['g'], typo),
    deleteGroups: () => cluster.deleteGroups(['g'], typo),
    audit: () => cluster.audit(['g'], typo),
    repair: () => cluster.repair(['g'], 'present', typo),
  },
  RecoverOptions: { recover: () => cluster.recover(typo) },
  FileJournalOptions: { fileJournal: () => holdfast.fileJournal('/nowhere/journal', typo) },
  MemoryJournalOptions: { memoryJournal: () => holdfast.memoryJournal(typo) },
  ActionOptions: { run: () => action.run(pods, typo) },
  PlanOptions: { plan: () => action.plan(pods, typo) },
  KubernetesPodsOptions: { kubernetesPods: () => holdfast.kubernetesPods(kube, typo) },
  DiskStoreOptions: { diskStore: () => holdfast.diskStore('/nowhere', typo) },
  FileDropOptions: { FileDropScheduler: () => new holdfast.FileDropScheduler({ ...dropOptions, ...typo }) },
  ScheduleOptions: { schedule: () => drop.schedule([], typo) },
  DropFollowOptions: { follow: () => drop.follow(typo) },
  DropCallOptions: { pods: () => drop.pods(typo), deleteJobs: () => drop.deleteJobs(typo) },
  DropWatchOptions: { watch: () => drop.watch(typo) },
  ProcessorOptions: {
    processFile: () => holdfast.processFile({ ...processor, ...typo }),
    processorOptions: () => holdfast.processorOptions(processorEnv, typo),
  },
  KubernetesOptions: { connectKubernetes: () => holdfast.connectKubernetes(typo) },
  KubernetesCallOptions: {
    get: () => kube.get('jobs', 'a', typo),
    create: () => kube.create('jobs', job, typo),
    replace: () => kube.replace('jobs', job, typo),
    proxyPod: () => kube.proxyPod({ ...podRequest, ...typo }),
  },
  KubernetesListOptions: { list: () => kube.list('jobs', typo) },
  KubernetesWatchOptions: { watch: () => kube.watch('jobs', typo) },
  KubernetesDeleteOptions: {
    delete: () => kube.delete('jobs', 'a', { propagationPolicy: 'Foreground', ...typo }),
  },
  KubernetesDeleteCollectionOptions: {
    deleteCollection: () => kube.deleteCollection('jobs', { ...deletion, ...typo }),
  },
  PodLogOptions: { podLog: () => kube.podLog('a', typo) },
  LeaseOptions: { leaseLock: () => holdfast.leaseLock(kube, typo) },
  SyncratorOptions: { SyncratorClient: () => new holdfast.SyncratorClient({ ...api, ...typo }) },
  ListOptions: { jobs: () => syncrator.jobs(typo), syncJobs: () => syncrator.syncJobs(typo) },
  SyncratorCallOptions: {
    job: () => syncrator.job(1, typo),
    deleteJob: () => syncrator.deleteJob(1, typo),
    start: () => syncrator.start('sync', 'a', 'b', typo),
    dryRun: () => syncrator.dryRun('sync', 'a', 'b', typo),
    run: () => syncrator.run(params, typo),
    dryRunCustom: () => syncrator.dryRunCustom(params, typo),
  },
  FollowOptions: { follow: () => syncrator.follow(1, typo) },
  ServeOptions: { serve: () => server.serve({ fetch: () => new Response() }, typo) },
  ConfigActionAppOptions: { configActionApp: () => server.configActionApp({ config, pods, ...typo }) },
  FileDropAppOptions: { fileDropApp: () => server.fileDropApp({ ...dropOptions, ...typo }) },
  SyncratorAppOptions: {
    syncratorApp: () => server.syncratorApp(forced({ store: jobStore, runner, ...typo })),
  },
  KubernetesRunnerOptions: {
    kubernetesRunner: () => server.kubernetesRunner(forced({ kube, store: jobStore, ...typo })),
  },
  SolrStandbyOptions: { solrStandby: () => server.solrStandby({ url: 'http://a.test', ...typo }) },
  SqliteJobStoreOptions: { sqliteJobStore: () => server.sqliteJobStore('/nowhere/jobs', typo) },
  GroupNodesOptions: { startGroupNodes: () => testing.startGroupNodes(typo) },
  MiniKubernetesOptions: { startMiniKubernetes: () => testing.startMiniKubernetes(typo) },
  SimulationOptions: { simulate: () => testing.simulate({ seed: 1, ...typo }) },
  SyncratorHandlersOptions: { syncratorHandlers: () => testing.syncratorHandlers('http://a.test', typo) },
  SyncratorJobsOptions: { SyncratorJobs: () => new testing.SyncratorJobs(typo) },
};

/** What the library itself passes, to what a user implements; and a part of others. */
const notTaken = ['LockOptions', 'PutOptions', 'ReleaseOptions', 'RunOptions', 'TimerOptions'];

const rows = Object.values(calls).flatMap((named) => Object.entries(named));

it.each(rows)(
  '%s refuses an option that there is none of, by its name, and says which there are',
  async (_name, call) => {
    expect(await refusalOf(call)).toContainEqual({
      path: expect.stringMatching(/\.nosuch$/),
      message: expect.stringMatching(/^is not an option; there (is|are) \w+/),
    });
  },
);

it('schedule and follow take what every run takes', () => {
  const { signal } = new AbortController();
  const ofRuns = {
    signal,
    concurrency: 2,
    onProgress: () => undefined,
    failAbove: '10%',
    rerunLimit: 1,
  } as const;
  expect(() => drop.schedule([], { ...ofRuns, dropId: 'd1', rate: 1 })).not.toThrow();
  expect(() => drop.follow({ ...ofRuns, dropId: 'd1' })).not.toThrow();
  expect(() => drop.follow({ onProgress: 1 as never })).toThrow('options.onProgress: expected a function');
});

it('every type of options that is exported stands in the table', async () => {
  const indexes = ['src/index.ts', 'src/server/index.ts', 'src/testing/index.ts'];
  const texts = await Promise.all(indexes.map((path) => readFile(path, 'utf8')));
  const exported = texts.flatMap((text) => text.match(/\b[A-Z]\w*Options\b/g) ?? []);
  expect([...Object.keys(calls), ...notTaken].sort()).toEqual(exported.sort());
});

/** The issues of the ConfigError that a call throws or rejects with; what else it did. A Run or an iterable is not begun. */
async function refusalOf(call: () => unknown): Promise<unknown> {
  try {
    const given = call();
    if (!(given instanceof Promise)) return 'took it';
    await given;
    return 'took it';
  } catch (error) {
    return error instanceof holdfast.ConfigError ? error.issues : error;
  }
}

/** What lacks other options as well is told of all. */
const forced = (options: object) => options as never;

import { describe, expect, test } from 'vitest';
import { objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import type { Pod } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { leftOut, surprises } from './differences.ts';
import { type ReplayCluster, startReplayCluster } from './replay-cluster.ts';
import { type Replayed, readRecording, replay, sendExchange, type Translation } from './replayer.ts';

/** Replays a recording, each exchange as soon as the state is the recorded one. */
async function surprisesOf(
  name: string,
  cluster: ReplayCluster,
  steps: { readonly before?: Record<number, () => unknown> } = {},
) {
  const recording = readRecording(name);
  const before: Record<number, () => unknown> = {};
  for (const [index, exchange] of recording.exchanges.entries()) {
    before[index] = async () => {
      await steps.before?.[index]?.();
      await cluster.awaitRecorded(exchange);
    };
  }
  const { url, translation } = cluster;
  const replayed = await replay(recording, { url, translation, before, skip: leftOut(name) });
  return surprises(name, recording, replayed, translation);
}

const recordedJob = (grace: number, annotations: Readonly<Record<string, string>>, metadata: object) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata,
  spec: {
    template: {
      metadata: { annotations },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: grace,
        containers: [{ name: 'main', image: 'registry.example/app:1' }],
        restartPolicy: 'Never',
      },
    },
  },
});

const RUNNING = { 'test/phase': 'Running' };
/** In the recording, of the Job that is made again. */
const [OLD_POD, NEW_POD] = ['again-csjck', 'again-jnd5k'];
const SLOW = { ...RUNNING, 'test/term-ms': '1500' };

async function createRunning(cluster: ReplayCluster, ...jobs: readonly object[]) {
  for (const job of jobs) {
    const { status } = await cluster.fetchJson('POST', cluster.jobsPath, job);
    expect(status).toBe(201);
  }
  // Until their statuses tell of a ready pod.
  await cluster.advance(3000);
}

const onlyPodOf = ({ store, namespace }: ReplayCluster, job: string): Pod => {
  const [pod] = store.list('pods', namespace).filter(({ metadata }) => metadata.labels?.['job-name'] === job);
  if (pod === undefined) throw new Error(`${job} has no pod`);
  return pod;
};

describe('the recorded life of Jobs', () => {
  test.each(['07a-job-succeeds', '07c-job-indexed', '07d-job-ttl', '07e-job-suspend'])(
    '%s goes the same way here',
    async (name) => {
      await using cluster = await startReplayCluster('job-life');
      expect(await surprisesOf(name, cluster)).toEqual([]);
    },
  );

  test('07b-job-fails goes the same way here', async () => {
    await using cluster = await startReplayCluster('job-life');
    const message = (pod: string) =>
      `Container main for pod job-life/${pod} failed with exit code 42 matching FailJob rule at index 0`;
    const before = {
      16: () => {
        const { name } = onlyPodOf(cluster, 'policy').metadata;
        cluster.translation.set(message('policy-h5p86'), message(name));
      },
    };
    expect(await surprisesOf('07b-job-fails', cluster, { before })).toEqual([]);
  });

  test('09-job-delete goes the same way here', async () => {
    await using cluster = await startReplayCluster('job-delete');
    const named = (name: string) => recordedJob(0, RUNNING, { name });
    const before = {
      0: () =>
        createRunning(
          cluster,
          ...['fg', 'bg', 'bgq', 'dflt', 'orphan', 'pre'].map(named),
          recordedJob(0, RUNNING, { name: 'fgfin', finalizers: ['example.com/hold'] }),
        ),
      5: () => createRunning(cluster, recordedJob(5, SLOW, { name: 'slow' })),
      6: () => {
        cluster.translation.set('slow-7x5wk', onlyPodOf(cluster, 'slow').metadata.name);
        return cluster.advance(300);
      },
      // The finalizers go first, the pods a little later.
      14: () => cluster.advance(10),
      17: () => createRunning(cluster, recordedJob(5, SLOW, { name: 'again' })),
      19: async () => {
        await cluster.advance(400);
        for (const { metadata } of cluster.store.list('pods', cluster.namespace)) {
          if (metadata.labels?.['job-name'] !== 'again') continue;
          const recorded = metadata.deletionTimestamp === undefined ? NEW_POD : OLD_POD;
          cluster.translation.set(recorded, metadata.name);
        }
      },
      25: () => cluster.advance(500),
      29: () => cluster.advance(500),
      42: () => createRunning(cluster, named('dry')),
    };
    expect(await surprisesOf('09-job-delete', cluster, { before })).toEqual([]);
  });

  test('10-deletecollection goes the same way here', async () => {
    await using cluster = await startReplayCluster('delete-many');
    const named = (name: string) => recordedJob(0, RUNNING, { name, labels: { app: name.charAt(0) } });
    const before = {
      0: () => createRunning(cluster, ...['a-0', 'a-1', 'b-0', 'b-1', 'c-0'].map(named)),
    };
    expect(await surprisesOf('10-deletecollection', cluster, { before })).toEqual([]);
  });

  test('11c-watch-job: two watches see a Job and its pods come and go as recorded', async () => {
    await using cluster = await startReplayCluster('watch');
    const { url, translation } = cluster;
    const recording = readRecording('11c-watch-job');
    translation.set('1051', String(cluster.store.version));
    const opened = recording.exchanges.map(() => Promise.withResolvers<void>());
    const watches = recording.exchanges.map(async (exchange, index): Promise<Replayed> => {
      const answer = await sendExchange(exchange, { url, translation }, opened[index]?.resolve);
      return { index, exchange, answer };
    });
    await Promise.all(opened.map(({ promise }) => promise));
    const { spec, ...job } = recordedJob(
      0,
      { 'test/delay-ms': '300' },
      { name: 'two', labels: { app: 'j' } },
    );
    const { annotations } = spec.template.metadata;
    const template = { ...spec.template, metadata: { annotations, labels: { app: 'j' } } };
    await cluster.fetchJson('POST', cluster.jobsPath, { ...job, spec: { completions: 2, template } });
    await cluster.advance(2800);
    await cluster.fetchJson('DELETE', `${cluster.jobsPath}/two?propagationPolicy=Foreground`);
    await cluster.advance(8000);
    const replayed = (await Promise.all(watches)).flatMap((watch) => objectsIn(watch, translation));
    expect(surprises('11c-watch-job', recording, replayed, translation)).toEqual([]);
  });
});

/**
 * A watch of several objects as so many watches of one: real workers delete several at once, here one is gone before
 * the next is begun.
 */
function objectsIn({ index, exchange, answer }: Replayed, translation: Translation): readonly Replayed[] {
  const recorded = byName((exchange.response.lines ?? []).map(({ line }) => line));
  const received = byName(answer.lines ?? []);
  expect(received).toHaveLength(recorded.length);
  return recorded.map((before, nth): Replayed => {
    const after = received[nth] ?? [];
    translation.learn(before, after);
    const lines = before.map((line) => ({ afterMs: 0, line }));
    const response = { ...exchange.response, lines };
    return { index, exchange: { ...exchange, response }, answer: { ...answer, lines: after } };
  });
}

const byName = (lines: readonly unknown[]): readonly (readonly unknown[])[] => [
  ...Map.groupBy(lines, (line) => objectAt(objectAt(objectAt(line)['object'])['metadata'])['name']).values(),
];

import { describe, expect, it } from 'vitest';
import type { Tokens } from '../../../../src/testing/mini-kubernetes/api/access.ts';
import { listAt, objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';
import type { Job } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import type { Store } from '../../../../src/testing/mini-kubernetes/store/store.ts';
import { applyLines, restore, startApi } from '../api/api.ts';
import { leftOut, surprises } from './differences.ts';
import { type Recording, readRecording, replay, type Scenario, Translation } from './replayer.ts';

/** The rights of the users in the recordings. */
const TOKENS: Tokens = {
  admin: { user: 'admin' },
  restricted: {
    user: 'restricted',
    allow: [{ verbs: ['get', 'list', 'watch'], resources: ['pods'], namespaces: ['default'] }],
  },
};

const credentials = (user: string | undefined): Record<string, string> => {
  if (user === undefined || user === 'anonymous') return {};
  return { authorization: `Bearer ${user === 'unknown token' ? 'nobody' : user}` };
};

interface Stage {
  readonly store: Store;
  readonly recording: Recording;
  readonly translation: Translation;
}

type Steps = Pick<Scenario, 'before' | 'during'>;

/** What happened in each recording besides its exchanges. */
const scenarios: Readonly<Record<string, { readonly namespace: string; steps(stage: Stage): Steps }>> = {
  '01-basics': {
    namespace: 'basics',
    steps: (stage) => ({
      before: {
        12: () => {
          const metadata = {
            name: 'kube-root-ca.crt',
            namespace: 'basics',
            uid: 'root',
            resourceVersion: '1',
          };
          restore(stage.store, 'configmaps', stage.translation, [{ metadata }]);
        },
      },
    }),
  },
  '18-patch': {
    namespace: 'patching',
    steps: (stage) => ({
      before: { 0: () => restore(stage.store, 'jobs', stage.translation, [bodyOf(stage, 0)]) },
    }),
  },
  '02-pods-list': {
    namespace: 'pods-list',
    steps: (stage) => ({ before: { 1: () => restoreList(stage, 'pods', 1) } }),
  },
  '03-pods-paging': {
    namespace: 'paging',
    steps: (stage) => ({
      before: {
        0: () => restoreList(stage, 'pods', 3),
        7: () => {
          stage.store.remove('pods', 'paging', 'p-3');
          const [, , last] = itemsOf(stage, 16 - 2).concat(itemsOf(stage, 2));
          const pod = objectAt(last ?? itemsOf(stage, 2)[0]);
          const metadata = { ...objectAt(pod['metadata']), name: 'p-7', uid: 'made-later' };
          restore(stage.store, 'pods', stage.translation, [{ ...pod, metadata }]);
        },
        12: () => stage.store.log.compact(),
      },
    }),
  },
  '04-services': { namespace: 'services', steps: () => ({}) },
  '06-job-create': {
    namespace: 'job-create',
    steps: (stage) => ({
      before: {
        31: () => {
          // By the time of these exchanges the Job's pod ran.
          const job = stage.store.get('jobs', 'job-create', 'first');
          const { status } = objectAt(bodyOf(stage, 33));
          if (job !== undefined)
            stage.store.update('jobs', { ...job, status: objectAt(status) as Job['status'] });
        },
      },
    }),
  },
  '08-jobs-list': {
    namespace: 'jobs-list',
    steps: (stage) => ({
      before: {
        1: () => restoreList(stage, 'jobs', 1),
        5: () => restoreList(stage, 'jobs', 5),
        11: () => {
          restoreList(stage, 'pods', 11);
          const pod = objectAt(itemsOf(stage, 11)[0]);
          const metadata = { ...objectAt(pod['metadata']), name: 'j-1-other', uid: 'the-other-pod' };
          restore(stage.store, 'pods', stage.translation, [{ ...pod, metadata }]);
        },
      },
    }),
  },
  '11a-watch-pods': { namespace: 'watch', steps: watchSteps },
  '11b-watch-errors': {
    namespace: 'watch',
    steps: (stage) => ({
      before: { 0: () => applyLines(stage.store, 'pods', stage.translation, linesOf(stage, 0)) },
    }),
  },
  '12-auth': { namespace: 'auth', steps: () => ({}) },
  '16-leases': { namespace: 'leases', steps: () => ({}) },
  '17-configmaps-secrets': {
    namespace: 'config',
    steps: (stage) => ({ before: { 0: () => restoreList(stage, 'configmaps', 0) } }),
  },
  '20-server-restart': {
    namespace: 'restart',
    steps: (stage) => ({
      before: {
        8: () => {
          restoreList(stage, 'pods', 11);
          // What the server no longer knew after its restart.
          stage.store.log.compact();
        },
        12: () => stage.translation.set('1263', String(stage.store.version)),
      },
      during: { 12: () => applyLines(stage.store, 'pods', stage.translation, linesOf(stage, 12)) },
    }),
  },
};

describe.each(Object.entries(scenarios))('recording %s', (name, { namespace, steps }) => {
  it('is answered as the real server answered, but for the differences that are meant', async () => {
    const recording = readRecording(name);
    const translation = new Translation();
    await using api = await startApi({ tokens: TOKENS, namespaces: ['default', namespace] });
    const replayed = await replay(recording, {
      url: api.url,
      translation,
      headers: credentials,
      skip: leftOut(name),
      ...steps({ store: api.store, recording, translation }),
    });
    expect(surprises(name, recording, replayed, translation)).toEqual([]);
  });
});

const bodyOf = ({ recording }: Stage, index: number) => recording.exchanges[index]?.response.body;
const itemsOf = (stage: Stage, index: number) => listAt(objectAt(bodyOf(stage, index))['items']);
const linesOf = ({ recording }: Stage, index: number) => recording.exchanges[index]?.response.lines ?? [];

const restoreList = (stage: Stage, resource: 'pods' | 'jobs' | 'configmaps', index: number) =>
  restore(stage.store, resource, stage.translation, itemsOf(stage, index));

function watchSteps(stage: Stage): Steps {
  const { store, translation } = stage;
  const now = (recorded: string) => () => translation.set(recorded, String(store.version));
  const lines = (index: number) => applyLines(store, 'pods', translation, linesOf(stage, index));
  const modified = (index: number, line: number) => {
    const object = objectAt(linesOf(stage, index)[line]?.line)['object'];
    applyLines(store, 'pods', translation, [{ line: { type: 'MODIFIED', object } }]);
  };
  return {
    before: {
      0: now('1030'),
      1: () => lines(1),
      3: now('1045'),
      4: now('1045'),
      5: now('1047'),
    },
    during: {
      0: () => applyLines(store, 'pods', translation, linesOf(stage, 0).slice(0, -1)),
      4: () => {
        const pod = store.get('pods', 'watch', 'w-1');
        if (pod === undefined) return;
        const { labels: _, ...metadata } = pod.metadata;
        store.update('pods', { ...pod, metadata });
        modified(4, 1);
      },
      5: () => {
        modified(6, 0);
        modified(5, 0);
      },
    },
  };
}

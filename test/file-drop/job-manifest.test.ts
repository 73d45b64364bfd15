import { expect, test } from 'vitest';
import { dropFileId, dropJobName, isFileId, parseDropId } from '../../src/file-drop/file-id.ts';
import { type DropManifest, fileJob, indexedJob } from '../../src/file-drop/job-manifest.ts';

const drop: DropManifest = {
  dropId: 'd1',
  image: 'acme/processor:1',
  apiUrl: 'http://api.test/rebuild',
  token: { secretName: 's', key: 'token' },
  job: {},
};
const file = { id: dropFileId('d1', 0), filename: 'a.pdf', url: 'http://backend/backend/static/x' };

test('the same position of the same drop has one id, and every other another', () => {
  expect(dropFileId('d1', 0)).toBe(dropFileId('d1', 0));
  const ids = new Set([dropFileId('d1', 0), dropFileId('d1', 1), dropFileId('d10', 0), dropFileId('d', 10)]);
  expect(ids.size).toBe(4);
  expect([...ids].every(isFileId)).toBe(true);
});

test('a Job is the one that the protocol describes', () => {
  const job = fileJob(drop, file);
  expect(job).toMatchObject({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: file.id, labels: { app: 'file-drop-processor', 'holdfast/drop': 'd1' } },
    spec: { backoffLimit: 0, ttlSecondsAfterFinished: 3_600, activeDeadlineSeconds: 3_600 },
  });
  expect(job.spec?.template.metadata?.labels).toEqual({ app: 'file-drop-processor', 'holdfast/drop': 'd1' });
  expect(job.spec?.template.spec).toEqual({
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'processor',
        image: 'acme/processor:1',
        env: [
          { name: 'TARGET', value: file.url },
          { name: 'FILENAME', value: 'a.pdf' },
          { name: 'API_URL', value: 'http://api.test/rebuild' },
          { name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'token' } } },
        ],
        resources: {},
      },
    ],
  });
});

test('resources, labels, service account, queue, deadline and TTL go into the Job', () => {
  const job = fileJob(
    {
      ...drop,
      job: {
        ttlSeconds: 5,
        deadlineSeconds: 6,
        resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
        labels: { team: 'a' },
        serviceAccount: 'runner',
        queueName: 'traffic',
        imagePullPolicy: 'Never',
      },
    },
    file,
  );
  expect(job.metadata?.labels).toMatchObject({ team: 'a', 'kueue.x-k8s.io/queue-name': 'traffic' });
  expect(job.spec).toMatchObject({ suspend: true, ttlSecondsAfterFinished: 5, activeDeadlineSeconds: 6 });
  expect(job.spec?.template.metadata?.labels).toMatchObject({ team: 'a' });
  expect(job.spec?.template.spec).toMatchObject({
    serviceAccountName: 'runner',
    containers: [
      { imagePullPolicy: 'Never', resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } } },
    ],
  });
});

test('an Indexed Job has an index per file, and a failed one ends no other', () => {
  const job = indexedJob(drop, { count: 5_000, dropUrl: 'http://backend/backend/drops/d1' });
  expect(job.metadata?.name).toBe(dropJobName('d1'));
  expect(job.spec).toMatchObject({
    completionMode: 'Indexed',
    completions: 5_000,
    parallelism: 20,
    backoffLimitPerIndex: 0,
  });
  expect(job.spec).not.toHaveProperty('backoffLimit');
  expect(job.spec?.template.spec?.containers[0]?.env).toContainEqual({
    name: 'DROP',
    value: 'http://backend/backend/drops/d1',
  });
});

test.each(['$(API_TOKEN)', '$$(API_TOKEN)', 'a$', '$'])(
  'a name that the kubelet would fill in is escaped: %s',
  (filename) => {
    const env = fileJob(drop, { ...file, filename }).spec?.template.spec?.containers[0]?.env;
    const value = env?.find(({ name }) => name === 'FILENAME')?.value;
    expect(value).toBe(filename.replace(/\$/g, '$$$$'));
  },
);

test.each(['', '..', '../x', 'a/b', 'A', '-a', 'a\n', 'a'.repeat(64), 1, undefined])(
  'no drop id: %j',
  (value) => {
    expect(() => parseDropId(value)).toThrow('dropId: expected a drop id');
  },
);

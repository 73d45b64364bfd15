import type { KubernetesObject } from '../kube/resources.ts';
import { dropJobName } from './file-id.ts';
import { APP, type JobDefaults, LABELS } from './job-defaults.ts';

/** What all Jobs of a drop share. */
export interface DropManifest {
  readonly dropId: string;
  readonly image: string;
  readonly apiUrl: string;
  /** Where the token stands; `undefined` for an API that asks for none. */
  readonly token: SecretKey | undefined;
  readonly job: JobDefaults;
}

/** Where a Secret has a value. */
export interface SecretKey {
  /** The name of the Secret, in the namespace of the Jobs. */
  readonly secretName: string;
  /** The key in its data. */
  readonly key: string;
}

/** One file of a drop. */
export interface ManifestFile {
  readonly id: string;
  readonly filename: string;
  /** Where the processor gets its bytes. */
  readonly url: string;
}

/** The annotation that keeps a file's name, as it was dropped: a label could not hold it. */
export const FILENAME_ANNOTATION = 'holdfast/filename';

/** The Job of one file. Nothing in it depends on when or where it is made, so that making it again is the same. */
export function fileJob(drop: DropManifest, file: ManifestFile): KubernetesObject<'jobs'> {
  const annotations = { [FILENAME_ANNOTATION]: file.filename.toWellFormed() };
  const env = [literal('TARGET', file.url), literal('FILENAME', file.filename)];
  return jobOf(drop, { name: file.id, annotations, env, spec: { backoffLimit: 0 } });
}

/** The one Job of a whole drop, whose every index is a file; `dropUrl` + `/{index}` tells a processor which. */
export function indexedJob(
  drop: DropManifest,
  files: { readonly count: number; readonly dropUrl: string },
): KubernetesObject<'jobs'> {
  const spec = {
    completionMode: 'Indexed',
    completions: files.count,
    parallelism: Math.min(files.count, drop.job.parallelism ?? 20),
    // A failed file ends its own index only ("Backoff limit per index" in the Job's documentation).
    backoffLimitPerIndex: 0,
  };
  // The default is one for a single file.
  const job = { ...drop.job, deadlineSeconds: drop.job.deadlineSeconds ?? 86_400 };
  return jobOf(
    { ...drop, job },
    {
      name: dropJobName(drop.dropId),
      annotations: {},
      env: [literal('DROP', files.dropUrl)],
      spec,
    },
  );
}

/** Which objects are the scheduler's; with a drop only that one's. */
export function selectorOf(dropId: string | undefined): string {
  const all = `${LABELS.app}=${APP}`;
  return dropId === undefined ? all : `${all},${LABELS.drop}=${dropId}`;
}

type JobSpec = NonNullable<KubernetesObject<'jobs'>['spec']>;
type EnvVar = NonNullable<JobSpec['template']['spec']>['containers'][number]['env'];

interface JobParts {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly env: NonNullable<EnvVar>;
  readonly spec: Partial<JobSpec>;
}

function jobOf(drop: DropManifest, { name, annotations, env, spec }: JobParts): KubernetesObject<'jobs'> {
  const { image, apiUrl, token, job } = drop;
  const labels = { ...job.labels, [LABELS.app]: APP, [LABELS.drop]: drop.dropId };
  const { requests, limits } = job.resources ?? {};
  const queued = job.queueName === undefined ? {} : { [LABELS.queue]: job.queueName };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { ...labels, ...queued }, annotations: { ...annotations } },
    spec: {
      ...spec,
      // Kueue takes over only what does not run yet.
      ...(job.queueName !== undefined && { suspend: true }),
      ttlSecondsAfterFinished: job.ttlSeconds ?? 3_600,
      activeDeadlineSeconds: job.deadlineSeconds ?? 3_600,
      template: {
        metadata: { labels, annotations: { ...annotations } },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          ...(job.serviceAccount !== undefined && { serviceAccountName: job.serviceAccount }),
          containers: [
            {
              name: 'processor',
              image,
              ...(job.imagePullPolicy !== undefined && { imagePullPolicy: job.imagePullPolicy }),
              env: [...env, literal('API_URL', apiUrl), ...(token === undefined ? [] : [secret(token)])],
              resources: {
                ...(requests !== undefined && { requests: { ...requests } }),
                ...(limits !== undefined && { limits: { ...limits } }),
              },
            },
          ],
        },
      },
    },
  };
}

const secret = ({ secretName, key }: SecretKey) => ({
  name: 'API_TOKEN',
  valueFrom: { secretKeyRef: { name: secretName, key } },
});

/**
 * A variable that arrives as this very text: the kubelet fills in `$(NAME)`, another variable's value, and takes `$$` for
 * one `$` ("Define Dependent Environment Variables"). NUL, which no variable of a process can hold, becomes U+FFFD.
 */
const literal = (name: string, value: string) => ({
  name,
  value: value.toWellFormed().replaceAll('\0', '\ufffd').replaceAll('$', '$$$$'),
});

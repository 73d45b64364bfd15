import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { connectKubernetes } from '../../../../src/kube/connect-kubernetes.ts';
import type { Kubernetes } from '../../../../src/kube/kubernetes.ts';
import { kubernetesRunner } from '../../../../src/server/syncrator/kubernetes/kubernetes-runner.ts';
import type { KubernetesRunnerOptions } from '../../../../src/server/syncrator/kubernetes/runner-options.ts';
import { sqliteJobStore } from '../../../../src/server/syncrator/sqlite-job-store.ts';
import type { Image } from '../../../../src/testing/mini-kubernetes/kubelet/image.ts';
import {
  type MiniKubernetesOptions,
  startMiniKubernetes,
} from '../../../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { report } from '../program.ts';

export const TEMPLATE = await readFile(
  new URL('../../../fixtures/syncrator/job_template.yaml', import.meta.url),
  'utf8',
);

/** A file of jobs, until the test ends. */
async function newStorePath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'syncrator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return join(folder, 'jobs.sqlite');
}

/** The program of the template: what it does is told by `program`, and which jobs it ran by `ran`. */
export interface Program {
  readonly id: number;
  /** Writes to the store as the program does. */
  report(status: 'running' | 'completed' | 'failed'): void;
  readonly signal: AbortSignal;
}

/** A mini Kubernetes with the programs' ConfigMaps, a store and a runner on both. */
export async function runnerCluster(
  settings: {
    readonly program?: (program: Program) => Promise<number | undefined>;
    readonly mini?: MiniKubernetesOptions;
    readonly runner?: Partial<KubernetesRunnerOptions>;
    readonly targets?: readonly string[];
  } = {},
) {
  const { program = completes, targets = ['avo'] } = settings;
  const path = await newStorePath();
  const ran: number[] = [];
  const texts: string[] = [];
  const environments: Record<string, string>[] = [];
  const image: Image = async ({ args, env, signal }) => {
    const text = args.join(' ');
    const id = Number(/--api_job_id (\d+)/.exec(text)?.[1]);
    ran.push(id);
    texts.push(text);
    environments.push(env);
    const code = await program({
      id,
      signal,
      report: (status) => {
        report(path, { jobId: id, status, syncJob: { ...SYNC_JOB, completed: status === 'completed' } });
      },
    });
    return code ?? 0;
  };
  const kubernetes = await startMiniKubernetes({
    images: { syncrator: image },
    retryDelay: 10,
    ...settings.mini,
  });
  onTestFinished(() => kubernetes.close());
  const connect = () => {
    const kube = connectKubernetes({
      kubeconfig: kubernetes.kubeconfig,
      rateLimit: false,
      attemptTimeout: 1_000,
      retry: { attempts: 20, baseDelay: 1, maxDelay: 10 },
    });
    onTestFinished(() => kube.close());
    return kube;
  };
  const kube = connect();
  for (const target of targets) {
    await kube.create('configmaps', {
      metadata: { name: `syncrator-envtarget-qas-${target}` },
      data: { A: 'b' },
    });
  }
  const open = (change: Partial<KubernetesRunnerOptions> = {}) => {
    const store = sqliteJobStore(path);
    onTestFinished(() => store.close());
    const runner = kubernetesRunner({ kube, store, template: TEMPLATE, ...settings.runner, ...change });
    onTestFinished(() => runner.close());
    return { store, runner };
  };
  return { kubernetes, kube, connect, path, ran, texts, environments, open, ...open() };
}

const completes = async ({ report: tell }: Program): Promise<undefined> => {
  tell('running');
  tell('completed');
};

/** Resolves when the container is told to end. */
export const untilStopped = ({ signal }: { readonly signal: AbortSignal }) =>
  new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** Their names, and whether each may run. */
export async function jobsOf(kube: Kubernetes) {
  const jobs = [];
  for await (const job of kube.list('jobs')) jobs.push(job);
  return jobs;
}

const SYNC_JOB = {
  startTime: new Date('2020-05-22T20:12:12Z'),
  endTime: null,
  dataSource: 'mam harvester-AvO',
  type: 'sync',
  totalRecords: 20,
  options: '[nil, nil]',
  version: '2.4.0',
  targetDatastoreUrl: 'postgres://user:p@ss@db.example:5432/avo',
};

/** The template, with so many tries of its Job. */
export const withBackoffLimit = (limit: number): string =>
  TEMPLATE.replace('  spec:\n    template:', `  spec:\n    backoffLimit: ${limit}\n    template:`);

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { connectKubernetes } from '../../../src/kube/connect-kubernetes.ts';
import type { Kubernetes } from '../../../src/kube/kubernetes.ts';
import { serve } from '../../../src/server/serve.ts';
import { kubernetesRunner } from '../../../src/server/syncrator/kubernetes/kubernetes-runner.ts';
import type { SyncratorAppOptions } from '../../../src/server/syncrator/options.ts';
import { sqliteJobStore } from '../../../src/server/syncrator/sqlite-job-store.ts';
import { syncratorApp } from '../../../src/server/syncrator/syncrator-app.ts';
import type { SyncratorOptions } from '../../../src/syncrator/options.ts';
import { SyncratorClient } from '../../../src/syncrator/syncrator-client.ts';
import type { Image } from '../../../src/testing/mini-kubernetes/kubelet/image.ts';
import { startMiniKubernetes } from '../../../src/testing/mini-kubernetes/mini-kubernetes.ts';
import { auth, signToken, temporaryFile } from './app.ts';
import { report } from './program.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/syncrator', import.meta.url));

/** A started program, under the test's hand: it does nothing by itself. */
interface Program {
  readonly jobId: number;
  /** What `bash -c` was given. */
  readonly script: string;
  /** Aborted when its pod has to end. */
  readonly signal: AbortSignal;
  /** Reports to the database, as `running`. */
  run(totalRecords?: number): void;
  complete(totalRecords: number): void;
  fail(): void;
  /** Ends the process, with 0 by default. */
  exit(code?: number): void;
}

/** A server of the originals' template and parameters on a mini Kubernetes, with whatever its programs do at the test's word. */
export async function startSyncrator(options: Partial<SyncratorAppOptions> = {}) {
  const database = await temporaryFile('jobs.sqlite');
  const programs: Program[] = [];
  const cluster = await startMiniKubernetes({
    images: { syncrator: (container) => runProgram(container, database, programs) },
  });
  const kube = connectKubernetes({ kubeconfig: cluster.kubeconfig });
  for (const target of ['avo', 'cataloguspro']) {
    await kube.create('configmaps', { metadata: { name: `syncrator-envtarget-qas-${target}` } });
  }
  const store = sqliteJobStore(database);
  const template = await readFile(`${fixtures}/job_template.yaml`, 'utf8');
  const runner = kubernetesRunner({ kube, store, template });
  const credentials = { username: 'somelogin@meemoo.be', password: 'PW_HERE' };
  const login: SyncratorAppOptions['login'] = async ({ username, password }) =>
    username === credentials.username && password === credentials.password
      ? { accessToken: await signToken(), expiresIn: 899 }
      : undefined;
  const app = syncratorApp({
    store,
    runner,
    params: `${fixtures}/job_params`,
    env: 'qas',
    auth,
    login,
    ...options,
  });
  const server = await serve(app);
  onTestFinished(async () => {
    await server.close();
    await runner.close();
    await store.close();
    await kube.close();
    await cluster.close();
  });
  const client = (more: Partial<SyncratorOptions> = {}) => {
    const made = new SyncratorClient({ baseUrl: server.url, credentials, ...more });
    onTestFinished(() => made.close());
    return made;
  };
  return { url: server.url, kube, database, store, programs, credentials, client };
}

/** The names of all Jobs. */
export async function jobNames(kube: Kubernetes): Promise<(string | undefined)[]> {
  const names: (string | undefined)[] = [];
  for await (const { metadata } of kube.list('jobs')) names.push(metadata?.name);
  return names;
}

async function runProgram(
  { args, signal }: Parameters<Image>[0],
  database: string,
  programs: Program[],
): Promise<number> {
  const script = args.at(-1) ?? '';
  const [, action = ''] = /;syncrator (\w+)/.exec(script) ?? [];
  const jobId = Number(/ --api_job_id (\d+)$/.exec(script)?.[1]);
  const end = Promise.withResolvers<number>();
  signal.addEventListener('abort', () => end.resolve(143), { once: true });
  const startTime = new Date('2020-05-22T20:12:12Z');
  const tell = (status: 'running' | 'completed' | 'failed', totalRecords: number) =>
    report(database, {
      jobId,
      status,
      syncJob: {
        startTime,
        endTime: status === 'running' ? null : new Date('2020-05-22T20:21:35Z'),
        dataSource: 'mam harvester-AvO',
        type: action,
        totalRecords,
        completed: status === 'running' ? null : status === 'completed',
        options: '[nil, nil]',
        version: '2.4.0',
        targetDatastoreUrl: 'postgres://dbmaster:p@ss@postgresql-qas.sc-avo2.svc:5432/avo_qas',
      },
    });
  programs.push({
    jobId,
    script,
    signal,
    run: (totalRecords = 0) => void tell('running', totalRecords),
    complete: (totalRecords) => void tell('completed', totalRecords),
    fail: () => void tell('failed', 0),
    exit: (code = 0) => end.resolve(code),
  });
  return end.promise;
}

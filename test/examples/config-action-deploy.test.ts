import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKubernetes, type KubernetesObject, loadConfig } from 'holdfast';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runBatch } from '../../examples/support/run-batch.ts';
import { connectAsUser } from './as-user.ts';
import { capturePrinted } from './printed.ts';

const manifestPath = (name: string) =>
  fileURLToPath(new URL(`../../examples/deploy/config-action/${name}`, import.meta.url));

interface Named {
  readonly metadata: { readonly name: string };
}

interface Role extends Named {
  readonly rules: readonly { readonly verbs: string[]; readonly resources: string[] }[];
}

interface RoleBinding extends Named {
  readonly roleRef: { readonly name: string };
  readonly subjects: readonly object[];
}

interface ConfigMap extends Named {
  readonly data: Readonly<Record<string, string>>;
}

interface PodTemplate {
  readonly metadata: { readonly labels: object };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly volumes: readonly object[];
    readonly containers: readonly {
      readonly image: string;
      readonly args: readonly string[];
      readonly env: readonly object[];
      readonly volumeMounts: readonly object[];
      readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
    }[];
  };
}

interface Job extends Named {
  readonly spec: { readonly completions: number; readonly template: PodTemplate };
}

interface Deployment extends Named {
  readonly spec: { readonly selector: { readonly matchLabels: object }; readonly template: PodTemplate };
}

interface Service extends Named {
  readonly spec: { readonly selector: object; readonly ports: readonly { readonly targetPort: string }[] };
}

/** The documents of a file, in their order. */
async function manifests<Documents extends readonly Named[]>(name: string): Promise<Documents> {
  const documents = parseAllDocuments(await readFile(manifestPath(name), 'utf8'));
  return [...documents].map((document): unknown => document.toJS()) as unknown as Documents;
}

test('the Indexed Job calls every pod once, a shard for each index, with no more rights than its Role gives', async () => {
  const [job] = await manifests<[Job]>('job.yaml');
  const [configMap] = await manifests<[ConfigMap]>('config-map.yaml');
  const [role] = await manifests<[Role]>('role.yaml');
  const called: string[] = [];
  const shards: string[] = [];
  const ips = Array.from({ length: 10 }, (_, pod) => `127.0.9.${pod + 1}`);
  const servers = ips.map((ip) =>
    createServer(({ method, url }, response) => {
      called.push(`${method} ${url} ${ip}`);
      response.end('OK');
    }).listen(8645, ip),
  );
  onTestFinished(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  await Promise.all(servers.map((server) => once(server, 'listening')));

  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  await writeFile(join(folder, 'config.yaml'), configMap.data['config.yaml'] ?? '');
  const podApi: Image = async ({ env, args, signal }) => {
    const [script, ...rest] = args;
    expect(script).toBe('examples/config-action-batch.ts');
    shards.push(`${env['JOB_COMPLETION_INDEX']} of ${env['SHARDS']}`);
    const mounted = rest.map((arg) => arg.replace('/config/', `${folder}/`));
    return (await runBatch(mounted, env, signal)) ? 0 : 1;
  };
  await using kubernetes = await startMiniKubernetes({
    images: { 'pod-api': podApi },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': { user: 'pod-api', allow: role.rules.map(withoutGroups) },
    },
  });
  onTestFinished(() => rm(folder, { recursive: true }));
  await kubernetes.addService({ name: 'zerotesting-lightpush-client', selector: { app: 'client' } });
  for (const [pod, ip] of ips.entries()) {
    await kubernetes.addPod({
      name: `client-0-${pod}`,
      statefulSet: 'client-0',
      labels: { app: 'client' },
      ip,
    });
  }
  await connectAsUser('pod-api', kubernetes.kubeconfig, join(folder, 'kubeconfig'));
  capturePrinted();

  await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, context: 'admin' });
  await kube.create('configmaps', configMap);
  const { metadata } = await kube.create('jobs', job as KubernetesObject<'jobs'>);
  const ended = await untilEnded(kube, metadata?.name ?? '');
  expect(ended.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'Complete', status: 'True' }),
  );
  expect(ended.status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  expect(shards.sort()).toEqual(['0 of 4', '1 of 4', '2 of 4', '3 of 4']);
  const wanted = ips.flatMap((ip) => [`POST /lightpush/v3/message ${ip}`, `GET /debug/v1/info ${ip}`]);
  expect(called.sort()).toEqual(wanted.sort());
});

test('the manifests name each other rightly', async () => {
  const [configMap] = await manifests<[ConfigMap]>('config-map.yaml');
  const [role] = await manifests<[Role]>('role.yaml');
  const [account, binding] = await manifests<[Named, RoleBinding]>('role-binding.yaml');
  const [job] = await manifests<[Job]>('job.yaml');
  const [deployment] = await manifests<[Deployment]>('deployment.yaml');
  const [service] = await manifests<[Service]>('service.yaml');
  expect(binding.roleRef.name).toBe(role.metadata.name);
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: account.metadata.name }]);
  for (const { spec } of [job.spec.template, deployment.spec.template]) {
    expect(spec.serviceAccountName).toBe(account.metadata.name);
    expect(spec.volumes).toContainEqual({ name: 'config', configMap: { name: configMap.metadata.name } });
    expect(spec.containers[0]?.volumeMounts).toContainEqual({
      name: 'config',
      mountPath: '/config',
      readOnly: true,
    });
  }
  const [batch] = job.spec.template.spec.containers;
  expect(batch?.env).toEqual([{ name: 'SHARDS', value: String(job.spec.completions) }]);
  const { actions } = await loadConfig(manifestPath('config-map.yaml'));
  expect([...actions.keys()].map((name) => `--action=${name}`)).toContain(batch?.args.at(-2));
  expect(deployment.spec.template.metadata.labels).toMatchObject(service.spec.selector);
  expect(deployment.spec.template.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels);
  const [container] = deployment.spec.template.spec.containers;
  const [port] = container?.ports ?? [];
  expect(service.spec.ports[0]?.targetPort).toBe(port?.name);
  expect(container?.args).toContain(`--port=${port?.containerPort}`);
  expect(container?.image).toBe(batch?.image);
});

const withoutGroups = ({ verbs, resources }: Role['rules'][number]) => ({ verbs, resources });

async function untilEnded(
  kube: ReturnType<typeof connectKubernetes>,
  name: string,
): Promise<KubernetesObject<'jobs'>> {
  for await (const event of kube.watch('jobs', { fieldSelector: `metadata.name=${name}` })) {
    if (event.type === 'synced') continue;
    const ends = event.object.status?.conditions?.filter(
      ({ type }) => type === 'Complete' || type === 'Failed',
    );
    if ((ends ?? []).length > 0) return event.object;
  }
  throw new Error('the watch ended before the Job');
}

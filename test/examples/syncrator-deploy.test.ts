import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKubernetes, type KubernetesObject, SyncratorClient } from 'holdfast';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { SignJWT } from 'jose';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { runSyncrator } from '../../examples/support/run-syncrator.ts';
import { capturePrinted } from './printed.ts';

const folder = fileURLToPath(new URL('../../examples/deploy/syncrator/', import.meta.url));

const manifest = async <Manifest>(name: string): Promise<Manifest> =>
  parse(await readFile(join(folder, `${name}.yaml`), 'utf8')) as Manifest;

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly [{ readonly name: string; readonly files: readonly string[] }];
  readonly images: readonly { readonly name: string }[];
}

interface Role {
  readonly metadata: { readonly name: string };
  readonly rules: readonly { readonly verbs: string[]; readonly resources: string[] }[];
}

interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: NonNullable<KubernetesObject<'pods'>['spec']>;
    };
  };
}

/** What kustomize makes of its generator. */
async function generatedConfigMap() {
  const { configMapGenerator } = await manifest<Kustomization>('kustomization');
  const [{ name, files }] = configMapGenerator;
  const data: Record<string, string> = {};
  for (const file of files) {
    const [key = '', path = key] = file.split('=');
    data[key] = await readFile(join(folder, path), 'utf8');
  }
  return { metadata: { name }, data };
}

/** A folder on which the ConfigMap is mounted as the Deployment has it. */
async function mount(
  data: Readonly<Record<string, string>>,
  { volumes = [] }: { volumes?: KubernetesVolumes },
) {
  const at = await mkdtemp(join(tmpdir(), 'deploy-'));
  onTestFinished(() => rm(at, { recursive: true, force: true }));
  for (const { key, path } of volumes.flatMap(({ configMap }) => configMap?.items ?? [])) {
    const to = join(at, 'jobs', path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, data[key] ?? '');
  }
  await mkdir(join(at, 'store'));
  return at;
}

type KubernetesVolumes = NonNullable<NonNullable<KubernetesObject<'pods'>['spec']>['volumes']>;

test('the deployed server starts a Job and sees it to its end, with no more rights than its Role gives', async () => {
  const deployment = await manifest<Deployment>('deployment');
  const role = await manifest<Role>('role');
  const secret = await manifest<KubernetesObject<'secrets'>>('secret');
  const configMap = await generatedConfigMap();
  const { template } = deployment.spec;
  const at = await mount(configMap.data, template.spec);
  const jwtSecret = Buffer.from('a secret of the OAuth server, long enough');
  const { out } = capturePrinted();

  const scripts: string[] = [];
  const program: Image = async ({ env, args }) => {
    scripts.push(`${args.at(-1)} of ${env['DATA_SOURCE']}`);
  };
  const server: Image = async ({ env, args, signal, ip }) => {
    const [script, ...rest] = args;
    expect(script).toBe('examples/syncrator.ts');
    const mounted = rest.map((arg) =>
      arg.replace(/=\/(jobs|store)/, `=${at}/$1`).replace('=0.0.0.0', `=${ip}`),
    );
    return (await runSyncrator(mounted, env, signal)) ? 0 : 1;
  };
  await using kubernetes = await startMiniKubernetes({
    images: { 'syncrator-api': server, syncrator: program },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': {
        user: 'syncrator-api',
        allow: role.rules.map(({ verbs, resources }) => ({ verbs, resources })),
      },
    },
  });
  // As the environment of a pod gives it: the service account's own rights.
  const kubeconfig = join(at, 'kubeconfig');
  const asPod = (await readFile(kubernetes.kubeconfig, 'utf8')).replace(
    /(current-context:).*/,
    '$1 syncrator-api',
  );
  await writeFile(kubeconfig, asPod);
  vi.stubEnv('KUBECONFIG', kubeconfig);
  onTestFinished(() => void vi.unstubAllEnvs());

  await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, context: 'admin' });
  await kube.create('configmaps', configMap);
  await kube.create('configmaps', await manifest<KubernetesObject<'configmaps'>>('env-target'));
  await kube.create('secrets', { ...secret, stringData: { 'jwt-secret': jwtSecret.toString('base64') } });
  await kube.create('services', await manifest<KubernetesObject<'services'>>('service'));
  await kube.create('pods', {
    metadata: { name: 'syncrator-api-0', ...template.metadata },
    spec: template.spec,
  });

  await expect.poll(() => out.find((line) => line.startsWith('http'))).toBeDefined();
  const baseUrl = out.find((line) => line.startsWith('http')) ?? '';
  const jwt = new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience('syncrator')
    .setExpirationTime('1h');
  await using client = new SyncratorClient({ baseUrl, token: await jwt.sign(jwtSecret), paths: 'project' });
  const { jobId } = await client.start('sync', 'avo');
  const { job } = await client.follow(jobId, { interval: 50, maxInterval: 200 });
  expect(job).toMatchObject({ status: 'completed', env: 'qas' });
  expect(scripts).toEqual([
    expect.stringMatching(/;syncrator sync -n 1000 -c 1 --api_job_id 1 of mam harvester-AvO$/),
  ]);
});

test('the manifests name each other rightly', async () => {
  const { resources, configMapGenerator, images } = await manifest<Kustomization>('kustomization');
  const names = await Promise.all(
    resources.map(async (file) => {
      const { kind, metadata } = await manifest<{ kind: string; metadata: { name: string } }>(
        file.replace('.yaml', ''),
      );
      return `${kind} ${metadata.name}`;
    }),
  );
  for (const kind of [
    'Secret',
    'ServiceAccount',
    'Role',
    'RoleBinding',
    'PersistentVolumeClaim',
    'Deployment',
    'Service',
  ]) {
    expect(names).toContain(`${kind} syncrator-api`);
  }
  expect(names).toContain('ConfigMap syncrator-envtarget-qas-avo');
  const binding = await manifest<{ roleRef: object; subjects: object[] }>('role-binding');
  expect(binding.roleRef).toMatchObject({ kind: 'Role', name: 'syncrator-api' });
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: 'syncrator-api' }]);

  const { spec } = await manifest<Deployment>('deployment');
  const { serviceAccountName, containers, volumes = [] } = spec.template.spec;
  expect(serviceAccountName).toBe('syncrator-api');
  expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  const [generator] = configMapGenerator;
  const [jobs, store] = volumes;
  expect(jobs?.configMap?.name).toBe(generator.name);
  const files = generator.files
    .map((file) => file.split('='))
    .map(([key = '', path = key]) => ({ key, path }));
  expect(jobs?.configMap?.items).toEqual(files);
  expect(store?.persistentVolumeClaim?.claimName).toBe('syncrator-api');
  const [container] = containers;
  expect(container?.image).toBe(images[0]?.name);
  expect(container?.volumeMounts?.map(({ name }) => name)).toEqual([jobs?.name, store?.name]);
  const [port] = container?.ports ?? [];
  expect(container?.args).toContain(`--port=${port?.containerPort}`);
  const service = await manifest<KubernetesObject<'services'>>('service');
  expect(service.spec?.ports?.[0]?.targetPort).toBe(port?.name);
  expect(spec.template.metadata.labels).toMatchObject(service.spec?.selector ?? {});
});

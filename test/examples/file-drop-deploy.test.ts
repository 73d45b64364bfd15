import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes } from 'holdfast';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startRebuildApi } from '../../examples/support/rebuild-api.ts';
import { runFileDrop } from '../../examples/support/run-file-drop.ts';
import { runProcessor } from '../../examples/support/run-processor.ts';
import { connectAsUser } from './as-user.ts';
import { type Built, buildKustomization } from './kustomization.ts';
import { capturePrinted } from './printed.ts';

const FOLDER = new URL('../../examples/deploy/file-drop/', import.meta.url);
const IMAGE = 'registry.example/file-drop:1';
const PAGE_TOKEN = 'token-of-the-page';
const API_TOKEN = 'token-of-the-api';

test('the manifests run on the mini Kubernetes, with no more rights than the Role gives', async () => {
  const built = await buildKustomization(FOLDER);
  const api = await startRebuildApi({ token: API_TOKEN, delay: 0 });
  onTestFinished(() => api.close());
  const folder = await mkdtemp(join(tmpdir(), 'file-drop-deploy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const listening = Promise.withResolvers<string>();
  const commands: (readonly string[])[] = [];
  // As the image's command has it: an example by its arguments, or the processor without any.
  const image: Image = async ({ args: [script, ...args], env, ip, signal, log }) => {
    if (script === undefined) return runProcessor(env, { signal, log, outputDirectory: folder });
    commands.push([script, ...args]);
    const inPlace = new Map([
      ['--hostname=0.0.0.0', `--hostname=${ip}`],
      ['--store=/store', `--store=${join(folder, 'store')}`],
      ['--backend-url=http://file-drop:5000', `--backend-url=http://${ip}:5000`],
    ]);
    expect(args).toEqual(expect.arrayContaining([...inPlace.keys()]));
    listening.resolve(`http://${ip}:5000`);
    const mine = args.map((arg) => inPlace.get(arg) ?? arg);
    return (await runFileDrop(mine, env, signal)) ? 0 : 1;
  };
  const role = find(built, 'Role');
  await using kubernetes = await startMiniKubernetes({
    images: { [IMAGE]: image },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': { user: 'file-drop', allow: role.rules.map(withoutGroups) },
    },
  });
  await connectAsUser('file-drop', kubernetes.kubeconfig, join(folder, 'kubeconfig'));
  const { err } = capturePrinted();

  await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, context: 'admin' });
  await kube.create('configmaps', { ...find(built, 'ConfigMap'), data: { 'api-url': api.url } });
  const stringData = { 'api-token': API_TOKEN, 'page-token': PAGE_TOKEN };
  await kube.create('secrets', { ...find(built, 'Secret'), stringData });
  await kube.create('services', find(built, 'Service'));
  const { template } = find(built, 'Deployment').spec;
  const metadata = { ...template.metadata, name: 'file-drop-0' };
  await kube.create('pods', { ...template, metadata });

  const url = await listening.promise;
  await expect
    .poll(() =>
      fetch(`${url}/backend/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    .toBe(true);
  const authorization = `Bearer ${PAGE_TOKEN}`;
  const form = new FormData();
  for (const name of ['a.pdf', 'refuse.pdf', 'c.pdf']) form.append('files[]', new File([name], name));
  const posted = await fetch(`${url}/backend/files`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  });
  expect(posted.status).toBe(200);
  const pods = async () => {
    const answer = await fetch(`${url}/backend/pods/processor`, { headers: { authorization } });
    const found = (await answer.json()) as { phase: string; filename: string }[];
    return found.map(({ phase, filename }) => `${filename} ${phase}`).sort();
  };
  await expect.poll(pods).toEqual(['a.pdf Succeeded', 'c.pdf Succeeded', 'refuse.pdf Failed']);
  const events = new AbortController();
  const stream = await fetch(`${url}/backend/events`, { headers: { authorization }, signal: events.signal });
  expect(stream.status).toBe(200);
  events.abort();
  const deleted = await fetch(`${url}/backend/jobs/processor`, {
    method: 'DELETE',
    headers: { authorization },
  });
  expect(deleted.status).toBe(200);
  await expect.poll(pods).toEqual([]);
  expect(commands).toEqual([expect.arrayContaining([`--image=${IMAGE}`, `--api-url=${api.url}`])]);
  expect(err).toEqual(['open it in a browser and drop files on it; until Ctrl-C']);
  await kube.delete('pods', 'file-drop-0', { propagationPolicy: 'Background' });
});

test('the manifests name each other rightly, and there is none that is not deployed', async () => {
  const built = await buildKustomization(FOLDER);
  expect(built.map(({ kind }) => kind).sort()).toEqual([
    'ConfigMap',
    'Deployment',
    'Ingress',
    'PersistentVolumeClaim',
    'Role',
    'RoleBinding',
    'Secret',
    'Service',
    'ServiceAccount',
  ]);
  const binding = find(built, 'RoleBinding');
  expect(binding.roleRef).toMatchObject({ kind: 'Role', name: find(built, 'Role').metadata.name });
  const account = find(built, 'ServiceAccount').metadata.name;
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: account }]);
  const { template, selector, replicas } = find(built, 'Deployment').spec;
  expect(replicas).toBe(1);
  expect(template.spec.serviceAccountName).toBe(account);
  expect(template.metadata.labels).toMatchObject(selector.matchLabels);
  const service = find(built, 'Service');
  expect(template.metadata.labels).toMatchObject(service.spec.selector);
  const [container] = template.spec.containers;
  const [port] = container?.ports ?? [];
  expect(service.spec.ports).toMatchObject([{ name: 'http', port: 5000, targetPort: port?.name }]);
  expect(container?.args).toContain(`--port=${port?.containerPort}`);
  expect(container?.args).toContain(`--backend-url=http://${service.metadata.name}:5000`);
  const secret = find(built, 'Secret');
  expect(container?.args).toContain(`--api-token-secret=${secret.metadata.name}/api-token`);
  // Whoever deploys it without a word has no page that everybody may use.
  expect(secret.stringData).toEqual({ 'api-token': '', 'page-token': '' });
  const { claimName } = template.spec.volumes[0]?.persistentVolumeClaim ?? {};
  expect(claimName).toBe(find(built, 'PersistentVolumeClaim').metadata.name);
  const [path] = find(built, 'Ingress').spec.rules[0]?.http.paths ?? [];
  expect(path?.backend.service).toEqual({ name: service.metadata.name, port: { name: 'http' } });
});

function find<Kind extends Built['kind']>(built: readonly Built[], kind: Kind) {
  const found = built.find((one): one is Extract<Built, { kind: Kind }> => one.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}

const withoutGroups = ({ verbs, resources }: { readonly verbs: string[]; readonly resources: string[] }) => ({
  verbs,
  resources,
});

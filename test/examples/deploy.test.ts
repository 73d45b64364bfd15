import { access, readdir, readFile } from 'node:fs/promises';
import { connectKubernetes } from 'holdfast';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../examples/support/cluster-job-settings.ts';
import { readBatchSettings } from '../../examples/support/config-action-batch-settings.ts';
import { readFileDropSettings } from '../../examples/support/file-drop-settings.ts';
import { readServerSettings } from '../../examples/support/pod-api-server-settings.ts';
import { readSyncratorSettings } from '../../examples/support/syncrator-settings.ts';
import { applyManifests, discover } from './apply.ts';
import { DEPLOY, deployed, deployFolder } from './deployed.ts';
import { documents, find, type Manifest, ofKind, podTemplates } from './manifests.ts';
import { referenceFaults } from './references.ts';

const FOLDERS = ['cluster', 'config-action', 'file-drop', 'group-nodes', 'syncrator'];

/** What reads the command line of an example, and refuses what it does not know. */
const COMMAND_LINES = new Map<string, (args: readonly string[], env: Record<string, string>) => unknown>([
  ['examples/cluster-job.ts', readSettings],
  ['examples/config-action-batch.ts', readBatchSettings],
  ['examples/file-drop.ts', readFileDropSettings],
  ['examples/pod-api-server.ts', readServerSettings],
  ['examples/syncrator.ts', readSyncratorSettings],
]);

test('every manifest of every folder is deployed', async () => {
  const entries = await readdir(DEPLOY, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.sort()).toEqual(FOLDERS);
  for (const folder of folders) {
    const built = await deployed(folder);
    const files = (await readdir(deployFolder(folder))).filter((file) => file.endsWith('.yaml'));
    const read = await Promise.all(
      files.map((file) => documents<Manifest>(new URL(file, deployFolder(folder)))),
    );
    for (const { kind, metadata } of read.flat()) {
      // What Kustomize itself reads, and what the syncrator server makes Jobs of.
      if (kind === undefined || ['Kustomization', 'Template'].includes(kind)) continue;
      expect(find(built, kind, metadata.name), `${folder}: ${kind} ${metadata.name}`).toBeDefined();
    }
  }
});

describe.each(FOLDERS)('what examples/deploy/%s deploys', (folder) => {
  test('is taken by Kubernetes to the last field, and runs', async () => {
    const manifests = await deployed(folder);
    const makers = podTemplates(manifests);
    const started: string[] = [];
    const image: Image = ({ podName, signal }) => {
      started.push(podName);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const names = makers.flatMap(({ spec }) => spec.template.spec.containers.map((one) => one.image));
    await using kubernetes = await startMiniKubernetes({
      images: Object.fromEntries(names.map((name) => [name, image])),
    });
    await applyManifests(kubernetes, manifests);
    await using kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig });
    for (const [name, key] of await handMadeSecrets(folder)) {
      await kube.create('secrets', { metadata: { name }, stringData: { [key]: 'x' } });
    }
    const wanted = makers.flatMap((maker) =>
      Array<string>(maker.kind === 'Job' ? maker.spec.completions : maker.spec.replicas).fill(
        maker.metadata.name,
      ),
    );
    await expect
      .poll(() => started.map((pod) => wanted.find((name) => pod.startsWith(`${name}-`)) ?? pod).sort())
      .toEqual(wanted.sort());
  });

  test('names its own parts rightly', async () => {
    await using kubernetes = await startMiniKubernetes();
    const around = {
      secretKeys: (await handMadeSecrets(folder)).map((parts) => parts.join('/')),
      elsewhere: await deployed('group-nodes'),
      known: await discover(kubernetes),
    };
    expect(referenceFaults(await deployed(folder), around)).toEqual([]);
  });

  test('runs examples with options that they know', async () => {
    const manifests = await deployed(folder);
    for (const { kind, metadata, spec } of podTemplates(manifests)) {
      for (const { args = [], env = [] } of spec.template.spec.containers) {
        const variables = new Map(env.map(({ name, value }) => [name, value ?? valueFor(manifests, name)]));
        const [script = '', ...options] = args.map((arg) =>
          arg.replaceAll(/\$\((\w+)\)/g, (_, name: string) => variables.get(name) ?? ''),
        );
        const read = COMMAND_LINES.get(script);
        expect(read, `${kind} ${metadata.name} runs ${script}`).toBeDefined();
        await access(new URL(`../../${script}`, import.meta.url));
        const index = kind === 'Job' ? { JOB_COMPLETION_INDEX: '0' } : {};
        const given = { ...Object.fromEntries(variables), ...index };
        expect(() => read?.(options, given)).not.toThrow();
      }
    }
  });

  test('has no more power over its machine than it needs', async () => {
    for (const { spec } of podTemplates(await deployed(folder))) {
      const { containers, serviceAccountName, automountServiceAccountToken } = spec.template.spec;
      // Whoever asks Kubernetes for nothing is not to be somebody there.
      expect(serviceAccountName === undefined).toBe(automountServiceAccountToken === false);
      for (const { securityContext, image } of containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(image).toMatch(/:\w+$/);
      }
    }
  });
});

describe('a slip in a manifest is found:', () => {
  const replaced = (text: string, by: string) => (manifests: readonly Manifest[]) => {
    const json = JSON.stringify(manifests);
    expect(json).toContain(text);
    return JSON.parse(json.replace(text, by)) as Manifest[];
  };
  const without = (kind: Manifest['kind']) => (manifests: readonly Manifest[]) =>
    manifests.filter((one) => one.kind !== kind);

  test.each([
    ['file-drop', without('ServiceAccount'), 'Deployment file-drop runs as nobody: file-drop'],
    ['file-drop', without('PersistentVolumeClaim'), 'Deployment file-drop mounts no claim: file-drop'],
    ['file-drop', without('Role'), 'RoleBinding file-drop binds no Role'],
    ['file-drop', without('RoleBinding'), 'Role file-drop is not bound'],
    ['file-drop', without('Deployment'), 'Service file-drop selects no pods'],
    ['file-drop', without('Service'), 'Ingress file-drop leads to no file-drop:http'],
    ['file-drop', without('Service'), 'no Service answers at http://file-drop:5000'],
    ['file-drop', replaced('"page-token":', '"pagetoken":'), 'Deployment file-drop gets no FILE_DROP_TOKEN'],
    [
      'file-drop',
      replaced('"api-token":', '"token":'),
      'Deployment file-drop hands on no Secret: file-drop/api-token',
    ],
    ['file-drop', replaced('"api-url":', '"url":'), 'Deployment file-drop gets no API_URL'],
    ['file-drop', replaced('$(API_URL)', '$(API)'), 'Deployment file-drop knows no $(API)'],
    [
      'file-drop',
      replaced('--port=5000', '--port=5001'),
      'Deployment file-drop listens on 5001, and not on 5000',
    ],
    [
      'file-drop',
      replaced('"targetPort":"http"', '"targetPort":"web"'),
      'Service file-drop has no port web to go to',
    ],
    ['file-drop', replaced('health","port":"http"', 'health","port":"web"'), 'is asked at no port: web'],
    ['file-drop', replaced('deletecollection', 'deleteall'), 'allows what is not there: deleteall jobs'],
    ['file-drop', replaced('["batch"]', '["apps"]'), 'Role file-drop allows what is not there: create jobs'],
    ['cluster', without('ConfigMap'), 'Job create-groups gets no NODES'],
    [
      'cluster',
      replaced('group-nodes:8003', 'group-nodes:8004'),
      'no Service answers at http://group-nodes:8004',
    ],
    [
      'cluster',
      replaced('ServiceAccount","name":"groups"}]', 'User","name":"groups"}]'),
      'RoleBinding groups is for nobody',
    ],
    [
      'cluster',
      replaced('"SHARDS","value":"4"', '"SHARDS","value":"3"'),
      'Job create-groups has 4 indexes, and 3 shards',
    ],
    ['cluster', without('Job'), 'no pod runs as ServiceAccount groups'],
    ['syncrator', replaced('"qas-avo-diff":', '"diff":'), 'mounts no key of a ConfigMap: qas-avo-diff'],
    ['config-action', without('ConfigMap'), 'Deployment pod-api mounts no ConfigMap: pod-api-config'],
  ] as const)('%s, %#: %o', async (folder, change, fault) => {
    await using kubernetes = await startMiniKubernetes();
    const around = {
      secretKeys: [],
      elsewhere: await deployed('group-nodes'),
      known: await discover(kubernetes),
    };
    const found = referenceFaults(change(await deployed(folder)), around);
    expect(found).toContainEqual(expect.stringContaining(fault));
  });
});

/** Secrets that comments say how to make, as name and key. */
async function handMadeSecrets(folder: string): Promise<readonly (readonly [string, string])[]> {
  const files = (await readdir(deployFolder(folder))).filter((file) => file.endsWith('.yaml'));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, deployFolder(folder)), 'utf8')));
  const made = texts.flatMap((text) => [
    ...text.matchAll(/^#.*kubectl create secret generic (\S+) --from-literal=([^=\s]+)=/gm),
  ]);
  const manifests = ofKind(await deployed(folder), 'Secret').map(({ metadata }) => metadata.name);
  return made
    .map(([, name = '', key = '']) => [name, key] as const)
    .filter(([name]) => !manifests.includes(name));
}

/** A value for a variable that a Secret or a ConfigMap gives. */
function valueFor(manifests: readonly Manifest[], variable: string): string {
  for (const { data } of ofKind(manifests, 'ConfigMap')) {
    const [, value] =
      Object.entries(data).find(([key]) => variable === key.toUpperCase().replaceAll('-', '_')) ?? [];
    if (value !== undefined) return value;
  }
  return 'dG9rZW4gb2YgYW4gZXhhbXBsZQ==';
}

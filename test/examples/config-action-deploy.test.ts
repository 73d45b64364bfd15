import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKubernetes, type KubernetesObject, loadConfig } from 'holdfast';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { runBatch } from '../../examples/support/run-batch.ts';
import { applyManifests } from './apply.ts';
import { connectAsUser } from './as-user.ts';
import { deployed, deployFolder } from './deployed.ts';
import { find } from './manifests.ts';
import { capturePrinted } from './printed.ts';
import { startScript } from './script.ts';

const TOKEN = 'token-of-the-server';

test('the Job calls every pod once, a shard for each index, and the server calls one, with no more rights than the Role gives', async () => {
  const built = await deployed('config-action');
  const role = find(built, 'Role');
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
  await writeFile(join(folder, 'config.yaml'), find(built, 'ConfigMap').data['config.yaml'] ?? '');
  const serving = Promise.withResolvers<string>();
  const podApi: Image = async ({ env, args, ip, signal }) => {
    const [script, ...rest] = args;
    const mounted = rest.map((arg) => arg.replace('/config/', `${folder}/`));
    if (script === 'examples/pod-api-server.ts') {
      using server = startScript(
        'pod-api-server.ts',
        mounted.map((arg) => arg.replace('=0.0.0.0', `=${ip}`)),
        env,
      );
      serving.resolve(await server.printed(/http:\/\/[\d.]+:8645/));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return 0;
    }
    expect(script).toBe('examples/config-action-batch.ts');
    shards.push(`${env['JOB_COMPLETION_INDEX']} of ${env['SHARDS']}`);
    return (await runBatch(mounted, env, signal)) ? 0 : 1;
  };
  await using kubernetes = await startMiniKubernetes({
    images: { 'pod-api': podApi },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': { user: 'pod-api', allow: role.rules },
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
  await applyManifests({ url: kubernetes.url, token: 'admin' }, built);
  const ended = await untilEnded(kube, find(built, 'Job').metadata.name);
  expect(ended.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'Complete', status: 'True' }),
  );
  expect(ended.status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
  expect(shards.sort()).toEqual(['0 of 4', '1 of 4', '2 of 4', '3 of 4']);
  const wanted = ips.flatMap((ip) => [`POST /lightpush/v3/message ${ip}`, `GET /debug/v1/info ${ip}`]);
  expect(called.sort()).toEqual(wanted.sort());

  // The server waits for the Secret that is made by hand.
  await kube.create('secrets', { metadata: { name: 'pod-api' }, stringData: { token: TOKEN } });
  const url = await serving.promise;
  expect((await fetch(`${url}/health`)).status).toBe(200);
  const answer = await fetch(`${url}/process`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({
      target: { kind: 'name', value: 'clients' },
      endpoint: { kind: 'name', value: 'info' },
    }),
  });
  expect(await answer.json()).toMatchObject({
    request: { pod: 'client-0-0' },
    response: { status_code: 200, text: 'OK' },
  });
});

test('the action of the Job is one of the config', async () => {
  const { actions } = await loadConfig(
    fileURLToPath(new URL('config-map.yaml', deployFolder('config-action'))),
  );
  const [batch] = find(await deployed('config-action'), 'Job').spec.template.spec.containers;
  expect([...actions.keys()].map((name) => `--action=${name}`)).toContain(batch?.args?.at(-2));
});

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

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startRebuildApi } from '../../examples/support/rebuild-api.ts';
import { runFileDrop } from '../../examples/support/run-file-drop.ts';
import { runProcessor } from '../../examples/support/run-processor.ts';
import { applyManifests } from './apply.ts';
import { connectAsUser } from './as-user.ts';
import { deployed } from './deployed.ts';
import { find } from './manifests.ts';
import { capturePrinted } from './printed.ts';

const IMAGE = 'registry.example/file-drop:1';
const PAGE_TOKEN = 'token-of-the-page';
const API_TOKEN = 'token-of-the-api';

test('the manifests run on the mini Kubernetes, with no more rights than the Role gives', async () => {
  const built = await deployed('file-drop');
  const api = await startRebuildApi({ token: API_TOKEN, delay: 0 });
  onTestFinished(() => api.close());
  const folder = await mkdtemp(join(tmpdir(), 'file-drop-deploy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const listening = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<boolean>();
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
    const well = await runFileDrop(mine, env, signal);
    ended.resolve(well);
    return well ? 0 : 1;
  };
  const role = find(built, 'Role');
  await using kubernetes = await startMiniKubernetes({
    images: { [IMAGE]: image },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': { user: 'file-drop', allow: role.rules },
    },
  });
  await connectAsUser('file-drop', kubernetes.kubeconfig, join(folder, 'kubeconfig'));
  const { err } = capturePrinted();

  const data = { 'api-url': api.url };
  const stringData = { 'api-token': API_TOKEN, 'page-token': PAGE_TOKEN };
  const filledIn = built.map((one) => {
    if (one.kind === 'ConfigMap') return { ...one, data };
    return one.kind === 'Secret' ? { ...one, stringData } : one;
  });
  await applyManifests({ url: kubernetes.url, token: 'admin' }, filledIn);

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
  await deleteDeployment(kubernetes.url);
  expect(await ended.promise).toBe(true);
});

test('it has no page that everybody may use, where nobody said a word', async () => {
  const { stringData } = find(await deployed('file-drop'), 'Secret');
  expect(stringData).toEqual({ 'api-token': '', 'page-token': '' });
});

const deleteDeployment = (url: string) =>
  fetch(`${url}/apis/apps/v1/namespaces/default/deployments/file-drop`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer admin' },
  });

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SyncratorClient } from 'holdfast';
import { type Image, startMiniKubernetes } from 'holdfast/testing';
import { SignJWT } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { runSyncrator } from '../../examples/support/run-syncrator.ts';
import { applyManifests } from './apply.ts';
import { connectAsUser } from './as-user.ts';
import { deployed } from './deployed.ts';
import { find, type ManifestVolume } from './manifests.ts';
import { capturePrinted } from './printed.ts';

/** A folder on which the ConfigMap is mounted as the Deployment has it. */
async function mount(
  data: Readonly<Record<string, string>>,
  { volumes = [] }: { readonly volumes?: readonly ManifestVolume[] },
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

test('the deployed server starts a Job and sees it to its end, with no more rights than its Role gives', async () => {
  const built = await deployed('syncrator');
  const role = find(built, 'Role');
  const { data } = find(built, 'ConfigMap', 'syncrator-jobs');
  const at = await mount(data, find(built, 'Deployment').spec.template.spec);
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
    images: { 'registry.example/syncrator-api': server, syncrator: program },
    tokens: {
      admin: { user: 'admin', allow: 'all' },
      'service-account': {
        user: 'syncrator-api',
        allow: role.rules,
      },
    },
  });
  await connectAsUser('syncrator-api', kubernetes.kubeconfig, join(at, 'kubeconfig'));
  const stringData = { 'jwt-secret': jwtSecret.toString('base64') };
  const filledIn = built.map((one) => (one.kind === 'Secret' ? { ...one, stringData } : one));
  await applyManifests({ url: kubernetes.url, token: 'admin' }, filledIn);

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

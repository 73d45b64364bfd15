import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { kubeconfig } from './api-server.ts';

/** Runs a module and returns the paths of everything it loaded. */
function loadedBy(script: string): string[] {
  const tracked = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    ${script}
    console.log(JSON.stringify(loaded));
  `;
  const args = ['--import', 'tsx', '--input-type=module', '-e', tracked];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as string[];
}

const client = (urls: string[]) => urls.filter((url) => url.includes('/@kubernetes/client-node/'));

test.each([
  ['the library', `await import('./src/index.ts');`],
  [
    'a client that has not been used',
    `const { connectKubernetes } = await import('./src/kube/connect-kubernetes.ts');
     await using kube = connectKubernetes(); kube.list('pods'); kube.watch('jobs');`,
  ],
])('%s does not load the Kubernetes client', (_, script) => {
  const loaded = loadedBy(script);
  expect(loaded.some((url) => url.includes('/src/'))).toBe(true);
  expect(client(loaded)).toEqual([]);
});

test('the first call loads it', () => {
  const path = JSON.stringify(kubeconfig('http://127.0.0.1:1'));
  const loaded = loadedBy(`
    const { connectKubernetes } = await import('./src/kube/connect-kubernetes.ts');
    await connectKubernetes({ kubeconfig: ${path} }).namespace();`);
  expect(client(loaded).length).toBeGreaterThan(100);
});

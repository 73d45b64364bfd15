import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tokens } from './api/access.ts';

export interface KubeconfigFile {
  readonly path: string;
  /** Removes the file. */
  remove(): Promise<void>;
}

/**
 * Writes a kubeconfig for a server, readable by its owner only. There is a context for each token, named as its user,
 * and the current one is the first whose token may do everything; without tokens there is the one context `mini`.
 */
export async function writeKubeconfig(url: string, tokens: Tokens | undefined): Promise<KubeconfigFile> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-kubernetes-'));
  const path = join(folder, 'kubeconfig.json');
  // JSON is YAML, too.
  await writeFile(path, JSON.stringify(kubeconfig(url, tokens), null, 2), { mode: 0o600 });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

function kubeconfig(url: string, tokens: Tokens | undefined): object {
  const grants = Object.entries(tokens ?? {});
  const best =
    grants.find(([, { allow = 'all', expired = false }]) => allow === 'all' && !expired) ?? grants[0];
  const users =
    tokens === undefined
      ? [{ name: 'mini', user: {} }]
      : grants.map(([token, { user }]) => ({ name: user, user: { token } }));
  return {
    apiVersion: 'v1',
    kind: 'Config',
    // The server speaks plain http; clients that would rather not ask for this before they do.
    clusters: [{ name: 'mini', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users,
    contexts: users.map(({ name }) => ({
      name,
      context: { cluster: 'mini', user: name, namespace: 'default' },
    })),
    'current-context': best?.[1].user ?? 'mini',
  };
}

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
 * a second one of the same user as `user-2`, and so on. The current one is the first whose token has not expired and
 * may do everything, or else the first that has not expired. Without tokens there is the one context `mini`, which
 * sends none.
 */
export async function writeKubeconfig(url: string, tokens: Tokens | undefined): Promise<KubeconfigFile> {
  const folder = await mkdtemp(join(tmpdir(), 'mini-kubernetes-'));
  const path = join(folder, 'kubeconfig.json');
  // JSON is YAML, too.
  await writeFile(path, JSON.stringify(kubeconfig(url, tokens), null, 2), { mode: 0o600 });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

function kubeconfig(url: string, tokens: Tokens | undefined): object {
  const users = usersOf(tokens ?? {});
  const valid = users.filter(({ grant }) => grant.expired !== true);
  const current = valid.find(({ grant }) => (grant.allow ?? 'all') === 'all') ?? valid[0] ?? users[0];
  const all =
    users.length === 0
      ? [{ name: 'mini', user: {} }]
      : users.map(({ name, token }) => ({ name, user: { token } }));
  return {
    apiVersion: 'v1',
    kind: 'Config',
    // The server speaks plain http; clients that would rather not ask for this before they do.
    clusters: [{ name: 'mini', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: all,
    contexts: all.map(({ name }) => ({
      name,
      context: { cluster: 'mini', user: name, namespace: 'default' },
    })),
    'current-context': current?.name ?? 'mini',
  };
}

/** The tokens, each with a name that no other has. */
function usersOf(tokens: Tokens) {
  const taken = new Set(Object.values(tokens).map(({ user }) => user));
  const met = new Set<string>();
  return Object.entries(tokens).map(([token, grant]) => {
    let name = grant.user;
    for (let nth = 2; met.has(grant.user) && taken.has(name); nth += 1) name = `${grant.user}-${nth}`;
    met.add(grant.user);
    taken.add(name);
    return { name, token, grant };
  });
}

import { readFile, writeFile } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';

/** Has `connectKubernetes()` without a kubeconfig find one of a user's own rights, as in a pod of a service account. */
export async function connectAsUser(user: string, from: string, path: string): Promise<void> {
  const kubeconfig: object = JSON.parse(await readFile(from, 'utf8'));
  await writeFile(path, JSON.stringify({ ...kubeconfig, 'current-context': user }));
  vi.stubEnv('KUBECONFIG', path);
  onTestFinished(() => void vi.unstubAllEnvs());
}

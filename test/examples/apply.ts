import type { MiniKubernetes } from 'holdfast/testing';
import type { Manifest } from './manifests.ts';

export interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs: readonly string[];
  }[];
}

export type Target = Pick<MiniKubernetes, 'url'> & { readonly token?: string };

/**
 * Creates the manifests in their order, as `kubectl apply` does in an empty namespace: where each belongs is asked of the server, and a
 * field that it does not know is refused.
 */
export async function applyManifests(target: Target, manifests: readonly object[]): Promise<void> {
  const lists = await discover(target);
  for (const manifest of manifests) {
    const { apiVersion, kind, metadata } = manifest as Manifest;
    const list = lists.find(({ groupVersion }) => groupVersion === apiVersion);
    const resource = list?.resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (resource === undefined) throw new Error(`the server knows no ${kind} of ${apiVersion}`);
    const path = `${rootOf(apiVersion)}/namespaces/default/${resource.name}?fieldValidation=Strict`;
    const response = await ask(target, path, { method: 'POST', body: JSON.stringify(manifest) });
    if (response.status === 201) continue;
    throw new Error(`${kind} ${metadata.name}: ${response.status} ${await response.text()}`);
  }
}

/** All that the server says it knows. */
export async function discover(target: Target): Promise<readonly ResourceList[]> {
  const { groups } = (await (await ask(target, '/apis')).json()) as {
    groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
  };
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  return Promise.all(
    versions.map(async (version) => (await (await ask(target, rootOf(version))).json()) as ResourceList),
  );
}

const rootOf = (apiVersion: string) => (apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`);

const ask = ({ url, token }: Target, path: string, init: RequestInit = {}) =>
  fetch(url + path, {
    ...init,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
  });

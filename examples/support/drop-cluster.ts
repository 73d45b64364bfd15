import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes, type FileDropOptions } from 'holdfast';
import { startMiniKubernetes } from 'holdfast/testing';
import { connectCluster } from './connect-cluster.ts';
import type { FileDropSettings } from './file-drop-settings.ts';
import { startRebuildApi } from './rebuild-api.ts';
import { runProcessor } from './run-processor.ts';

/** Where files are sent from, and to. */
export interface DropCluster
  extends Pick<FileDropOptions, 'kube' | 'image' | 'apiUrl' | 'apiToken'>,
    AsyncDisposable {}

/** The cluster and the API that the settings name, or a mini Kubernetes whose image runs the processor, and a stand-in. */
export function openDropCluster(settings: FileDropSettings): Promise<DropCluster> {
  return settings.cluster === undefined ? embedded(settings) : outside(settings, settings.cluster);
}

async function outside(
  { namespace }: FileDropSettings,
  { kubeconfig, image, apiUrl, apiToken }: NonNullable<FileDropSettings['cluster']>,
): Promise<DropCluster> {
  const kube = await connectCluster({ kubeconfig, namespace });
  return { kube, image, apiUrl, apiToken, [Symbol.asyncDispose]: () => kube.close() };
}

async function embedded({ namespace, delay }: FileDropSettings): Promise<DropCluster> {
  const apiToken = 'a-token-for-the-stand-in';
  const api = await startRebuildApi({ token: apiToken, delay });
  const outputDirectory = await mkdtemp(join(tmpdir(), 'file-drop-output-'));
  const kubernetes = await startMiniKubernetes({
    images: { 'file-drop': ({ env, signal, log }) => runProcessor(env, { signal, log, outputDirectory }) },
    ...(namespace !== undefined && { namespaces: [namespace] }),
  });
  const kube = connectKubernetes({ kubeconfig: kubernetes.kubeconfig, namespace });
  console.error('without --kubeconfig: a mini Kubernetes and a stand-in of the API, for this run only');
  return {
    kube,
    image: 'file-drop',
    apiUrl: api.url,
    apiToken,
    [Symbol.asyncDispose]: async () => {
      await kube.close();
      await kubernetes.close();
      await api.close();
      await rm(outputDirectory, { recursive: true, force: true });
    },
  };
}

import { readdir } from 'node:fs/promises';
import { buildKustomization } from './kustomization.ts';
import { documents, type Manifest } from './manifests.ts';

export const DEPLOY = new URL('../../examples/deploy/', import.meta.url);

/** The folder of one class's manifests. */
export const deployFolder = (name: string): URL => new URL(`${name}/`, DEPLOY);

/** What is deployed of a folder: what its Kustomization makes, or all documents where it has none. */
export async function deployed(name: string): Promise<readonly Manifest[]> {
  const folder = deployFolder(name);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  if (files.includes('kustomization.yaml')) return buildKustomization(folder);
  return (await Promise.all(files.map((file) => documents<Manifest>(new URL(file, folder))))).flat();
}

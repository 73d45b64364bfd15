import { readdir, readFile } from 'node:fs/promises';
import { type ConfigMap, documents, type Manifest, podTemplates } from './manifests.ts';

interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly replacements?: readonly Replacement[];
  readonly configMapGenerator?: readonly Generator[];
  readonly generatorOptions?: { readonly disableNameSuffixHash: boolean };
}

interface Replacement {
  readonly source: { readonly kind: string; readonly name: string; readonly fieldPath: string };
  readonly targets: readonly {
    readonly select: { readonly kind: string; readonly name: string };
    readonly fieldPaths: readonly string[];
  }[];
}

interface Generator {
  readonly name: string;
  /** `path`, or `key=path`. */
  readonly files: readonly string[];
}

/** What `kubectl kustomize` makes of a folder, as far as the ones here ask it. */
export async function buildKustomization(folder: URL): Promise<readonly Manifest[]> {
  const [kustomization] = await documents<Kustomization>(new URL('kustomization.yaml', folder));
  if (kustomization === undefined) throw new Error('an empty kustomization.yaml');
  const { resources, images, replicas = [], replacements = [], ...others } = kustomization;
  const { configMapGenerator: generators = [], generatorOptions, ...rest } = others;
  const unknown = Object.keys(rest).filter((field) => field !== 'apiVersion' && field !== 'kind');
  if (unknown.length > 0) throw new Error(`fields that are not known here: ${unknown}`);
  if (generators.length > 0 && generatorOptions?.disableNameSuffixHash !== true) {
    throw new Error('names with a hash are not known here');
  }
  await refuseForgotten(folder, [...resources, ...generators.flatMap(sourcesOf).map(({ path }) => path)]);
  const built = [
    ...(await Promise.all(resources.map((file) => documents<Manifest>(new URL(file, folder))))).flat(),
    ...(await Promise.all(generators.map((generator) => generate(folder, generator)))),
  ];
  for (const { spec } of podTemplates(built)) {
    for (const container of spec.template.spec.containers) {
      const image = images.find(({ name }) => name === container.image);
      if (image !== undefined) container.image = `${image.newName}:${image.newTag}`;
    }
  }
  for (const one of built) {
    if (one.kind !== 'Deployment') continue;
    one.spec.replicas = replicas.find(({ name }) => name === one.metadata.name)?.count ?? one.spec.replicas;
  }
  for (const replacement of replacements) replace(built, replacement);
  return built;
}

/** A file that stands in the folder and goes nowhere. */
async function refuseForgotten(folder: URL, used: readonly string[]): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('//', '/').slice(folder.pathname.length));
  const forgotten = files.filter((file) => file !== 'kustomization.yaml' && !used.includes(file));
  if (forgotten.length > 0) throw new Error(`files that are not deployed: ${forgotten}`);
}

const sourcesOf = ({ files }: Generator) =>
  files.map((file) => {
    const [key = '', path = key] = file.split('=');
    return { key, path };
  });

async function generate(folder: URL, generator: Generator): Promise<ConfigMap> {
  const entries = sourcesOf(generator).map(
    async ({ key, path }) => [key, await readFile(new URL(path, folder), 'utf8')] as const,
  );
  const data = Object.fromEntries(await Promise.all(entries));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: generator.name }, data };
}

function replace(built: readonly Manifest[], { source, targets }: Replacement): void {
  const value = at(pick(built, source), path(source.fieldPath));
  for (const { select, fieldPaths } of targets) {
    for (const fieldPath of fieldPaths) {
      const keys = path(fieldPath);
      Reflect.set(at(pick(built, select), keys.slice(0, -1)) as object, keys.at(-1) ?? '', value);
    }
  }
}

function pick(
  built: readonly Manifest[],
  { kind, name }: { readonly kind: string; readonly name: string },
): Manifest {
  const found = built.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const path = (text: string): string[] => text.split('.');

/** By keys, and `[name=server]` for the entry of that name. */
function at(object: unknown, keys: readonly string[]): unknown {
  return keys.reduce((within, key) => {
    const [, field = '', wanted] = /^\[(\w+)=(.+)\]$/.exec(key) ?? [];
    const next: unknown =
      field === ''
        ? Reflect.get(within as object, key)
        : (within as Record<string, unknown>[]).find((entry) => entry[field] === wanted);
    if (next === undefined) throw new Error(`there is no ${key} of ${keys.join('.')}`);
    return next;
  }, object);
}

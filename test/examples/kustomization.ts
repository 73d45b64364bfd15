import { readdir, readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';

interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Object<Kind extends string> {
  readonly kind: Kind;
  readonly metadata: Metadata;
}

interface Container {
  readonly name: string;
  image: string;
  readonly args: string[];
  readonly env: { readonly name: string; value?: string }[];
  readonly ports: { readonly name: string; readonly containerPort: number }[];
}

interface Deployment extends Object<'Deployment'> {
  readonly spec: {
    replicas: number;
    readonly selector: { readonly matchLabels: object };
    readonly template: {
      readonly metadata: Metadata;
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: Container[];
        readonly volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
      };
    };
  };
}

interface Service extends Object<'Service'> {
  readonly spec: {
    readonly selector: Record<string, string>;
    readonly ports: { name: string; port: number; targetPort: string }[];
  };
}

interface Ingress extends Object<'Ingress'> {
  readonly spec: {
    readonly rules: readonly {
      readonly http: { readonly paths: readonly { readonly backend: { service: object } }[] };
    }[];
  };
}

interface Role extends Object<'Role'> {
  readonly rules: readonly { readonly verbs: string[]; readonly resources: string[] }[];
}

interface RoleBinding extends Object<'RoleBinding'> {
  readonly roleRef: object;
  readonly subjects: readonly object[];
}

interface Secret extends Object<'Secret'> {
  readonly stringData: Record<string, string>;
}

export type Built =
  | Deployment
  | Service
  | Ingress
  | Role
  | RoleBinding
  | Secret
  | Object<'ConfigMap'>
  | Object<'ServiceAccount'>
  | Object<'PersistentVolumeClaim'>;

interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly replicas: readonly { readonly name: string; readonly count: number }[];
  readonly replacements: readonly {
    readonly source: { readonly kind: string; readonly name: string; readonly fieldPath: string };
    readonly targets: readonly {
      readonly select: { readonly kind: string; readonly name: string };
      readonly fieldPaths: readonly string[];
    }[];
  }[];
}

/** What `kubectl kustomize` makes of a folder, as far as the one here asks it. */
export async function buildKustomization(folder: URL): Promise<readonly Built[]> {
  const { resources, images, replicas, replacements, ...rest } = (
    await documents<Kustomization>(new URL('kustomization.yaml', folder))
  )[0] as Kustomization;
  const unknown = Object.keys(rest).filter((field) => field !== 'apiVersion' && field !== 'kind');
  if (unknown.length > 0) throw new Error(`fields that are not known here: ${unknown}`);
  const forgotten = (await readdir(folder)).filter(
    (file) => file !== 'kustomization.yaml' && !resources.includes(file),
  );
  if (forgotten.length > 0) throw new Error(`files that are not deployed: ${forgotten}`);
  const built = (await Promise.all(resources.map((file) => documents<Built>(new URL(file, folder))))).flat();
  for (const one of built) {
    if (one.kind !== 'Deployment') continue;
    for (const container of one.spec.template.spec.containers) {
      const image = images.find(({ name }) => name === container.image);
      if (image !== undefined) container.image = `${image.newName}:${image.newTag}`;
    }
    one.spec.replicas = replicas.find(({ name }) => name === one.metadata.name)?.count ?? one.spec.replicas;
  }
  for (const { source, targets } of replacements) {
    const value = at(pick(built, source), path(source.fieldPath));
    for (const { select, fieldPaths } of targets) {
      for (const fieldPath of fieldPaths) {
        const keys = path(fieldPath);
        Reflect.set(at(pick(built, select), keys.slice(0, -1)) as object, keys.at(-1) ?? '', value);
      }
    }
  }
  return built;
}

async function documents<Document>(file: URL): Promise<Document[]> {
  const read = parseAllDocuments(await readFile(file, 'utf8'));
  return [...read].map((document) => document.toJS() as Document);
}

function pick(
  built: readonly Built[],
  { kind, name }: { readonly kind: string; readonly name: string },
): Built {
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

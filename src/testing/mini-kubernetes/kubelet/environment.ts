import type { Container, EnvVar, KeySelector, Labels, ObjectOf, Pod } from '../store/objects.ts';
import type { Store } from '../store/store.ts';

/** What a container starts with, or why it cannot: a Secret, a ConfigMap or a key is missing. */
export type Environment =
  | { readonly env: Record<string, string>; readonly args: string[] }
  | { readonly missing: string };

/** The variables and arguments of a container, as the kubelet works them out. */
export function environmentOf(store: Store, pod: Pod, container: Container): Environment {
  const env = new Map<string, string>();
  try {
    for (const [name, value] of sources(store, pod, container)) env.set(name, value);
    for (const variable of container.env ?? []) {
      const value = variableOf(store, pod, variable);
      if (value !== undefined) env.set(variable.name, fillIn(value, env));
    }
  } catch (error) {
    if (error instanceof MissingReference) return { missing: error.message };
    throw error;
  }
  const { command = [], args = [] } = container;
  return {
    env: Object.fromEntries(env),
    args: [...command.slice(1), ...args].map((argument) => fillIn(argument, env)),
  };
}

class MissingReference extends Error {}

function* sources(store: Store, pod: Pod, { envFrom = [] }: Container): Iterable<[string, string]> {
  for (const { prefix = '', secretRef, configMapRef } of envFrom) {
    const data = secretRef
      ? dataOf(store, pod, 'secrets', secretRef)
      : dataOf(store, pod, 'configmaps', configMapRef ?? {});
    for (const [name, value] of Object.entries(data ?? {})) yield [prefix + name, value];
  }
}

function variableOf(store: Store, pod: Pod, { value, valueFrom }: EnvVar): string | undefined {
  if (valueFrom?.secretKeyRef) return keyOf(store, pod, 'secrets', valueFrom.secretKeyRef);
  if (valueFrom?.configMapKeyRef) return keyOf(store, pod, 'configmaps', valueFrom.configMapKeyRef);
  if (valueFrom?.fieldRef) return fieldOf(pod, valueFrom.fieldRef.fieldPath);
  return value ?? '';
}

type DataResource = 'secrets' | 'configmaps';

function keyOf(store: Store, pod: Pod, resource: DataResource, selector: KeySelector): string | undefined {
  const data = dataOf(store, pod, resource, selector);
  if (data !== undefined && Object.hasOwn(data, selector.key)) return data[selector.key];
  if (selector.optional) return undefined;
  throw new MissingReference(
    `couldn't find key ${selector.key} in ${resource === 'secrets' ? 'Secret' : 'ConfigMap'} ` +
      `${pod.metadata.namespace}/${selector.name ?? ''}`,
  );
}

function dataOf(
  store: Store,
  pod: Pod,
  resource: DataResource,
  { name = '', optional }: { readonly name?: string; readonly optional?: boolean },
): Labels | undefined {
  const object: ObjectOf[DataResource] | undefined = store.get(resource, pod.metadata.namespace, name);
  if (object === undefined) {
    if (optional) return undefined;
    throw new MissingReference(`${resource === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`);
  }
  if (resource === 'configmaps') return object.data ?? {};
  return Object.fromEntries(
    Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

function fieldOf({ metadata, spec, status }: Pod, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) {
    const [, kind, key = ''] = keyed;
    return (kind === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  }
  const fields = new Map([
    ['metadata.name', metadata.name],
    ['metadata.namespace', metadata.namespace],
    ['metadata.uid', metadata.uid],
    ['spec.nodeName', spec.nodeName],
    ['status.hostIP', status.hostIP],
    ['status.podIP', status.podIP],
    ['status.podIPs', status.podIPs?.map(({ ip }) => ip).join(',')],
  ]);
  return fields.get(path) ?? '';
}

/** `$(NAME)` becomes that variable's value where it is known by then; `$$(NAME)` stands for the text itself. */
const fillIn = (text: string, env: ReadonlyMap<string, string>): string =>
  text.replace(/\$\$|\$\(([^)]+)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (env.get(name) ?? found),
  );

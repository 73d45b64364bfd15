import type { KubernetesResource } from './resources.ts';

/** A query of what is given; what is `undefined` or empty is left out. */
export function query(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** What a call does, for messages: `get jobs "x" in namespace "y"`. */
export function describe(
  verb: string,
  resource: KubernetesResource | 'pods/log' | 'pods/proxy',
  name: string | undefined,
  namespace: string | undefined,
): string {
  const object = name === undefined ? resource : `${resource} "${name}"`;
  return `${verb} ${object} ${namespace === undefined ? 'in all namespaces' : `in namespace "${namespace}"`}`;
}

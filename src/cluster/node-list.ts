import { ConfigError, type ConfigIssue } from '../core/errors.ts';
import { splitCredentials } from '../http/credentials.ts';
import type { ClusterNode } from './dialect.ts';

/** Urls, or urls by name, or nodes. Nodes given as plain urls are named `host:port`. */
export type NodeList = readonly string[] | Readonly<Record<string, string>> | readonly ClusterNode[];

/** A node as the client reaches it: credentials of its url stand apart, so that no url that is shown holds them. */
export interface ReachableNode extends ClusterNode {
  readonly authorization?: string;
}

/** Throws a `ConfigError` that names every mistake in the list. */
export function parseNodes(nodes: NodeList): readonly ReachableNode[] {
  const issues: ConfigIssue[] = [];
  const parsed: ReachableNode[] = [];
  const names = new Set<string>();
  for (const [path, name, url] of entriesOf(nodes)) {
    const node = parseNode(path, name, url, issues);
    if (node === undefined) continue;
    if (names.has(node.name)) {
      issues.push({ path, message: `two nodes are named ${JSON.stringify(node.name)}; give each its own` });
    }
    names.add(node.name);
    parsed.push(node);
  }
  if (parsed.length === 0 && issues.length === 0) {
    issues.push({ path: 'nodes', message: 'the list is empty; a cluster has at least one node' });
  }
  if (issues.length > 0) throw new ConfigError(issues);
  return parsed;
}

function entriesOf(nodes: unknown): readonly (readonly [path: string, name: unknown, url: unknown])[] {
  if (Array.isArray(nodes)) {
    return nodes.map((node: unknown, index) =>
      typeof node === 'object' && node !== null
        ? ([`nodes[${index}]`, Reflect.get(node, 'name') ?? '', Reflect.get(node, 'url')] as const)
        : ([`nodes[${index}]`, undefined, node] as const),
    );
  }
  if (typeof nodes === 'object' && nodes !== null) {
    return Object.entries(nodes).map(([name, url]) => [`nodes.${name}`, name, url] as const);
  }
  const received = nodes === null ? 'null' : typeof nodes;
  throw new ConfigError([
    {
      path: 'nodes',
      message: `expected a list of nodes, such as ['http://10.0.0.1:5000'], received ${received}`,
    },
  ]);
}

/** `name` undefined: the node is a plain url and is named after it. */
function parseNode(
  path: string,
  name: unknown,
  given: unknown,
  issues: ConfigIssue[],
): ReachableNode | undefined {
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    issues.push({ path, message: `the node has no name, received ${JSON.stringify(name)}` });
    return undefined;
  }
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (typeof given !== 'string' || url === undefined || !/^https?:$/.test(url.protocol)) {
    // What is no http url may still hold a password, so it is shown without what stands before an "@".
    const shown =
      typeof given === 'string' ? JSON.stringify(given.replace(/\/\/[^/]*@/, '//')) : typeof given;
    issues.push({ path, message: `expected an http or https url, received ${shown}` });
    return undefined;
  }
  if (url.search !== '' || url.hash !== '') {
    issues.push({
      path,
      message: 'a base url has no query and no fragment; leave out what follows the path',
    });
    return undefined;
  }
  const split = splitCredentials(url.href);
  const base = split.url.replace(/\/+$/, '');
  return {
    name: name ?? nameOf(url),
    url: base,
    ...(split.authorization === undefined ? {} : { authorization: split.authorization }),
  };
}

const nameOf = (url: URL) => `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;

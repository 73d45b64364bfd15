import * as v from 'valibot';
import { ConfigError, HttpError } from '../core/errors.ts';
import type { HttpAnswer, Transport } from '../http/transport.ts';
import type { ReachableNode } from './node-list.ts';

/** What the nodes of the header dialect count themselves. */
export interface ClusterStats {
  /** Whether every node holds the same set of ids. */
  readonly consistent: boolean;
  /** Records, by node. */
  readonly counts: Record<string, number>;
}

/**
 * Asks one server for its count of all nodes.
 *
 * @throws ConfigError where it does not count every node of this cluster: then nothing compares their ids
 */
export async function readStats(
  nodes: readonly ReachableNode[],
  send: (url: string, node: ReachableNode) => ReturnType<Transport['send']>,
): Promise<ClusterStats> {
  const [first] = nodes;
  if (first === undefined) throw new RangeError('a cluster has at least one node');
  const url = `${first.url}/stats`;
  const answer = await send(url, first);
  if (answer.status !== 200) {
    throw new HttpError({ status: answer.status, body: answer.body, url, method: 'GET' });
  }
  const parsed = v.safeParse(statsAnswer, jsonOf(answer));
  if (!parsed.success) throw noStats(`${url} did not answer [boolean, {node: count}]`);
  const [consistent, byNode] = parsed.output;
  const counts = new Map(Object.entries(byNode));
  const missing = nodes.filter(({ name }) => !counts.has(name)).map(({ name }) => name);
  if (missing.length > 0) throw noStats(`${url} does not count ${missing.join(', ')}`);
  return { consistent, counts: Object.fromEntries(nodes.map(({ name }) => [name, counts.get(name) ?? 0])) };
}

export const noStats = (why: string) =>
  new ConfigError([{ path: 'stats', message: `${why}; use audit(ids), which asks every node for every id` }]);

const statsAnswer = v.tuple([v.boolean(), v.record(v.string(), v.number())]);

function jsonOf({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The caller is told what was expected instead.
    return undefined;
  }
}

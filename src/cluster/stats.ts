import * as v from 'valibot';
import { ConfigError, HoldfastError, HttpError } from '../core/errors.ts';
import { type Attempted, retryAfter, withRetries } from '../core/retry.ts';
import type { HttpAnswer } from '../http/message.ts';
import type { Transport } from '../http/transport.ts';
import type { ReachableNode } from './node-list.ts';
import type { CallSettings, ClusterSettings } from './options.ts';

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
 * @throws the error of the last attempt; the signal's reason
 */
export async function readStats(
  settings: ClusterSettings,
  transport: Transport,
  nodes: readonly ReachableNode[],
  call: CallSettings,
): Promise<ClusterStats> {
  const [first] = nodes;
  if (first === undefined) throw new RangeError('a cluster has at least one node');
  const { name, authorization } = first;
  const request = {
    method: 'GET',
    url: `${first.url}/stats`,
    headers: { node: name, ...(authorization === undefined ? {} : { authorization }) },
    timeout: call.attemptTimeout ?? settings.attemptTimeout,
  };
  const read = await withRetries({ ...settings, ...call }, async (signal): Promise<Attempted<HttpAnswer>> => {
    try {
      const answer = await transport.send({ ...request, signal });
      const { status, body } = answer;
      if (status === 200) return { ok: true, value: answer };
      const final = status < 500 && status !== 408 && status !== 425 && status !== 429;
      const error = new HttpError({ ...request, status, body, retryable: !final });
      return {
        ok: false,
        error,
        final,
        wait: retryAfter(answer.header('retry-after'), settings.clock.now()),
      };
    } catch (error) {
      if (error instanceof HoldfastError) return { ok: false, error, final: !error.retryable };
      throw error;
    }
  });
  if (!read.ok) throw read.error;
  return parseStats(read.value, request.url, nodes);
}

function parseStats(answer: HttpAnswer, url: string, nodes: readonly ReachableNode[]): ClusterStats {
  const parsed = v.safeParse(statsAnswer, jsonOf(answer));
  if (!parsed.success) throw noStats(`${url} did not answer [boolean, {node: count}]`);
  const [consistent, byNode] = parsed.output;
  const counts = new Map(Object.entries(byNode));
  const missing = nodes.filter((node) => !counts.has(node.name)).map((node) => node.name);
  if (missing.length > 0) throw noStats(`${url} does not count ${missing.join(', ')}`);
  return {
    consistent,
    counts: Object.fromEntries(nodes.map((node) => [node.name, counts.get(node.name) ?? 0])),
  };
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

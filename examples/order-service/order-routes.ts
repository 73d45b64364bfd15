import type { ClusterClient } from 'holdfast';
import { type Answer, NOT_NOW } from './answer.ts';
import type { Call } from './http-server.ts';
import type { OperationMetrics } from './operation-metrics.ts';

export interface OrderService {
  readonly cluster: ClusterClient;
  readonly metrics: OperationMetrics;
  /** Orders are taken while it is `ready`. */
  readonly state: () => 'recovering' | 'ready' | 'stopping';
}

/** The routes of the service. */
export function orderRoutes(service: OrderService): (call: Call) => Promise<Answer> {
  const { metrics, state } = service;
  return async (call) => {
    const { method, path } = call;
    if (path === '/health' && method === 'GET') {
      return { status: state() === 'ready' ? 200 : 503, body: { status: state() } };
    }
    if (path === '/metrics' && method === 'GET') return { status: 200, body: metrics.text() };
    const [, encoded] = /^\/orders\/([^/]+)$/.exec(path) ?? [];
    if (encoded === undefined) return { status: 404, body: { error: 'NOT_FOUND' } };
    const id = decoded(encoded);
    if (id === undefined) return { status: 400, body: { error: 'the id is not well encoded' } };
    if (state() !== 'ready') return { ...NOT_NOW, body: { error: state().toUpperCase() } };
    return answerOrder(service, id, call);
  };
}

async function answerOrder({ cluster }: OrderService, id: string, { method, signal }: Call): Promise<Answer> {
  switch (method) {
    case 'PUT': {
      const { changed, operationId } = await cluster.createGroup(id, { signal });
      return { status: changed ? 201 : 200, body: { id, operationId } };
    }
    case 'DELETE':
      await cluster.deleteGroup(id, { signal });
      return { status: 204 };
    case 'GET':
      return look(cluster, id, signal);
    default:
      return { status: 405, headers: { allow: 'GET, PUT, DELETE' }, body: { error: 'METHOD_NOT_ALLOWED' } };
  }
}

async function look(cluster: ClusterClient, id: string, signal: AbortSignal): Promise<Answer> {
  for await (const { status, nodes, error } of cluster.audit([id], { signal })) {
    if (error !== undefined) throw error;
    return { status: LOOKS[status], body: { id, status, nodes } };
  }
  throw new TypeError('an audit of one group has one outcome');
}

const LOOKS = { present: 200, absent: 404, split: 409, unknown: 503, skipped: 503 } as const;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

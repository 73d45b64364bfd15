import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { OperationEvent } from 'holdfast';

export interface OperationMetrics extends Disposable {
  /** In the text format of Prometheus. */
  text(): string;
}

/** Counts what the tracing channel of operations tells, of every client in this process. */
export function operationMetrics(): OperationMetrics {
  const operations = new Map<string, number>();
  const nodes = { requests: 0, retries: 0 };
  const count = (message: unknown) => {
    const { operation, outcome = 'aborted', requests = 0, retries = 0 } = message as OperationEvent;
    const labels = `operation="${operation}",outcome="${outcome}"`;
    operations.set(labels, (operations.get(labels) ?? 0) + 1);
    nodes.requests += requests;
    nodes.retries += retries;
  };
  subscribe(CHANNEL, count);
  return {
    text: () =>
      [
        '# TYPE orders_operations_total counter',
        ...[...operations].map(([labels, value]) => `orders_operations_total{${labels}} ${value}`),
        '# TYPE orders_node_requests_total counter',
        `orders_node_requests_total ${nodes.requests}`,
        '# TYPE orders_node_retries_total counter',
        `orders_node_retries_total ${nodes.retries}`,
        '',
      ].join('\n'),
    [Symbol.dispose]: () => {
      unsubscribe(CHANNEL, count);
    },
  };
}

/** Where a tracing channel tells that what it is about has ended, well or not. */
const CHANNEL = 'tracing:holdfast:cluster.operation:asyncEnd';

import { onAbort, sleep } from '../core/abort.ts';
import { type HoldfastError, TimeoutError } from '../core/errors.ts';
import { backoff } from '../core/retry.ts';
import type { Transport } from '../http/transport.ts';
import { attempt } from './attempt.ts';
import type { OperationId } from './dialect.ts';
import { NodeUnavailableError } from './errors.ts';
import type { ReachableNode } from './node-list.ts';
import type { CallOptions, ClusterSettings } from './options.ts';

export interface GroupRead {
  readonly node: ReachableNode;
  readonly groupId: string;
  readonly operationId: OperationId;
  readonly call: CallOptions;
}

/**
 * Whether a node has a group, asked until the node itself says so.
 *
 * @throws the signal's reason, or `NodeUnavailableError` with every attempt
 */
export async function readGroup(
  settings: ClusterSettings,
  transport: Transport,
  { node, groupId, operationId, call }: GroupRead,
): Promise<boolean> {
  const { clock, random, retry } = settings;
  const deadline = call.deadline ?? settings.deadline;
  const deadlineAt = clock.monotonic() + deadline;
  const failures: HoldfastError[] = [];
  const cut = new AbortController();
  const cleanups = [
    onAbort(call.signal, (reason) => cut.abort(reason)),
    clock.setTimer(() => cut.abort(new TimeoutError(`the read took longer than ${deadline} ms`)), deadline),
  ];
  try {
    for (let tries = 1; ; tries++) {
      const outcome = await attempt(
        { ...settings, transport },
        {
          kind: 'read',
          purpose: 'forward',
          node,
          groupId,
          operationId,
          timeout: call.attemptTimeout ?? settings.attemptTimeout,
          signal: cut.signal,
        },
      );
      if (outcome.verdict === 'present' || outcome.verdict === 'absent') return outcome.verdict === 'present';
      cut.signal.throwIfAborted();
      if (outcome.failure !== undefined) failures.push(outcome.failure);
      const wait = Math.max(backoff(retry, tries, random), outcome.retryAfter ?? 0);
      const hopeless = outcome.verdict === 'refused' || clock.monotonic() + wait > deadlineAt;
      if (hopeless || tries >= retry.attempts) throw unavailable(failures.at(-1));
      await sleep(wait, clock, cut.signal);
    }
  } catch (error) {
    if (error === cut.signal.reason && call.signal?.aborted !== true) throw unavailable(error);
    throw error;
  } finally {
    for (const cleanup of cleanups) cleanup();
  }

  function unavailable(cause: unknown): NodeUnavailableError {
    const last = cause instanceof Error ? `: ${cause.message}` : '';
    return new NodeUnavailableError(`node ${node.name} did not say whether it has it${last}`, {
      operation: 'read',
      groupId,
      operationId,
      nodes: [],
      attempts: failures,
      cause,
    });
  }
}

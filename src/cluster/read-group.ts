import { withRetries } from '../core/retry.ts';
import type { Transport } from '../http/transport.ts';
import { attempt } from './attempt.ts';
import type { OperationId } from './dialect.ts';
import { NodeUnavailableError } from './errors.ts';
import type { ReachableNode } from './node-list.ts';
import type { CallSettings, ClusterSettings } from './options.ts';

export interface GroupRead {
  readonly node: ReachableNode;
  readonly groupId: string;
  readonly operationId: OperationId;
  readonly call: CallSettings;
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
  const timeout = call.attemptTimeout ?? settings.attemptTimeout;
  const tools = { ...settings, transport };
  const asked = { kind: 'read', purpose: 'forward', node, groupId, operationId, timeout } as const;
  const read = await withRetries({ ...settings, ...call }, async (signal) => {
    const { verdict, failure, retryAfter: wait } = await attempt(tools, { ...asked, signal });
    if (failure === undefined) return { ok: true, value: verdict === 'present' };
    return { ok: false, error: failure, final: verdict === 'refused', wait };
  });
  if (read.ok) return read.value;
  const { error: cause, earlier } = read;
  throw new NodeUnavailableError(`node ${node.name} did not say whether it has it: ${cause.message}`, {
    operation: 'read',
    groupId,
    operationId,
    nodes: [],
    attempts: [...earlier, cause].map((error) => ({ node: node.name, step: 'look', error })),
    cause,
  });
}

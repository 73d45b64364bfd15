import * as v from 'valibot';
import { ConfigError } from '../core/errors.ts';
import { oneOf, validate } from '../core/validate.ts';
import type { GroupDialect, OperationId } from './dialect.ts';
import type { ReachableNode } from './node-list.ts';
import { isTimestamp } from './operation-id.ts';
import type { UndoStart } from './saga-node.ts';

/** What a rollback knows of one node. */
export interface RollbackNode {
  readonly start: UndoStart;
  readonly operationId: OperationId;
}

/**
 * Reads the node results that a caller wants undone: what the operation changed or may have changed. Nodes that the list
 * does not name are not touched.
 *
 * @throws ConfigError for an unknown node, a node named twice, or an operation id that the dialect needs and does not have
 */
export function parseRollback(
  operation: 'create' | 'delete',
  given: unknown,
  nodes: readonly ReachableNode[],
  dialect: GroupDialect,
  fallbackId: OperationId,
): readonly RollbackNode[] {
  refuseNames(given);
  const results = validate(nodeResults, given, 'nodes');
  const byName = new Map<string, RollbackNode>();
  for (const [index, result] of results.entries()) {
    const path = `nodes[${index}]`;
    if (!nodes.some(({ name }) => name === result.node)) {
      fail(
        `${path}.node`,
        `this cluster has no node ${JSON.stringify(result.node)}; it has ${nodes.map(({ name }) => name).join(', ')}`,
      );
    }
    if (byName.has(result.node))
      fail(`${path}.node`, `${JSON.stringify(result.node)} stands in the list twice`);
    const start = startOf(operation, result.outcome);
    if (start !== 'untouched' && dialect.provesOwnership && !isTimestamp(result.operationId)) {
      fail(
        `${path}.operationId`,
        `expected the timestamp of the operation to undo, received ${JSON.stringify(result.operationId)}; without one a delete would take anybody's record`,
      );
    }
    byName.set(result.node, { start, operationId: result.operationId ?? fallbackId });
  }
  return nodes.map(({ name }) => byName.get(name) ?? { start: 'untouched', operationId: fallbackId });
}

/** A name alone does not say whether there is anything of this operation to undo. */
function refuseNames(given: unknown): void {
  const wayOut = 'pass the `nodes` of the InconsistentClusterError (`error.nodes`) or of a result';
  if (!Array.isArray(given)) fail('nodes', `expected a list, received ${describe(given)}; ${wayOut}`);
  const issues = given.flatMap((one: unknown, index) => {
    if (typeof one === 'object' && one !== null) return [];
    const message = `expected what became of a node, received ${describe(one)}; ${wayOut}`;
    return [{ path: `nodes[${index}]`, message }];
  });
  if (issues.length > 0) throw new ConfigError(issues);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function startOf(operation: 'create' | 'delete', outcome: string): UndoStart {
  if (outcome === 'unknown') return 'unknown';
  return outcome === (operation === 'create' ? 'created' : 'deleted') ? 'changed' : 'untouched';
}

const nodeResults = v.array(
  v.object({
    node: v.string(),
    outcome: oneOf('created', 'existed', 'deleted', 'absent', 'undone', 'restored', 'unknown', 'untouched'),
    operationId: v.optional(v.string()),
  }),
);

function fail(path: string, message: string): never {
  throw new ConfigError([{ path, message }]);
}

import { isDeepStrictEqual } from 'node:util';
import type { GroupOutcome } from '../../src/cluster/bulk-result.ts';
import { InconsistentClusterError } from '../../src/cluster/errors.ts';
import type { FaultKind } from '../../src/testing/fault-schema.ts';
import { type Holdings, recordOf } from './holdings.ts';
import type { Arrival } from './watched.ts';

/** What an operation says of a group, and what the nodes' databases say. */
export interface Evidence {
  readonly operation: 'create' | 'delete';
  readonly outcome: GroupOutcome;
  readonly before: Holdings;
  readonly after: Holdings;
  /** What reached the nodes in between. */
  readonly arrivals: readonly Arrival[];
  /**
   * `shared`: somebody else wrote as well, in time to be counted to `before`. Then a client cannot always know whose a record
   * is, and may say so. @default 'exclusive'
   */
  readonly writers?: 'exclusive' | 'shared';
}

/** Every way in which the outcome differs from what the nodes hold; none where the promise was kept. */
export function brokenPromises(evidence: Evidence): string[] {
  const { operation, outcome, before, after, writers = 'exclusive' } = evidence;
  const nodes = [...before.keys()];
  const { groupId, status } = outcome;
  const had = (node: string) => recordOf(before, node, groupId);
  const has = (node: string) => recordOf(after, node, groupId);
  // An undone delete has made a new record, with a timestamp of its own.
  const isAsBefore = (node: string) =>
    operation === 'create'
      ? isDeepStrictEqual(had(node), has(node))
      : (had(node) === undefined) === (has(node) === undefined);
  const isAsWanted = (node: string) => (has(node) !== undefined) === (operation === 'create');
  const wasWritten = (node: string) => arrivalsAt(evidence, node).some(({ method }) => method !== 'GET');

  const isKnownToBeRight = (node: string) => writers === 'exclusive' && isKnown(evidence, node);
  const isReportedWrongly = (node: string) => writers === 'exclusive' && !isReportedRightly(evidence, node);

  const broken = (what: string, where: readonly string[]) =>
    where.length === 0 ? [] : [`${operation} of ${groupId} is ${status}, but ${what}: ${where.join(', ')}`];

  // Whatever the outcome: what was there is not deleted by a create, what was not is not created by a delete.
  const neverOurs = nodes.filter((node) => (had(node) !== undefined) === (operation === 'create'));
  const always = broken(
    'this node was not to be touched',
    neverOurs.filter((node) => !isAsBefore(node)),
  );
  switch (status) {
    case 'changed':
      return [
        ...always,
        ...broken(
          'this node differs from that',
          nodes.filter((node) => !isAsWanted(node)),
        ),
        ...broken('this node is reported wrongly', nodes.filter(isReportedWrongly)),
      ];
    case 'unchanged':
      return [
        ...always,
        ...broken(
          'this node differs from that',
          nodes.filter((node) => !isAsWanted(node)),
        ),
        ...broken('this node was written', nodes.filter(wasWritten)),
      ];
    case 'rolled-back':
      return [
        ...always,
        ...broken(
          'this node is not as before',
          nodes.filter((node) => !isAsBefore(node)),
        ),
      ];
    case 'unavailable':
    case 'skipped':
      return [
        ...always,
        ...broken(
          'this node is not as before',
          nodes.filter((node) => !isAsBefore(node)),
        ),
        ...broken('this node was written', nodes.filter(wasWritten)),
      ];
    case 'inconsistent': {
      const { error } = outcome;
      const named = error instanceof InconsistentClusterError ? error.nodes.map(({ node }) => node) : [];
      return [
        ...always,
        ...broken('it names no node', named.length === 0 ? ['none'] : []),
        ...broken(
          'it does not name',
          nodes.filter((node) => !isAsBefore(node) && !named.includes(node)),
        ),
        ...broken(
          'it names, unwritten',
          named.filter((node) => !wasWritten(node)),
        ),
        ...broken('it names, though all was known', named.filter(isKnownToBeRight)),
      ];
    }
  }
}

const arrivalsAt = ({ outcome, arrivals }: Evidence, node: string) =>
  arrivals.filter((arrival) => arrival.node === node && arrival.key === outcome.groupId);

/** The result's word for a node against what the node had before. */
function isReportedRightly({ operation, outcome, before, after }: Evidence, node: string): boolean {
  const { groupId, result } = outcome;
  const told = result?.nodes.find((entry) => entry.node === node);
  const had = recordOf(before, node, groupId) !== undefined;
  if (operation === 'delete') return told?.outcome === (had ? 'deleted' : 'absent');
  if (had) return told?.outcome === 'existed';
  const timestamp = recordOf(after, node, groupId)?.timestamp;
  return told?.outcome === 'created' && (timestamp === undefined || timestamp === told.operationId);
}

/** Nothing sent to the node was left in doubt, and its last answer was its own: a named node must not be such a one. */
function isKnown(evidence: Evidence, node: string): boolean {
  const arrivals = arrivalsAt(evidence, node);
  const surely = arrivals.every(({ fault }) => fault === undefined || CERTAIN.has(fault));
  return surely && arrivals.at(-1)?.fault === undefined;
}

const CERTAIN: ReadonlySet<FaultKind> = new Set([
  'error-before',
  'error-after',
  'timeout-before',
  'too-many',
  'unavailable',
]);

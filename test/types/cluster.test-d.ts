import {
  type AuditSummary,
  type BulkOptions,
  type BulkSummary,
  type CallOptions,
  ClusterClient,
  type ClusterClientOptions,
  type ClusterNode,
  type ClusterStats,
  fileJournal,
  type GroupAudit,
  type GroupDialect,
  type GroupOutcome,
  type GroupResult,
  type HoldfastError,
  InconsistentClusterError,
  type Journal,
  type Lock,
  memoryJournal,
  type NodeList,
  type NodeResult,
  type OperationId,
  type RecoverOptions,
  type RetryPolicy,
  type RolledBackError,
  type Run,
  type RunOptions,
  type RunSummary,
  type Verdict,
} from 'holdfast';
import { expectTypeOf, it } from 'vitest';
import type { MutableKeys } from './mutable-keys.ts';

declare const cluster: ClusterClient;
declare const outcome: GroupOutcome;

type Ids = Iterable<string> | AsyncIterable<string>;
type Bulk = Run<GroupOutcome, BulkSummary>;

it('ClusterClient has the methods of the design', () => {
  type Arguments = ConstructorParameters<typeof ClusterClient>;
  expectTypeOf<Arguments[0]>().toEqualTypeOf<NodeList>();
  expectTypeOf<Arguments[1]>().toEqualTypeOf<ClusterClientOptions | undefined>();
  expectTypeOf(cluster.nodes).toEqualTypeOf<readonly ClusterNode[]>();
  expectTypeOf(cluster.groupExists).toEqualTypeOf<
    (node: string, groupId: string, options?: CallOptions) => Promise<boolean>
  >();
  type Operation = (groupId: string, options?: CallOptions) => Promise<GroupResult>;
  expectTypeOf(cluster.createGroup).toEqualTypeOf<Operation>();
  expectTypeOf(cluster.deleteGroup).toEqualTypeOf<Operation>();
  type Rollback = (
    groupId: string,
    nodes: readonly NodeResult[],
    options?: CallOptions,
  ) => Promise<GroupResult>;
  expectTypeOf(cluster.rollbackCreate).toEqualTypeOf<Rollback>();
  expectTypeOf(cluster.rollbackDelete).toEqualTypeOf<Rollback>();
  expectTypeOf(cluster.createGroups).toEqualTypeOf<(ids: Ids, options?: BulkOptions) => Bulk>();
  expectTypeOf(cluster.deleteGroups).toEqualTypeOf<(ids: Ids, options?: BulkOptions) => Bulk>();
  expectTypeOf(cluster.audit).toEqualTypeOf<
    (ids: Ids, options?: BulkOptions) => Run<GroupAudit, AuditSummary>
  >();
  expectTypeOf(cluster.stats).toEqualTypeOf<(options?: CallOptions) => Promise<ClusterStats>>();
  expectTypeOf(cluster.repair).toEqualTypeOf<
    (ids: Ids, want: 'present' | 'absent', options?: BulkOptions) => Bulk
  >();
  expectTypeOf(cluster.recover).toEqualTypeOf<(options?: RecoverOptions) => Bulk>();
  expectTypeOf(cluster.close).toEqualTypeOf<() => Promise<void>>();
  expectTypeOf(cluster).toExtend<AsyncDisposable>();
});

it('ClusterClient takes nodes as urls, by name and as objects', () => {
  expectTypeOf<NodeList>().toEqualTypeOf<
    readonly string[] | Readonly<Record<string, string>> | readonly ClusterNode[]
  >();
  new ClusterClient(['http://a:5000'] as const);
  new ClusterClient({ node01: 'http://a:5000' });
  new ClusterClient([{ name: 'node01', url: 'http://a:5000' }]);
  // @ts-expect-error An array, even of one.
  new ClusterClient('http://a:5000');
  // @ts-expect-error A node has a url.
  new ClusterClient([{ name: 'node01', uri: 'http://a:5000' }]);
});

it('a typo in the options of ClusterClient does not compile', () => {
  expectTypeOf<keyof ClusterClientOptions>().toEqualTypeOf<
    | 'dialect'
    | 'strategy'
    | 'retry'
    | 'rollbackRetry'
    | 'attemptTimeout'
    | 'deadline'
    | 'rollbackDeadline'
    | 'settle'
    | 'writers'
    | 'journal'
    | 'lock'
    | 'transport'
    | 'fetch'
    | 'clock'
    | 'random'
    | 'logger'
  >();
  expectTypeOf<MutableKeys<ClusterClientOptions>>().toEqualTypeOf<never>();
  const options: ClusterClientOptions[] = [
    { dialect: 'header', strategy: 'sequential', writers: 'shared', transport: 'undici', settle: 0 },
    { retry: { attempts: 3, baseDelay: 1, maxDelay: 2, jitter: 'none' }, fetch, logger: console },
    { journal: fileJournal('/var/lib/journal.sqlite'), random: Math.random, deadline: undefined },
    // @ts-expect-error `attemptTimeout` it is.
    { timeout: 1_000 },
    // @ts-expect-error There are two strategies.
    { strategy: 'serial' },
    // @ts-expect-error A dialect is 'path', 'header' or an object.
    { dialect: 'query' },
    // @ts-expect-error `attempts` is not optional.
    { retry: { baseDelay: 10 } },
    // @ts-expect-error `baseDelay` it is.
    { retry: { attempts: 3, delay: 10 } },
    // @ts-expect-error A journal, not its path.
    { journal: '/var/lib/journal.sqlite' },
  ];
  expectTypeOf(options).items.toHaveProperty('retry').toEqualTypeOf<RetryPolicy | undefined>();
});

it('a typo in the options of a call does not compile', () => {
  expectTypeOf<keyof CallOptions>().toEqualTypeOf<'attemptTimeout' | 'deadline' | 'signal'>();
  void cluster.createGroup('a', { deadline: 1, attemptTimeout: 1, signal: AbortSignal.timeout(1) });
  // @ts-expect-error `deadline` it is.
  void cluster.createGroup('a', { deadLine: 1 });
  // @ts-expect-error One call has no concurrency.
  void cluster.createGroup('a', { concurrency: 1 });
  // @ts-expect-error An id is a text.
  void cluster.createGroup(1);
  // @ts-expect-error A run is not a call.
  void cluster.createGroups(['a'], { deadline: 1 });
  // @ts-expect-error There is no such state.
  void cluster.repair(['a'], 'gone');
});

it('recover takes the options of a run and its own', () => {
  expectTypeOf<RecoverOptions>().toExtend<RunOptions>();
  void cluster.recover({ resolve: 'finish', forget: ['node01'], concurrency: 1 });
  // @ts-expect-error Either 'undo' or 'finish'.
  void cluster.recover({ resolve: 'redo' });
  // @ts-expect-error `forget` is a list of names.
  void cluster.recover({ forget: 'node01' });
});

it('the status of an outcome tells what else it has', () => {
  switch (outcome.status) {
    case 'changed':
    case 'unchanged':
      expectTypeOf(outcome.result).toEqualTypeOf<GroupResult>();
      expectTypeOf(outcome.error).toEqualTypeOf<undefined>();
      break;
    case 'rolled-back':
      expectTypeOf(outcome.error).toEqualTypeOf<RolledBackError>();
      break;
    case 'unavailable':
      expectTypeOf(outcome.error).toEqualTypeOf<HoldfastError>();
      break;
    case 'inconsistent':
      expectTypeOf(outcome.error).toEqualTypeOf<InconsistentClusterError>();
      expectTypeOf(outcome.result).toEqualTypeOf<undefined>();
      break;
    case 'skipped':
      expectTypeOf(outcome.error).toEqualTypeOf<HoldfastError | undefined>();
      break;
    default:
      expectTypeOf(outcome).toEqualTypeOf<never>();
  }
  expectTypeOf(outcome.groupId).toEqualTypeOf<string>();
});

it('results and summaries are readonly', () => {
  expectTypeOf<MutableKeys<GroupOutcome>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<GroupResult>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<NodeResult>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<GroupAudit>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<ClusterStats>>().toEqualTypeOf<never>();
  expectTypeOf<MutableKeys<BulkSummary>>().toEqualTypeOf<'rerun'>();
  expectTypeOf<MutableKeys<AuditSummary>>().toEqualTypeOf<'rerun'>();
});

it('results hold what the design says', () => {
  expectTypeOf<GroupResult['operation']>().toEqualTypeOf<'create' | 'delete'>();
  expectTypeOf<GroupResult['nodes']>().toEqualTypeOf<NodeResult[]>();
  expectTypeOf<OperationId>().toEqualTypeOf<string>();
  expectTypeOf<NodeResult['outcome']>().toEqualTypeOf<
    'created' | 'existed' | 'deleted' | 'absent' | 'undone' | 'restored' | 'unknown' | 'untouched'
  >();
  expectTypeOf<BulkSummary>().toExtend<RunSummary<string>>();
  expectTypeOf<Exclude<keyof BulkSummary, keyof RunSummary<string>>>().toEqualTypeOf<
    'changed' | 'unchanged' | 'rolledBack' | 'unavailable' | 'inconsistent' | 'requests' | 'retries'
  >();
  expectTypeOf<Exclude<keyof AuditSummary, keyof RunSummary<string>>>().toEqualTypeOf<
    'present' | 'absent' | 'split' | 'unknown'
  >();
  expectTypeOf<GroupAudit['nodes']>().toEqualTypeOf<
    Readonly<Record<string, 'present' | 'absent' | 'unknown'>>
  >();
  expectTypeOf<ClusterStats>().toEqualTypeOf<{
    readonly consistent: boolean;
    readonly counts: Record<string, number>;
  }>();
});

it('an InconsistentClusterError names its nodes, which a rollback takes', () => {
  const caught: unknown = undefined;
  if (caught instanceof InconsistentClusterError) {
    expectTypeOf(caught.nodes).toEqualTypeOf<readonly NodeResult[]>();
    expectTypeOf(caught.operation).toEqualTypeOf<'create' | 'delete'>();
    expectTypeOf(cluster.rollbackCreate(caught.groupId, caught.nodes)).resolves.toEqualTypeOf<GroupResult>();
  }
});

it('a dialect, a lock and a journal can be the user’s own', () => {
  expectTypeOf<Verdict>().toEqualTypeOf<{
    read: 'present' | 'absent' | 'refused' | 'later' | 'unknown';
    create: 'done' | 'exists' | 'refused' | 'later' | 'unknown';
    delete: 'done' | 'missing' | 'refused' | 'later' | 'unknown';
  }>();
  const dialect: GroupDialect = {
    provesOwnership: false,
    request: (kind, { node, groupId, operationId }) => ({
      method: kind === 'read' ? 'GET' : 'POST',
      url: `${node.url}/${groupId}`,
      headers: { operation: operationId },
    }),
    classify: () => 'unknown',
  };
  const lock: Lock = {
    acquire: async (_key, { deadline, signal }) => {
      expectTypeOf(deadline).toEqualTypeOf<number>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal | undefined>();
      return { lost: AbortSignal.abort(), release: async () => undefined };
    },
  };
  new ClusterClient(['http://a:5000'], { dialect, lock, journal: memoryJournal() });
  expectTypeOf(fileJournal).returns.toEqualTypeOf<Journal & AsyncDisposable>();
  expectTypeOf(memoryJournal).returns.toEqualTypeOf<Journal>();
});

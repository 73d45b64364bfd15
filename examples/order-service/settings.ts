import type { ClusterNode } from 'holdfast';
import { readArguments, refusePositionals, share, UsageError, wholeNumber } from '../support/arguments.ts';
import { nodesOption } from '../support/nodes-option.ts';

export const HELP = `Usage: npm run example -- order-service [OPTIONS]

A service of somebody's own, whose every order is a group on all nodes of a cluster, until Ctrl-C
or SIGTERM:
  PUT /orders/ID       201 created, 200 was there, 503 not done and worth another try,
                       500 done on some nodes only: the answer names them
  DELETE /orders/ID    204, or 503 or 500 as above
  GET /orders/ID       which nodes have it: 200 all, 404 none, 409 some, 503 not known
  GET /health          200, or 503 while what an earlier run left open is ended, and at the end
  GET /metrics         counts of operations and requests, as Prometheus reads them

Options
  --nodes NAME=URL,…   the cluster; without it, three unstable nodes are started in this process,
                       and the service sends itself some requests
  --journal FILE       remembers what is half done; needed with --nodes    [for this run only]
  --port N             0 takes a free one                                               [8090]
  --deadline MS        of one operation; undoing it may take as long again and a second [3000]
  --recover-every MS   how often what was left on some nodes only is tried again       [30000]
  --grace MS           at the end, what is under way has so long before it is undone   [10000]
  --failures P         without --nodes: share of requests that fail, 0 to 1
                       [only some of the orders that the service sends itself]
  --seed N             repeats the failures of an earlier run                              [1]
  --help, -h           this text

The exit code is 0 after Ctrl-C and SIGTERM, else 1.`;

export interface ServiceSettings {
  /** Undefined: nodes are started in this process. */
  readonly nodes: readonly ClusterNode[] | undefined;
  /** Undefined: a temporary one. */
  readonly journal: string | undefined;
  readonly port: number;
  readonly deadline: number;
  readonly recoverEvery: number;
  readonly grace: number;
  readonly failures: number | undefined;
  readonly seed: number;
}

/** `undefined` where help is asked for. @throws UsageError */
export function readServiceSettings(): ServiceSettings | undefined {
  const { help, positionals, options } = readArguments(OPTIONS);
  if (help) return undefined;
  refusePositionals(positionals);
  const nodes = options.get('nodes');
  const failures = options.get('failures');
  if ((nodes === undefined) === options.has('journal')) {
    throw new UsageError('--nodes and --journal go together: a journal is of certain nodes');
  }
  if (nodes !== undefined && (failures !== undefined || options.has('seed'))) {
    throw new UsageError(
      '--failures and --seed are of nodes in this process, so they do not go with --nodes',
    );
  }
  const milliseconds = (name: 'deadline' | 'recover-every' | 'grace', usual: number, least: number) =>
    wholeNumber(name, options.get(name) ?? String(usual), least, MOST_MILLISECONDS);
  return {
    nodes: nodes === undefined ? undefined : nodesOption(nodes),
    journal: options.get('journal'),
    port: wholeNumber('port', options.get('port') ?? '8090', 0, 65_535),
    deadline: milliseconds('deadline', 3_000, 1),
    recoverEvery: milliseconds('recover-every', 30_000, 1),
    grace: milliseconds('grace', 10_000, 0),
    failures: failures === undefined ? undefined : share('failures', failures),
    seed: wholeNumber('seed', options.get('seed') ?? '1', 0),
  };
}

/** A day. */
const MOST_MILLISECONDS = 86_400_000;

const OPTIONS = [
  'nodes',
  'journal',
  'port',
  'deadline',
  'recover-every',
  'grace',
  'failures',
  'seed',
] as const;

import type { ClusterNode, FailAbove, Shard } from 'holdfast';
import {
  type Arguments,
  type Environment,
  oneOf,
  readArguments,
  share,
  UsageError,
  wholeNumber,
} from './arguments.ts';
import { failAboveOption } from './fail-above-option.ts';
import { nodesOption } from './nodes-option.ts';
import type { FleetSettings } from './open-fleet.ts';
import { shardOption } from './shard-option.ts';

export const HELP = `Usage: npm run example -- cluster-job [COMMAND] [OPTIONS]

Commands
  create-one ID   create one group on every node
  delete-one ID   delete one group from every node
  create          create the groups 0 to COUNT-1
  delete          delete the groups 0 to COUNT-1
  stats           how many groups each node holds, and whether they are the same
  demo            create, stats, delete, stats; what is done without a command and --nodes
  serve           run three unstable nodes on a fixed port until Ctrl-C

Options
  --nodes NAME=URL,…   the cluster; without it, three unstable nodes are started in this process,
                       and what they hold is gone at its end
  --dialect NAME       header or path           [header; the library's own default is path]
  --count N            groups of create, delete, demo and, in the path dialect, stats [100]
  --concurrency N      groups under way at once                                       [16]
  --fail-above N       create, delete and demo begin no more groups once more than so
                       many failed: a count such as 5, or a share such as 10%         [10%]
  --shard I/N          create and delete: only this part of the groups, I from 0
                       [$JOB_COMPLETION_INDEX of $SHARDS, as in an Indexed Job]
  --help, -h           this text

Options of several processes that work on the same nodes, so only together with --nodes
  --journal FILE       remembers what is half done; what an earlier run left is ended first
  --lease PREFIX       takes a Kubernetes Lease of this prefix for each group it works on, so that
                       other machines keep off it; with --kubeconfig
  --kubeconfig PATH    where the Leases are; "in-cluster" takes what the environment gives
  --namespace NS       [that of the kubeconfig, or default]

Options of the nodes that are started here, so not together with --nodes
  --failures P         share of requests that fail, 0 to 1                            [0.2]
  --seed N             repeats the failures of an earlier run                         [1]
  --port N             serve: the port, in the path dialect the first of three;
                       0 takes free ones                                            [8001]
  --hostname ADDRESS   serve: where to listen; whoever reaches it may change the groups [127.0.0.1]
  --database FILE      serve: a SQLite file that keeps the records            [in memory]

Ctrl-C undoes what is half done; a second one ends at once.
The exit code is 0 when every group came out as asked for, 130 after Ctrl-C, else 1.`;

type Command = (typeof COMMANDS)[number];
type Dialect = 'header' | 'path';

export interface Settings extends FleetSettings {
  readonly command: Command;
  /** Of create-one and delete-one. */
  readonly id: string;
  readonly dialect: Dialect;
  readonly count: number;
  readonly concurrency: number;
  readonly failAbove: FailAbove;
  /** Undefined: nodes are started in this process. */
  readonly nodes: readonly ClusterNode[] | undefined;
  readonly shard: Shard;
  readonly failures: number;
  readonly seed: number;
  readonly port: number;
  readonly hostname: string;
  readonly database: string | undefined;
}

/**
 * What the command line says, this process's by default; `undefined` where it asks for help.
 *
 * @throws UsageError
 */
export function readSettings(args?: readonly string[], env: Environment = process.env): Settings | undefined {
  const { help, positionals, options } = readArguments(OPTIONS, args);
  if (help) return undefined;
  // Nobody's nodes are written to by a word that was forgotten.
  const [word = options.has('nodes') ? undefined : 'demo', ...rest] = positionals;
  if (word === undefined) {
    throw new UsageError(`with --nodes give one of the commands ${COMMANDS.join(', ')}`);
  }
  const command = oneOf('command', word, COMMANDS);
  refuseContradictions(command, options);
  const nodes = options.get('nodes');
  return {
    command,
    id: idOf(command, rest),
    dialect: oneOf('dialect', options.get('dialect') ?? 'header', ['header', 'path']),
    count: wholeNumber('count', options.get('count') ?? '100', 0),
    concurrency: wholeNumber('concurrency', options.get('concurrency') ?? '16', 1),
    failAbove: failAboveOption(options.get('fail-above') ?? '10%'),
    nodes: nodes === undefined ? undefined : nodesOption(nodes),
    failures: share('failures', options.get('failures') ?? '0.2'),
    seed: wholeNumber('seed', options.get('seed') ?? '1', 0),
    port: wholeNumber('port', options.get('port') ?? '8001', 0, 65_535),
    hostname: options.get('hostname') ?? '127.0.0.1',
    database: options.get('database'),
    shard: shardOption(options.get('shard'), env),
    journal: options.get('journal'),
    lease: options.get('lease'),
    kubeconfig: options.get('kubeconfig'),
    namespace: options.get('namespace'),
  };
}

const COMMANDS = ['create-one', 'delete-one', 'create', 'delete', 'stats', 'demo', 'serve'] as const;

/** Options of processes that share nodes. */
const SHARED = ['journal', 'lease', 'kubeconfig', 'namespace'] as const;

const OPTIONS = [
  'nodes',
  'dialect',
  'count',
  'concurrency',
  'fail-above',
  'failures',
  'seed',
  'port',
  'hostname',
  'database',
  'shard',
  ...SHARED,
] as const;

type Options = Arguments<(typeof OPTIONS)[number]>['options'];

function refuseContradictions(command: Command, options: Options): void {
  for (const option of SHARED) {
    if (options.has(option) && !options.has('nodes')) {
      throw new UsageError(`--${option} is for processes that share nodes, so give --nodes`);
    }
  }
  if (options.has('lease') !== options.has('kubeconfig')) {
    throw new UsageError('--lease and --kubeconfig go together: the Leases are in that cluster');
  }
  if (command === 'serve') {
    if (options.has('nodes')) throw new UsageError('serve starts nodes of its own, so it takes no --nodes');
    return;
  }
  for (const option of ['port', 'hostname', 'database'] as const) {
    if (options.has(option)) throw new UsageError(`--${option} is for serve, not for ${command}`);
  }
  for (const option of ['failures', 'seed'] as const) {
    if (options.has('nodes') && options.has(option)) {
      throw new UsageError(`--${option} is for nodes that are started here, so it does not go with --nodes`);
    }
  }
}

function idOf(command: Command, rest: readonly string[]): string {
  const wanted = command === 'create-one' || command === 'delete-one' ? 1 : 0;
  const [id] = rest;
  if (wanted === 1 && id === undefined) throw new UsageError(`${command} needs the id of a group`);
  if (rest.length > wanted) {
    const takes = wanted === 1 ? 'one id' : 'nothing but options';
    throw new UsageError(
      `${command} takes ${takes}, received ${rest.map((text) => JSON.stringify(text)).join(' ')}`,
    );
  }
  return id ?? '';
}

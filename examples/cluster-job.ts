/**
 * Creates and deletes group records on every node of an unstable cluster.
 *
 *   npx tsx examples/cluster-job.ts demo
 */
import { parseArgs } from 'node:util';
import { type BulkSummary, ClusterClient, type GroupOutcome, HoldfastError, type Run } from 'holdfast';
import { FaultPlan, type GroupNodes, startGroupNodes } from 'holdfast/testing';
import { progressBar } from './progress-bar.ts';

const HELP = `Usage: cluster-job.ts COMMAND [OPTIONS]

Commands
  create-one ID   create one group on every node
  delete-one ID   delete one group from every node
  create          create the groups 0 to COUNT-1
  delete          delete the groups 0 to COUNT-1
  stats           how many groups each node holds, and whether they are the same
  demo            create, stats, delete, stats

Options
  --nodes NAME=URL,…   the cluster; without it, three nodes are started in this process
  --dialect NAME       header or path                                        [header]
  --count N            groups of create, delete, demo and, in the path dialect, stats   [100]
  --concurrency N      groups under way at once                              [16]
  --failures P         share of requests that the started nodes fail, 0 to 1 [0.2]
  --seed N             repeats the failures of an earlier run                [1]
  --help               this text

The exit code is 0 when every group came out as asked for, else 1.`;

interface Job {
  readonly cluster: ClusterClient;
  readonly ids: readonly string[];
  readonly concurrency: number;
  readonly dialect: 'header' | 'path';
  readonly signal: AbortSignal;
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string' },
      dialect: { type: 'string', default: 'header' },
      count: { type: 'string', default: '100' },
      concurrency: { type: 'string', default: '16' },
      failures: { type: 'string', default: '0.2' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, id] = positionals;
  if (values.help || command === undefined) {
    console.log(HELP);
    return values.help;
  }
  const dialect = oneOf('--dialect', values.dialect, ['header', 'path']);
  const count = numberOf('--count', values.count, 0);
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));

  await using embedded = values.nodes === undefined ? await embeddedNodes(dialect, values) : undefined;
  await using cluster = new ClusterClient(embedded?.urls ?? parseNodes(values.nodes ?? ''), { dialect });
  return await runCommand(command, id, {
    cluster,
    dialect,
    ids: Array.from({ length: count }, (_, index) => String(index)),
    concurrency: numberOf('--concurrency', values.concurrency, 1),
    signal: interrupt.signal,
  });
}

async function runCommand(command: string, id: string | undefined, job: Job): Promise<boolean> {
  switch (command) {
    case 'create-one':
    case 'delete-one':
      return one(command, id, job);
    case 'create':
    case 'delete':
      return bulk(command, job);
    case 'stats':
      return stats(job);
    case 'demo': {
      const created = (await bulk('create', job)) && (await stats(job));
      const deleted = (await bulk('delete', job)) && (await stats(job));
      return created && deleted;
    }
    default:
      throw new UsageError(`there is no command ${JSON.stringify(command)}`);
  }
}

async function one(
  command: 'create-one' | 'delete-one',
  id: string | undefined,
  { cluster, signal }: Job,
): Promise<boolean> {
  if (id === undefined) throw new UsageError(`${command} needs the id of a group`);
  const result = await (command === 'create-one'
    ? cluster.createGroup(id, { signal })
    : cluster.deleteGroup(id, { signal }));
  console.table(
    Object.fromEntries(result.nodes.map(({ node, outcome, attempts }) => [node, { outcome, attempts }])),
  );
  return true;
}

async function bulk(
  command: 'create' | 'delete',
  { cluster, ids, concurrency, signal }: Job,
): Promise<boolean> {
  const options = { concurrency, signal, onProgress: progressBar(command) };
  const run: Run<GroupOutcome, BulkSummary> =
    command === 'create' ? cluster.createGroups(ids, options) : cluster.deleteGroups(ids, options);
  for await (const { error } of run) if (error !== undefined) console.error(error.message);
  const summary = await run;
  console.table({
    [command === 'create' ? 'created' : 'deleted']: summary.changed,
    unchanged: summary.unchanged,
    'rolled back': summary.rolledBack,
    unavailable: summary.unavailable,
    inconsistent: summary.inconsistent,
    skipped: summary.skipped,
    requests: summary.requests,
    retries: summary.retries,
    'time (s)': (summary.durationMs / 1000).toFixed(2),
  });
  return summary.ok;
}

/** Only the header dialect counts its records; elsewhere each node is asked for each id. */
async function stats(job: Job): Promise<boolean> {
  const { consistent, counts } =
    job.dialect === 'header' ? await job.cluster.stats({ signal: job.signal }) : await askForEach(job);
  console.log(`${consistent ? 'consistent' : 'NOT consistent'}:`, counts);
  return consistent;
}

async function askForEach({ cluster, ids, signal }: Job) {
  const held = await Promise.all(
    cluster.nodes.map(async ({ name }) => {
      const present: string[] = [];
      for (const id of ids) if (await cluster.groupExists(name, id, { signal })) present.push(id);
      return [name, present] as const;
    }),
  );
  const [first] = held;
  return {
    consistent: held.every(([, present]) => present.join() === first?.[1].join()),
    counts: Object.fromEntries(held.map(([name, present]) => [name, present.length])),
  };
}

function embeddedNodes(
  dialect: 'header' | 'path',
  { failures, seed }: { readonly failures: string; readonly seed: string },
): Promise<GroupNodes> {
  const rate = numberOf('--failures', failures, 0);
  if (rate > 1) throw new UsageError(`--failures is a share from 0 to 1, received ${failures}`);
  const faults = FaultPlan.seeded(numberOf('--seed', seed, 0), {
    'error-before': rate / 2,
    'timeout-before': rate / 2,
  });
  return startGroupNodes({ dialect, faults });
}

function parseNodes(text: string): Record<string, string> {
  const entries = text.split(',').map((entry) => {
    const at = entry.indexOf('=');
    if (at < 1) throw new UsageError(`--nodes takes NAME=URL,…, received ${JSON.stringify(entry)}`);
    return [entry.slice(0, at), entry.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}

function numberOf(option: string, text: string, least: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= least))
    throw new UsageError(`${option} takes a number of at least ${least}, received ${text}`);
  return value;
}

function oneOf<const Words extends readonly string[]>(
  option: string,
  text: string,
  words: Words,
): Words[number] {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new UsageError(`${option} is ${words.join(' or ')}, received ${text}`);
  return word;
}

class UsageError extends Error {}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  const expected = error instanceof HoldfastError || error instanceof UsageError || isArgumentError(error);
  if (!expected) throw error;
  console.error(error.message);
  if (!(error instanceof HoldfastError)) console.error('Try --help.');
  process.exitCode = 1;
}

function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

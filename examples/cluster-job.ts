/**
 * Creates and deletes group records on every node of an unstable cluster.
 *
 *   npm run example -- cluster-job
 */
import { once } from 'node:events';
import { ClusterClient, type Shard, shardOf } from 'holdfast';
import { FaultPlan, type GroupNodes, startGroupNodes } from 'holdfast/testing';
import { UsageError } from './support/arguments.ts';
import { HELP, readSettings, type Settings } from './support/cluster-job-settings.ts';
import { errorTally } from './support/error-tally.ts';
import { openFleet } from './support/open-fleet.ts';
import { progressBar } from './support/progress-bar.ts';
import { runScript } from './support/run-script.ts';
import { printTable } from './support/table.ts';

interface Job extends Settings {
  readonly cluster: ClusterClient;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

await runScript(async (signal) => {
  const settings = readSettings();
  if (settings === undefined) {
    console.log(HELP);
    return true;
  }
  if (settings.command === 'serve') return serve(settings, signal);
  await using embedded = settings.nodes === undefined ? await embeddedNodes(settings) : undefined;
  const { nodes = embedded?.urls ?? {}, dialect } = settings;
  await using fleet = openFleet(settings);
  await using cluster = new ClusterClient(nodes, { dialect, ...fleet.options });
  if (settings.journal !== undefined) await recover(cluster, signal);
  return await runCommand({ ...settings, cluster, signal });
});

/** What an earlier run of this journal left half done. */
async function recover(cluster: ClusterClient, signal: AbortSignal): Promise<void> {
  for await (const { groupId, status, error } of cluster.recover({ signal })) {
    console.error(`recovered ${JSON.stringify(groupId)}: ${error?.message ?? status}`);
  }
}

/** Whether all came out as asked for. */
async function runCommand(job: Job): Promise<boolean> {
  switch (job.command) {
    case 'create-one':
      return one('created', job);
    case 'delete-one':
      return one('deleted', job);
    case 'create':
    case 'delete':
      return bulk(job.command, job);
    case 'stats':
      return stats(job);
    default:
      return demo(job);
  }
}

/** Its second half runs as well where the first left something out. */
async function demo(job: Job): Promise<boolean> {
  const look = () => stats(job);
  const steps = [() => bulk('create', job), look, () => bulk('delete', job), look];
  let ok = true;
  for (const step of steps) {
    job.signal.throwIfAborted();
    ok = (await step()) && ok;
  }
  return ok;
}

async function one(word: 'created' | 'deleted', { cluster, id, signal }: Job): Promise<boolean> {
  const result = await (word === 'created'
    ? cluster.createGroup(id, { signal })
    : cluster.deleteGroup(id, { signal }));
  printTable([
    ['node', 'outcome', 'attempts'],
    ...result.nodes.map(({ node, outcome, attempts }) => [node, outcome, attempts]),
  ]);
  const before = word === 'created' ? 'every node had it before' : 'no node had it';
  console.log(`group ${JSON.stringify(id)}: ${result.changed ? word : `nothing to do, ${before}`}`);
  return true;
}

async function bulk(command: 'create' | 'delete', job: Job): Promise<boolean> {
  const { cluster, concurrency, failAbove, shard, signal } = job;
  const count = countIn(shard, job.count);
  const bar = progressBar(command, count);
  const errors = errorTally(bar.note);
  const options = { concurrency, failAbove, shard, signal, onProgress: bar.show };
  const run =
    command === 'create'
      ? cluster.createGroups(groupIds(job.count), options)
      : cluster.deleteGroups(groupIds(job.count), options);
  try {
    for await (const { status, error } of run) {
      // Each of these groups needs a look, so each is named.
      if (status === 'inconsistent') bar.note(error?.message ?? status);
      else if (error !== undefined) errors.add(error);
    }
  } finally {
    errors.end();
    bar.end();
  }
  const summary = await run;
  const notBegun = count - summary.done - summary.failed;
  if (notBegun > 0 && !signal.aborted) console.error(`stopped: more than ${failAbove} failed (--fail-above)`);
  printTable([
    [command === 'create' ? 'created' : 'deleted', summary.changed],
    ['unchanged', summary.unchanged],
    ['rolled back', summary.rolledBack],
    ['unavailable', summary.unavailable],
    ['inconsistent', summary.inconsistent],
    ['skipped', notBegun],
    ['requests', summary.requests],
    ['retries', summary.retries],
    ['time (s)', Number((summary.durationMs / 1000).toFixed(2))],
  ]);
  return summary.done === count;
}

/** How many of the groups are in a shard. */
function countIn({ index, of }: Shard, size: number): number {
  if (of === 1) return size;
  let count = 0;
  for (const id of groupIds(size)) if (shardOf(id, of) === index) count += 1;
  return count;
}

/** 0 to `size` - 1, made when they are asked for: a billion need no more memory than ten. */
function groupIds(size: number) {
  return {
    size,
    *[Symbol.iterator]() {
      for (let id = 0; id < size; id++) yield String(id);
    },
  };
}

/** Only the header dialect counts its records; elsewhere each node is asked for each id. */
async function stats(job: Job): Promise<boolean> {
  const { consistent, counts } =
    job.dialect === 'header' ? await job.cluster.stats({ signal: job.signal }) : await askForEach(job);
  console.log(`${consistent ? 'consistent' : 'NOT consistent'}:`, counts);
  return consistent;
}

async function askForEach({ cluster, count, signal }: Job) {
  const names = cluster.nodes.map(({ name }) => name);
  const counts = Object.fromEntries(names.map((name) => [name, 0]));
  const bar = progressBar('stats', count);
  let consistent = true;
  let done = 0;
  try {
    for (const id of groupIds(count)) {
      const held = await Promise.all(names.map((name) => cluster.groupExists(name, id, { signal })));
      for (const [index, name] of names.entries()) if (held[index]) counts[name] = (counts[name] ?? 0) + 1;
      if (new Set(held).size > 1) consistent = false;
      done += 1;
      bar.show({ done, failed: 0 });
    }
  } finally {
    bar.end();
  }
  return { consistent, counts };
}

async function embeddedNodes(settings: Settings): Promise<GroupNodes> {
  const nodes = await startGroupNodes({ dialect: settings.dialect, faults: faultsOf(settings) });
  const { length } = Object.keys(nodes.urls);
  console.error(`without --nodes: ${length} nodes for this run only, ${describeFaults(settings)}`);
  return nodes;
}

async function serve(settings: Settings, signal: AbortSignal): Promise<boolean> {
  const { dialect, port, hostname, database } = settings;
  await using nodes = await startGroupNodes({
    dialect,
    port,
    hostname,
    faults: faultsOf(settings),
    ...(database === undefined ? {} : { database }),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'listen') throw error;
    const where = error.code === 'EADDRINUSE' ? `--port ${port}` : `--hostname ${hostname} --port ${port}`;
    throw new UsageError(`cannot listen on ${where} (${error.code}); choose another`);
  });
  const list = Object.entries(nodes.urls).map(([name, url]) => `${name}=${url}`);
  console.log(`--nodes ${list.join()} --dialect ${dialect}`);
  console.error(`${list.length} nodes, ${describeFaults(settings)}, until Ctrl-C`);
  if (!signal.aborted) await once(signal, 'abort');
  return true;
}

function faultsOf({ failures, seed }: Settings): FaultPlan {
  return FaultPlan.seeded(seed, { 'error-before': failures / 2, 'timeout-before': failures / 2 });
}

function describeFaults({ failures }: Settings): string {
  return `${Number((failures * 100).toFixed(2))} % of requests fail`;
}

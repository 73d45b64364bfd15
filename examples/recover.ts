/**
 * A client that dies in the middle of its work, and what becomes of it.
 *
 *   npm run example -- recover
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient, fileJournal } from 'holdfast';
import { startGroupNodes } from 'holdfast/testing';
import { RECOVER_HELP, type RecoverSettings, readRecoverSettings } from './support/recover-settings.ts';
import { runScript } from './support/run-script.ts';
import { printTable } from './support/table.ts';

/** What each of the processes that this script starts itself as is to do. */
interface Part {
  readonly part: 'create' | 'recover';
  readonly urls: Readonly<Record<string, string>>;
  readonly journal: string;
  readonly settings: RecoverSettings;
}

const part = process.env['RECOVER_PART'];

await runScript(async (signal) => {
  if (part !== undefined) return play(JSON.parse(part) as Part);
  const settings = readRecoverSettings();
  if (settings === undefined) {
    console.log(RECOVER_HELP);
    return true;
  }
  const folder = await mkdtemp(join(tmpdir(), 'recover-'));
  await using nodes = await startGroupNodes({ nodes: 3 });
  try {
    const work = { urls: nodes.urls, journal: join(folder, 'journal.db'), settings };
    console.log(`created by a process that dies: ${await run({ ...work, part: 'create' }, signal)}`);
    await audit(work, signal);
    console.log(`recovered by another: ${await run({ ...work, part: 'recover' }, signal)}`);
    return await audit(work, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** This script once more, in a process of its own. Resolves with how that ended. */
async function run(part: Part, stop: AbortSignal): Promise<string> {
  stop.throwIfAborted();
  const child = fork(import.meta.filename, { env: { ...process.env, RECOVER_PART: JSON.stringify(part) } });
  // It is there to be killed, and the nodes go with this process.
  const kill = () => child.kill('SIGKILL');
  stop.addEventListener('abort', kill);
  const [code, signal]: unknown[] = await once(child, 'exit');
  stop.removeEventListener('abort', kill);
  stop.throwIfAborted();
  return signal === null ? `exit code ${code}` : String(signal);
}

function play({ part, urls, journal, settings }: Part): Promise<boolean> {
  return part === 'create' ? createAndDie(urls, journal, settings) : recover(urls, journal, settings);
}

async function createAndDie(urls: Part['urls'], path: string, { groups }: RecoverSettings): Promise<boolean> {
  let writes = 0;
  const cluster = new ClusterClient(urls, {
    journal: fileJournal(path),
    // Node after node, so that there is a middle to die in.
    strategy: 'sequential',
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      // Half of the writes are done by then; nobody gets to clean up.
      if (init?.method === 'POST' && ++writes > (3 * groups) / 2) process.kill(process.pid, 'SIGKILL');
      return answer;
    },
  });
  await cluster.createGroups(idsOf(groups));
  return false;
}

async function recover(urls: Part['urls'], path: string, settings: RecoverSettings): Promise<boolean> {
  await using journal = fileJournal(path);
  await using cluster = new ClusterClient(urls, { journal, settle: settings.settle });
  const run = cluster.recover({ resolve: settings.resolve });
  for await (const { groupId, status, result } of run) {
    const nodes = result?.nodes.map(({ node, outcome }) => `${node} ${outcome}`) ?? [];
    console.log(`  ${groupId}: ${[status, ...nodes].join(', ')}`);
  }
  return (await run).ok;
}

/** Whether every group is on all nodes or on none. */
async function audit(
  { urls, settings: { groups } }: Omit<Part, 'part'>,
  signal: AbortSignal,
): Promise<boolean> {
  await using cluster = new ClusterClient(urls);
  const run = cluster.audit(idsOf(groups), { signal });
  const split: (readonly string[])[] = [];
  for await (const { groupId, status, nodes } of run) {
    if (status === 'split')
      split.push([`  ${groupId}`, ...Object.entries(nodes).map((entry) => entry.join(' '))]);
  }
  const { present, absent, ok } = await run;
  signal.throwIfAborted();
  console.log(`on all nodes: ${present}, on none: ${absent}, split: ${split.length}`);
  printTable(split);
  return ok;
}

function idsOf(groups: number): readonly string[] {
  return Array.from({ length: groups }, (_, index) => `group-${index}`);
}

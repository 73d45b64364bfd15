import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterClient } from '../../../src/cluster/cluster-client.ts';
import { fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';
import { FaultPlan } from '../../../src/testing/fault-plan.ts';
import { startGroupNodes } from '../../../src/testing/group-nodes.ts';
import { holdingsOf, recordOf } from '../holdings.ts';
import { type Arrival, watchedPlan } from '../watched.ts';
import type { CrashWork } from './crash-client.ts';

export interface CrashScenario {
  readonly dialect: 'path' | 'header';
  readonly operation: 'create' | 'delete';
  readonly resolve: 'undo' | 'finish';
  readonly seed: number;
  /** The arrival, counted from 1, at which the first process is killed. */
  readonly killAt: number;
  /** The arrival at which a process that recovers is killed. @default none is */
  readonly killRecoveryAt?: number;
}

export interface CrashReport {
  /** None where the promise was kept. */
  readonly broken: readonly string[];
  /** How many groups were open when the last recovery began. */
  readonly open: number;
}

const GROUPS = 20;
/** Shorter than `settle` by far: a process that dies leaves late commits behind. */
const LATE_BY = 60;

const SETTINGS = {
  attemptTimeout: 2_000,
  settle: 400,
  deadline: 20_000,
  rollbackDeadline: 20_000,
  retry: { attempts: 20, baseDelay: 1, maxDelay: 10 },
  rollbackRetry: { attempts: 60, baseDelay: 1, maxDelay: 10 },
};

/** Kills a client in the middle of a bulk run, and maybe one that recovers, recovers, and says what is wrong then. */
export async function crash(scenario: CrashScenario): Promise<CrashReport> {
  const { dialect, operation, resolve, seed, killAt, killRecoveryAt } = scenario;
  const folder = await mkdtemp(join(tmpdir(), 'crash-'));
  let onArrival: (arrival: Arrival) => void = () => undefined;
  const rates = { 'error-before': 0.03, 'reset-after': 0.03, 'late-reset': 0.03, lateBy: LATE_BY };
  const faults = watchedPlan(FaultPlan.seeded(seed, rates), (arrival) => onArrival(arrival));
  await using nodes = await startGroupNodes({ dialect, faults });
  const ids = Array.from({ length: GROUPS }, (_, index) => `group ${index}`);
  const names = Object.keys(nodes.urls);
  // A delete finds them everywhere; one group in four stood on one node only.
  for (const [index, groupId] of ids.entries()) {
    const on =
      index % 4 === 0 ? names.slice(index % 3, (index % 3) + 1) : operation === 'delete' ? names : [];
    for (const node of on) nodes.put(node, { groupId, timestamp: `${index + 1}.5` });
  }
  const before = holdingsOf(nodes);
  const options = { ...SETTINGS, dialect };
  const work = { urls: nodes.urls, options, journal: join(folder, 'journal.db'), ids };

  const killedAt = async (run: CrashWork['run'], arrival: number) => {
    let arrivals = 0;
    const child = start({ ...work, run });
    onArrival = () => {
      if (++arrivals === arrival) child.kill('SIGKILL');
    };
    await ended(child);
    onArrival = () => undefined;
  };
  try {
    await killedAt(operation, killAt);
    if (killRecoveryAt !== undefined) await killedAt(resolve, killRecoveryAt);
    const journal = fileJournal(work.journal);
    const cluster = new ClusterClient(nodes.urls, { ...options, journal });
    const broken: string[] = [];
    let open = 0;
    for await (const { groupId, status } of cluster.recover({ resolve })) {
      open++;
      const well = status === 'changed' || status === 'unchanged';
      if (!well && !(resolve === 'finish' && status === 'rolled-back'))
        broken.push(`${groupId}: recovery says ${status}`);
    }
    for await (const { groupId, state } of journal.openEntries()) broken.push(`${groupId} is ${state} still`);
    await nodes.settled();
    const after = holdingsOf(nodes);
    for (const groupId of ids) {
      const held = names.map((node) => recordOf(after, node, groupId));
      const stood = names.map((node) => recordOf(before, node, groupId));
      const isEverywhere = held.every((record) => record !== undefined);
      const isNowhere = held.every((record) => record === undefined);
      const isAsBefore = held.every(
        (record, index) => (record === undefined) === (stood[index] === undefined),
      );
      const isWhole = isAsBefore || (operation === 'create' ? isEverywhere : isNowhere);
      if (!isWhole) broken.push(`${groupId} is on ${names.filter((_, index) => held[index] !== undefined)}`);
      // An undone delete makes a new record; a create touches none that stood before.
      const lost = stood.some(
        (record, index) => record !== undefined && record.timestamp !== held[index]?.timestamp,
      );
      if (operation === 'create' && lost) broken.push(`${groupId} lost a record that stood before`);
    }
    await cluster.close();
    await journal.close();
    return { broken, open };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function start(work: CrashWork): ChildProcess {
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  return fork(new URL('./crash-client.ts', import.meta.url), [JSON.stringify(work)], { execArgv });
}

/** By SIGKILL, or because all was done before it came to that. */
async function ended(child: ChildProcess): Promise<void> {
  const [code, signal]: unknown[] = await once(child, 'exit');
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the client ended with ${code} by itself`);
}

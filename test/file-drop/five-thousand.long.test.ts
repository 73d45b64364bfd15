import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { countTraffic } from './count-traffic.ts';
import type { ChildDrop, ChildWord } from './drop-child.ts';
import { collect, dropCluster, TOKEN } from './drop-cluster.ts';
import { processorImage, rebuildApi } from './rebuild-api.ts';

const FILES = 5_000;
const DROP = 'd1';
const label = { labelSelector: 'app=file-drop-processor' };

const randomly = (seed: number) =>
  FaultPlan.seeded(seed, {
    'error-before': 0.05,
    'error-after': 0.05,
    'reset-before': 0.05,
    'reset-after': 0.05,
    'too-many': 0.05,
    retryAfter: 0,
  });

test('5,000 files arrive once each, over 20 connections, from a process whose memory stays flat', async () => {
  const { begin, everyFileOnce, traffic } = await stand('job');
  const { ended, heaps } = await begin().end;
  expect(ended).toEqual({ done: FILES, ok: true });
  expect(traffic().connections).toBeLessThanOrEqual(20);
  expect(heaps).toHaveLength(10);
  expect((heaps.at(-1) ?? Number.NaN) - (heaps[1] ?? Number.NaN)).toBeLessThan(4);
  await everyFileOnce();
});

test('the same where the API server fails at random, some pods start twice, and the scheduler is killed four times', async () => {
  const { begin, everyFileOnce, traffic, kube } = await stand('job', randomly(5));
  for (const moment of [300, 1_100, 2_400, 4_300]) await begin().killAt(moment);
  expect(traffic().mostOpen).toBeLessThanOrEqual(20);
  expect((await collect(kube.list('jobs', label))).length).toBeLessThan(FILES);
  expect((await begin().end).ended).toEqual({ done: FILES, ok: true });
  const starts = await everyFileOnce();
  expect(starts.filter((count) => count === 2).length).toBeGreaterThan(FILES / 10);
});

test('one Indexed Job for 5,000 files takes a handful of calls, though its scheduler is killed on the way', async () => {
  const { begin, everyFileOnce, kube, traffic } = await stand('indexed');
  for (const moment of [700, 3_000]) await begin().killAt(moment);
  expect(await collect(kube.list('jobs', label))).toEqual([]);
  const before = traffic().requests;
  expect((await begin().end).ended).toEqual({ done: FILES, ok: true });
  // The drop's Secret, which is there by now, is created and read; the Job is created.
  expect(traffic().requests - before).toBeLessThanOrEqual(5);
  expect((await begin().end).ended).toEqual({ done: FILES, ok: true });
  expect(await collect(kube.list('jobs', label))).toHaveLength(1);
  await everyFileOnce();
});

async function stand(mode: 'job' | 'indexed', faults?: FaultPlan) {
  const api = await rebuildApi();
  const { image, starts } = await processorImage(({ env }) =>
    mode === 'job' ? (env['FILENAME'] ?? '') : `file ${env['JOB_COMPLETION_INDEX']}`,
  );
  const images = { 'acme/processor': image };
  const { kubernetes, kube, drop, directory, backend } = await dropCluster(
    { images, ...(faults && { faults }) },
    { mode, apiUrl: api.url },
  );
  const settings: ChildDrop = {
    kubeconfig: kubernetes.kubeconfig,
    directory,
    backend,
    apiUrl: api.url,
    apiToken: TOKEN,
    mode,
    dropId: DROP,
    count: FILES,
  };
  return {
    kube,
    traffic: countTraffic(kubernetes.url),
    begin: () => startDrop(settings),
    /** Waits for the end; how often each was started. */
    everyFileOnce: async () => {
      expect(await drop.follow({ dropId: DROP })).toMatchObject({ succeeded: FILES, ok: true });
      expect(api.counts.size).toBe(FILES);
      // A second start of a pod is nobody's exit code, and may be under way when its file has ended.
      await expect.poll(() => sorted(api.counts)).toEqual(sorted(starts));
      return [...starts.values()];
    },
  };
}

const sorted = (counts: ReadonlyMap<string, number>) =>
  [...counts].sort(([one], [other]) => (one < other ? -1 : 1));

function startDrop(settings: ChildDrop) {
  const child = fork(new URL('./drop-child.ts', import.meta.url), [JSON.stringify(settings)], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const heaps: number[] = [];
  const end = async () => {
    for await (const word of words(child)) {
      if ('ended' in word) return { ended: word.ended, heaps };
      if (word.heap > 0) heaps.push(word.heap);
    }
    throw new Error('the child ended without a word');
  };
  return {
    get end() {
      return end();
    },
    killAt: async (moment: number) => {
      for await (const word of words(child)) {
        if (!('done' in word) || word.done < moment) continue;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        expect(await ended).toEqual([null, 'SIGKILL']);
        return;
      }
      throw new Error(`the child ended before ${moment}`);
    },
  };
}

async function* words(child: ChildProcess): AsyncIterable<ChildWord> {
  for await (const [word] of on(child, 'message', { close: ['disconnect'] })) yield word;
}

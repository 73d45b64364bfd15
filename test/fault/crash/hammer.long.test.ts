import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { HammerWork } from './hammer-client.ts';
import { startTurnTakingNodes } from './turn-taking-nodes.ts';

test('two processes that share a journal hammer 50 groups for 20 s: never both at one group, and none apart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hammer-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await using cluster = await startTurnTakingNodes(3);
  const ids = Array.from({ length: 50 }, (_, index) => `group-${index}`);
  const clients = ['one', 'two'].map((client) => {
    const work: HammerWork = {
      urls: cluster.urlsFor(client),
      journal: join(folder, 'journal.db'),
      settle: 100,
      ids,
    };
    const child = fork(new URL('./hammer-client.ts', import.meta.url), [JSON.stringify(work)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  });
  const tallies = Promise.all(clients.map((child) => once(child, 'message')));
  const failures = new Promise<never>((_, reject) => {
    for (const child of clients) {
      child.once('exit', (code, signal) => {
        if (code !== 0) reject(new Error(`a client ended with ${code ?? signal}`));
      });
    }
  });
  await Promise.race([setTimeout(20_000), failures]);
  for (const child of clients) child.send('stop');
  const results = (await Promise.race([tallies, failures])) as { changed: number; failed: number }[][];
  expect(cluster.broken).toEqual([]);
  const [first, ...others] = cluster.nodes.map((groups) => [...groups].sort());
  for (const other of others) expect(other).toEqual(first);
  for (const [tally] of results) expect(tally?.changed).toBeGreaterThan(50);
  expect(cluster.turns).toBeGreaterThan(100);
});

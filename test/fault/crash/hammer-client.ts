import { ClusterClient } from '../../../src/cluster/cluster-client.ts';
import { fileJournal } from '../../../src/cluster/file-journal/file-journal.ts';

// A process that creates and deletes the same groups in any order, until it is told to stop. Argument: the work, as JSON.

export interface HammerWork {
  readonly urls: Readonly<Record<string, string>>;
  readonly journal: string;
  readonly settle: number;
  readonly ids: readonly string[];
}

const { urls, journal: path, settle, ids }: HammerWork = JSON.parse(process.argv[2] ?? '');
const stop = new AbortController();
process.on('message', () => stop.abort(new Error('enough')));
process.on('disconnect', () => process.exit());

const journal = fileJournal(path);
const cluster = new ClusterClient(urls, {
  settle,
  journal,
  retry: { attempts: 20, baseDelay: 1, maxDelay: 10 },
});
const tally = { changed: 0, unchanged: 0, failed: 0 };
while (!stop.signal.aborted) {
  const { signal } = stop;
  const mixed = ids.toSorted(() => Math.random() - 0.5);
  const half = mixed.length / 2;
  const runs = [
    cluster.createGroups(mixed.slice(0, half), { signal }),
    cluster.deleteGroups(mixed.slice(half), { signal }),
  ];
  for (const { changed, unchanged, failed } of await Promise.all(runs)) {
    tally.changed += changed;
    tally.unchanged += unchanged;
    tally.failed += failed;
  }
}
await cluster.close();
await journal.close();
process.send?.(tally, () => process.disconnect());

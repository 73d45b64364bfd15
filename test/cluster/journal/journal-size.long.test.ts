import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ClusterClient } from '../../../src/cluster/cluster-client.ts';
import { answerAll } from '../../bench/answer-all.ts';
import { journalPath, openJournal } from './journal-files.ts';

const EARLY = 10_000;
const LATE = 1_000_000;

test('a million operations leave the journal as small as ten thousand do', async () => {
  const path = await journalPath();
  const megabytes = async () => {
    const files = await readdir(dirname(path));
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(dirname(path), file))).size));
    return sizes.reduce((sum, size) => sum + size, 0) / 1e6;
  };
  const sizes: number[] = [];
  async function* ids() {
    for (let number = 0; number < LATE; number++) {
      if (number === EARLY) sizes.push(await megabytes());
      yield `group-${number}`;
    }
    sizes.push(await megabytes());
  }
  const journal = openJournal(path);
  await using cluster = new ClusterClient(['http://127.0.0.1:1'], { fetch: answerAll, journal });
  expect(await cluster.createGroups(ids(), { concurrency: 256 })).toMatchObject({ changed: LATE });
  const [early = Number.NaN, late = Number.NaN] = sizes;
  expect(late - early).toBeLessThan(10);
}, 1_800_000);

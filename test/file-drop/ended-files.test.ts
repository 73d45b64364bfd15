import { expect, test } from 'vitest';
import { collect, dropCluster, named } from './drop-cluster.ts';

const label = { labelSelector: 'app=file-drop-processor' };

/** Three files of which the second fails, each ended as its Job says. */
async function endedDrop(mode: 'job' | 'indexed') {
  const processor = async ({ env }: { env: Record<string, string> }) => {
    if (env['JOB_COMPLETION_INDEX'] === '1' || env['FILENAME'] === 'b') throw new Error('torn');
  };
  const cluster = await dropCluster({ images: { 'acme/processor': processor } }, { mode });
  await cluster.drop.schedule([named('a'), named('b'), named('c')], { dropId: 'd1' });
  const ended = async () => {
    const jobs = await collect(cluster.kube.list('jobs', label));
    return jobs.map(({ status }) => status?.conditions?.some(({ type }) => /^(Complete|Failed)$/.test(type)));
  };
  await expect.poll(ended).toEqual(mode === 'job' ? [true, true, true] : [true]);
  return cluster;
}

const byName = (pods: readonly { filename: string; phase: string }[]) =>
  pods.map(({ filename, phase }) => `${filename} ${phase}`).sort();

test.each(['job', 'indexed'] as const)(
  'files whose pods are gone have ended as their Jobs say, in mode %s',
  async (mode) => {
    const { drop, kube } = await endedDrop(mode);
    await kube.deleteCollection('pods', { ...label, propagationPolicy: 'Background' });
    await expect.poll(() => collect(kube.list('pods', label))).toEqual([]);
    const run = drop.follow({ dropId: 'd1' });
    const pods = await collect(run);
    expect(byName(pods)).toEqual(['a Succeeded', 'b Failed', 'c Succeeded']);
    expect(pods.every(({ pod }) => pod === '')).toBe(true);
    expect(await run).toMatchObject({ succeeded: 2, failures: [{ filename: 'b', phase: 'Failed' }] });
  },
);

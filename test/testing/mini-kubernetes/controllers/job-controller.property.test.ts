import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isActive } from '../../../../src/testing/mini-kubernetes/controllers/controlled-pods.ts';
import { parseIndexes } from '../../../../src/testing/mini-kubernetes/controllers/job-indexes.ts';
import { isTracked } from '../../../../src/testing/mini-kubernetes/controllers/job-pods.ts';
import type { Job, JobSpec } from '../../../../src/testing/mini-kubernetes/store/objects.ts';
import { type Cluster, startCluster, steppedClock } from './cluster.ts';

/** What somebody does to a running Job, and when. */
const interference = fc.record({
  after: fc.integer({ min: 0, max: 400 }),
  what: fc.constantFrom('delete a pod', 'suspend', 'resume', 'fewer pods', 'more pods'),
});

const job = fc.record({
  indexed: fc.boolean(),
  perIndex: fc.boolean(),
  parallelism: fc.integer({ min: 1, max: 5 }),
  completions: fc.integer({ min: 1, max: 8 }),
  backoffLimit: fc.integer({ min: 0, max: 3 }),
  /** What each run of the image does, in the order of their starts. */
  runs: fc.array(
    fc.record({
      lasts: fc.integer({ min: 0, max: 100 }),
      code: fc.constantFrom(0, 0, 0, 1),
      obeys: fc.boolean(),
    }),
    { maxLength: 20 },
  ),
  syncDelay: fc.constantFrom(0, 20, 1000),
  interferences: fc.array(interference, { maxLength: 4 }),
});

type Given = typeof job extends fc.Arbitrary<infer Value> ? Value : never;

test('a Job never has too many pods, ends in the end, and its numbers are those of its pods', async () => {
  await fc.assert(
    fc.asyncProperty(job, async (given) => {
      const cluster = start(given);
      let seen: Job = cluster.createJob(specOf(given));
      let wanted = given.parallelism;
      cluster.store.subscribe(({ resource, type, object, previous }) => {
        if (resource === 'pods' && type === 'ADDED') {
          const active = cluster.pods().filter(isActive).length;
          expect(active).toBeLessThanOrEqual(wanted);
        }
        if (resource !== 'jobs') return;
        checkStep((previous ?? object) as Job, object as Job);
        seen = object as Job;
        wanted = seen.spec.parallelism ?? 1;
      });
      for (const { after, what } of given.interferences) {
        await cluster.advance(after);
        interfere(cluster, what);
      }
      cluster.patchJob({ suspend: false });
      await cluster.advance(100_000);
      checkEnd(cluster, seen, given);
      await cluster.close();
    }),
    { numRuns: 150 },
  );
});

function start({ runs, syncDelay }: Given): Cluster {
  const time = steppedClock();
  let started = 0;
  return startCluster(
    {
      syncDelay,
      retryDelay: 10,
      images: {
        app: async ({ signal }) => {
          const { lasts = 10, code = 0, obeys = true } = runs[started++] ?? {};
          const { promise, resolve } = Promise.withResolvers<number>();
          time.clock.setTimer(() => resolve(code), lasts);
          if (obeys) signal.addEventListener('abort', () => resolve(143));
          return promise;
        },
      },
    },
    time,
  );
}

const specOf = ({ indexed, perIndex, parallelism, completions, backoffLimit }: Given): Partial<JobSpec> => ({
  parallelism,
  completions,
  ...(indexed ? { completionMode: 'Indexed' } : {}),
  ...(indexed && perIndex ? { backoffLimitPerIndex: backoffLimit } : { backoffLimit }),
});

function interfere(cluster: Cluster, what: Given['interferences'][number]['what']): void {
  const [pod] = cluster.pods().filter(isActive);
  if (what === 'delete a pod') {
    if (pod !== undefined) cluster.deletePod(pod, { gracePeriodSeconds: 1 });
  } else if (what === 'suspend' || what === 'resume') {
    cluster.patchJob({ suspend: what === 'suspend' });
  } else {
    cluster.patchJob({ parallelism: what === 'fewer pods' ? 1 : 5 });
  }
}

/** What holds from one stored state of a Job to the next. */
function checkStep(before: Job, after: Job): void {
  const { succeeded = 0, failed = 0, conditions = [] } = after.status;
  expect(succeeded).toBeGreaterThanOrEqual(before.status.succeeded ?? 0);
  expect(failed).toBeGreaterThanOrEqual(before.status.failed ?? 0);
  expect(Object.values(after.status)).not.toContain(undefined);
  const types = conditions.map(({ type }) => type);
  if (types.includes('Complete'))
    expect(types.indexOf('SuccessCriteriaMet')).toBeLessThan(types.indexOf('Complete'));
  if (types.includes('Failed')) expect(types.indexOf('FailureTarget')).toBeLessThan(types.indexOf('Failed'));
  const early = types.includes('SuccessCriteriaMet') || types.includes('FailureTarget');
  const wasEarly = before.status.conditions?.some(
    ({ type }) => type === 'SuccessCriteriaMet' || type === 'FailureTarget',
  );
  // No Job goes to its end in one step: the ending is announced first.
  if (types.includes('Complete') || types.includes('Failed')) expect(wasEarly).toBe(true);
  if (early) expect(after.status).not.toHaveProperty('active');
}

function checkEnd(cluster: Cluster, { spec, status }: Job, { indexed, completions }: Given): void {
  const final = status.conditions?.at(-1)?.type;
  expect(['Complete', 'Failed']).toContain(final);
  expect(status).toMatchObject({ terminating: 0, uncountedTerminatedPods: {}, ready: 0 });
  expect(cluster.pods().filter(isTracked)).toEqual([]);
  expect(cluster.pods().filter(isActive)).toEqual([]);
  const { succeeded = 0, completionTime } = status;
  expect(succeeded === completions).toBe(final === 'Complete');
  expect(completionTime !== undefined).toBe(final === 'Complete');
  if (indexed) expect(parseIndexes(status.completedIndexes).size).toBe(succeeded);
  else expect(status.completedIndexes).toBeUndefined();
  expect(status.failedIndexes === undefined).toBe(spec.backoffLimitPerIndex === undefined);
}

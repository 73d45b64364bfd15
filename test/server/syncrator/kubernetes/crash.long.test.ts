import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { seededDraws } from '../../../../src/testing/fault-draw.ts';
import { FaultPlan } from '../../../../src/testing/fault-plan.ts';
import { jobsOf, runnerCluster, TEMPLATE } from './runner-cluster.ts';

const script = fileURLToPath(new URL('runner-process.ts', import.meta.url));
const ROUNDS = 8;
const PER_ROUND = 5;

const cases = [
  { programs: 'report', seed: 1, template: TEMPLATE, end: 'completed' },
  {
    programs: 'never report, and leave no Job behind',
    seed: 2,
    template: TEMPLATE.replace(
      '  spec:\n    template:',
      '  spec:\n    ttlSecondsAfterFinished: 0\n    template:',
    ),
    end: 'failed',
  },
] as const;

it.each(cases)(
  'killed servers lose no job, run none twice and leave none unfinished, where programs $programs',
  async ({ seed, template, end }) => {
    const draw = seededDraws(seed);
    const rounds = Array.from({ length: ROUNDS }, (_, round) =>
      Array.from({ length: PER_ROUND }, (_, index) => `r${round}-t${index}`),
    );
    /** What is done at each request that arrives at the cluster. */
    let arrived = (): void => undefined;
    const faults = Object.assign(FaultPlan.script([]), {
      next: ({ method }: Parameters<FaultPlan['next']>[0]) => {
        if (method !== 'START') arrived();
        return undefined;
      },
    });
    const { kubernetes, kube, store, path, ran } = await runnerCluster({
      targets: rounds.flat(),
      mini: { faults },
      ...(end === 'failed' && { program: async () => 0 }),
    });
    const begin = (targets: readonly string[]) => {
      const args = [script, path, kubernetes.kubeconfig, template, targets.join()];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };
    const answered = new Map<string, Set<string>>();
    const listen = (child: ChildProcess) => {
      let rest = '';
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const [target = '', id = ''] of lines.map((line) => line.split(' '))) {
          answered.set(target, (answered.get(target) ?? new Set()).add(id));
        }
      });
    };

    for (const targets of rounds) {
      // Both start the same jobs; one is killed at some request, the other at a later one.
      const children = [begin(targets), begin(targets)];
      const ends = children.map((child) => once(child, 'exit'));
      children.forEach(listen);
      let requests = 0;
      const kills = children.map(() => Math.floor(draw(['kill']) * 50) + 1);
      arrived = () => {
        requests += 1;
        kills.forEach((at, index) => {
          if (requests >= at) children[index]?.kill('SIGKILL');
        });
      };
      await Promise.all(ends);
    }
    arrived = () => undefined;
    begin([]);
    await expect.poll(() => store.unfinished(), { timeout: 60_000 }).toEqual([]);

    for (const [target, ids] of answered) expect([target, ids.size]).toEqual([target, 1]);
    const jobs = await store.jobs({ page: 1, size: 1_000 });
    expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => end));
    expect(new Set(jobs.map(({ target }) => target)).size).toBe(jobs.length);
    expect(new Set([...answered.values()].flatMap((ids) => [...ids].map(Number)))).toSatisfy(
      (ids: Set<number>) => [...ids].every((id) => jobs.some((job) => job.id === id)),
    );
    expect(ran.toSorted((one, other) => one - other)).toEqual(jobs.map(({ id }) => id).toReversed());
    // Of those that were made twice, only the one that ran is left.
    expect((await jobsOf(kube)).every(({ spec }) => spec?.suspend === false)).toBe(true);
    expect(jobs.length).toBeGreaterThan(ROUNDS);
  },
);

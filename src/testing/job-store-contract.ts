import assert from 'node:assert/strict';
import type { JobStore, StartParams } from '../server/syncrator/job-store.ts';
import type { JobStatus, SyncJob } from '../syncrator/job.ts';
import type { ContractTest } from './file-store-contract.ts';

/** A store under test. */
export interface JobStoreSubject {
  /** An empty one. */
  readonly store: JobStore;
  /** The same store as another process opens it, beside the first. */
  reopen(): Promise<JobStore>;
  /** Writes what a started program does, and as it does: past the store. Gives the id of its `SyncJob`. */
  report(report: ProgramReport): Promise<number>;
}

/** What a started program writes. */
export interface ProgramReport {
  /** Of the job that it was started for. */
  readonly jobId: number;
  /** What it makes of the job. */
  readonly status: Exclude<JobStatus, 'starting' | 'deleted'>;
  /** As it stands in the table, credentials included. */
  readonly syncJob: Omit<SyncJob, 'id'>;
}

/**
 * What every `JobStore` keeps to. `make` gives a new, empty store each time.
 *
 * @example
 * for (const { name, run } of jobStoreContract(make)) test(name, run);
 */
export function jobStoreContract(make: () => Promise<JobStoreSubject>): readonly ContractTest[] {
  const rule = (name: string, check: (subject: JobStoreSubject) => Promise<void>): ContractTest => ({
    name,
    run: async () => check(await make()),
  });
  return [
    rule('gives back a job and what it takes to start it, after a restart as well', async (subject) => {
      const params = { ...paramsOf('avo'), MAM_MAIN_QUERY: HOSTILE };
      const { outcome, job } = await subject.store.start(params);
      assert.equal(outcome, 'created');
      assert.equal(job.status, 'starting');
      assert.equal(job.syncId, null);
      assert.deepEqual([job.target, job.env, job.jobType], ['avo', 'qas', 'sync']);
      for (const store of [subject.store, await subject.reopen()]) {
        assert.deepEqual(await store.job(job.id), job);
        assert.deepEqual(await store.startOf(job.id), { job, params, runBy: undefined });
      }
    }),
    rule('makes one job of many starts at once, from two processes', async (subject) => {
      const stores = [subject.store, await subject.reopen()];
      const started = await Promise.all(
        Array.from({ length: 20 }, (_, index) => stores[index % 2]?.start(paramsOf('avo'))),
      );
      assert.equal(started.filter((one) => one?.outcome === 'created').length, 1);
      assert.equal(new Set(started.map((one) => one?.job.id)).size, 1);
      assert.equal((await subject.store.jobs({ page: 1, size: 50 })).length, 1);
    }),
    rule('starts the same again once it has ended, however it did', async ({ store }) => {
      for (const end of ['completed', 'failed', 'deleted'] as const) {
        const { outcome, job } = await store.start(paramsOf('avo'));
        assert.equal(outcome, 'created');
        await store.move(job.id, 'running');
        assert.deepEqual((await store.start(paramsOf('avo'))).outcome, 'unfinished');
        await store.move(job.id, end);
      }
    }),
    rule('starts another target, env and action at the same time', async ({ store }) => {
      for (const change of [
        {},
        { TARGET: 'other' },
        { ENV: 'prd' },
        { ACTION: 'delta', ACTION_NAME: 'delta' },
      ]) {
        const { outcome } = await store.start({ ...paramsOf('avo'), ...change });
        assert.equal(outcome, 'created');
      }
    }),
    rule(
      'starts nothing under an action name that an unfinished job of another action has',
      async ({ store }) => {
        const { job } = await store.start(paramsOf('avo'));
        const other = { ...paramsOf('avo'), ACTION: 'delta' };
        assert.deepEqual(await store.start(other), { outcome: 'occupied', job });
        await store.move(job.id, 'failed');
        assert.equal((await store.start(other)).outcome, 'created');
      },
    ),
    rule('refuses parameters that say no action of a job', async ({ store }) => {
      for (const change of [{ ACTION: 'reboot' }, { ACTION: '' }, { TARGET: 1 as unknown as string }]) {
        await assert.rejects(async () => store.start({ ...paramsOf('avo'), ...change }), {
          name: 'ConfigError',
        });
      }
      assert.deepEqual(await store.jobs({ page: 1, size: 50 }), []);
    }),
    rule('moves a job forwards only, and changes its time with its status', async ({ store }) => {
      const { job } = await store.start(paramsOf('avo'));
      const running = await store.move(job.id, 'running');
      assert.equal(running?.status, 'running');
      assert.ok(running.updatedAt > job.updatedAt);
      assert.deepEqual(running.createdAt, job.createdAt);
      assert.deepEqual(await store.move(job.id, 'running'), running);
      const ended = await store.move(job.id, 'completed');
      assert.equal(ended?.status, 'completed');
      for (const late of ['running', 'failed', 'completed'] as const) {
        assert.deepEqual(await store.move(job.id, late), ended);
      }
      const deleted = await store.move(job.id, 'deleted');
      assert.equal(deleted?.status, 'deleted');
      assert.deepEqual(await store.move(job.id, 'failed'), deleted);
    }),
    rule('shows what the program reports, without the credentials of its datastore', async (subject) => {
      const { job } = await subject.store.start(paramsOf('avo'));
      const id = await subject.report({ jobId: job.id, status: 'running', syncJob: REPORTED });
      const seen = await subject.store.job(job.id);
      assert.deepEqual([seen?.status, seen?.syncId], ['running', id]);
      const syncJob = { ...REPORTED, id, targetDatastoreUrl: 'postgres://<FILTERED>@db.example:5432/avo' };
      assert.deepEqual(seen?.syncJob, syncJob);
      assert.deepEqual(await subject.store.syncJobs({ page: 1, size: 50 }), [syncJob]);
      assert.ok(seen.updatedAt > job.updatedAt);
    }),
    rule('keeps a deleted job deleted, whatever its program reports', async (subject) => {
      const { job } = await subject.store.start(paramsOf('avo'));
      await subject.store.move(job.id, 'deleted');
      const id = await subject.report({ jobId: job.id, status: 'completed', syncJob: REPORTED });
      const seen = await subject.store.job(job.id);
      assert.deepEqual([seen?.status, seen?.syncId], ['deleted', id]);
    }),
    rule('lists newest first in pages, and nothing past the end', async ({ store }) => {
      const ids: number[] = [];
      for (let n = 0; n < 7; n += 1) ids.unshift((await store.start(paramsOf(`target-${n}`))).job.id);
      const idsOf = async (page: number) => (await store.jobs({ page, size: 3 })).map(({ id }) => id);
      assert.deepEqual(await idsOf(1), ids.slice(0, 3));
      assert.deepEqual(await idsOf(3), ids.slice(6));
      assert.deepEqual(await idsOf(4), []);
      assert.deepEqual(await store.syncJobs({ page: 1, size: 3 }), []);
      await assert.rejects(async () => store.jobs({ page: 0, size: 3 }), { name: 'ConfigError' });
    }),
    rule('knows nothing of an id that is not there', async ({ store }) => {
      assert.equal(await store.job(4711), undefined);
      assert.equal(await store.startOf(4711), undefined);
      assert.equal(await store.move(4711, 'failed'), undefined);
      assert.equal(await store.claim(4711, 'one'), false);
    }),
    rule('names the unfinished jobs, oldest first, after a restart', async (subject) => {
      const ids: number[] = [];
      for (const target of ['a', 'b', 'c', 'd'])
        ids.push((await subject.store.start(paramsOf(target))).job.id);
      const [first = 0, second = 0, third = 0, fourth = 0] = ids;
      await subject.store.move(second, 'running');
      await subject.store.move(third, 'failed');
      const store = await subject.reopen();
      assert.deepEqual(await store.unfinished(), [first, second, fourth]);
    }),
    rule('lets one claim a job, and lets none claim one that has ended', async (subject) => {
      const { job } = await subject.store.start(paramsOf('avo'));
      const other = await subject.reopen();
      const claims = await Promise.all([subject.store.claim(job.id, 'one'), other.claim(job.id, 'two')]);
      assert.deepEqual(claims.filter(Boolean).length, 1);
      const [winner, loser] = claims[0] ? ['one', 'two'] : ['two', 'one'];
      assert.equal((await other.startOf(job.id))?.runBy, winner);
      assert.equal(await subject.store.claim(job.id, winner), true);
      assert.equal(await subject.store.claim(job.id, loser), false);
      await subject.store.move(job.id, 'failed');
      assert.equal(await subject.store.claim(job.id, winner), false);
    }),
    rule('does exclusive work of two processes one after the other, failed work too', async (subject) => {
      const stores = [subject.store, await subject.reopen()];
      let busy = 0;
      let most = 0;
      const work = async () => {
        busy += 1;
        most = Math.max(most, busy);
        await subject.store.unfinished();
        busy -= 1;
        throw new Error('the work failed');
      };
      const done = await Promise.allSettled([0, 1, 0, 1].map((index) => stores[index]?.exclusively(work)));
      assert.equal(most, 1);
      assert.deepEqual(done.map(messageOf), Array(4).fill('the work failed'));
      assert.equal(await subject.store.exclusively(async () => 'value'), 'value');
    }),
    rule('stops waiting for its turn with the reason of the signal', async (subject) => {
      const stop = new AbortController();
      const other = await subject.reopen();
      await subject.store.exclusively(async () => {
        const waiting = other.exclusively(async () => assert.fail('it is not its turn'), stop.signal);
        stop.abort(new Error('stopped'));
        await assert.rejects(waiting, { message: 'stopped' });
      });
    }),
    rule('may be closed twice, and takes nothing after that', async ({ store }) => {
      await store.start(paramsOf('avo'));
      await store.close();
      await store.close();
      await assert.rejects(async () => store.unfinished(), { name: 'ClosedError' });
    }),
  ];
}

const HOSTILE = '$(rm -rf /) "; reboot #\n- yaml: {{ $ENV }} \u202e \ud83d\ude00';

const paramsOf = (target: string): StartParams => ({
  TARGET: target,
  ENV: 'qas',
  ACTION_NAME: 'sync',
  ACTION: 'sync',
  IS_TAG: 'latest',
  OPTIONS: '-n 1000 -c 1',
});

const REPORTED: Omit<SyncJob, 'id'> = {
  startTime: new Date('2020-05-22T20:12:12Z'),
  endTime: null,
  dataSource: 'mam harvester-AvO',
  type: 'sync',
  totalRecords: 0,
  completed: null,
  options: '[nil, nil]',
  version: '2.4.0',
  targetDatastoreUrl: 'postgres://dbmaster:p@ss:w/o@rd@db.example:5432/avo',
};

const messageOf = (settled: PromiseSettledResult<unknown>): unknown =>
  settled.status === 'rejected' && settled.reason instanceof Error ? settled.reason.message : settled.status;

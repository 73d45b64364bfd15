import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StartParams } from '../../../src/server/syncrator/job-store.ts';
import { sqliteJobStore } from '../../../src/server/syncrator/sqlite-job-store.ts';
import { type JobStoreSubject, jobStoreContract } from '../../../src/testing/job-store-contract.ts';
import { report } from './program.ts';

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'job-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'jobs.sqlite');
}

function open(path: string) {
  const store = sqliteJobStore(path);
  onTestFinished(() => store.close());
  return store;
}

const params: StartParams = {
  TARGET: 'avo',
  ENV: 'qas',
  ACTION_NAME: 'sync',
  ACTION: 'sync',
  IS_TAG: 'latest',
  OPTIONS: '-n 1',
};

describe('sqliteJobStore keeps the contract: it', () => {
  const make = async (): Promise<JobStoreSubject> => {
    const path = await newPath();
    return { store: open(path), reopen: async () => open(path), report: async (one) => report(path, one) };
  };
  for (const { name, run } of jobStoreContract(make)) it(name, run);
});

describe('sqliteJobStore', () => {
  it('writes the tables and columns that the programs know', async () => {
    const path = await newPath();
    await open(path).start(params);
    using database = new DatabaseSync(path);
    const [row] = database.prepare('SELECT * FROM api_jobs').all();
    expect(row).toMatchObject({ id: 1, sync_id: null, target: 'avo', env: 'qas', job_type: 'sync' });
    expect(row?.['status']).toBe('starting');
    expect(JSON.parse(String(row?.['job_params']))).toEqual(params);
    expect(row?.['created_at']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(Object.keys(database.prepare('INSERT INTO syncs DEFAULT VALUES RETURNING *').get() ?? {})).toEqual(
      [
        'id',
        'start_time',
        'end_time',
        'data_source',
        'type',
        'total_records',
        'completed',
        'options',
        'version',
        'target_datastore_url',
      ],
    );
  });

  it('keeps the rows of tables that another program made, and reads what it left empty', async () => {
    const path = await newPath();
    using database = new DatabaseSync(path);
    database.exec(`CREATE TABLE api_jobs (id INTEGER PRIMARY KEY, sync_id INTEGER, target TEXT, env TEXT,
      job_type TEXT, status TEXT, created_at TEXT, updated_at TEXT);
      INSERT INTO api_jobs VALUES (7, 3, 'avo', 'qas', 'sync', 'completed', '2020-05-19 11:53:49', NULL);
      CREATE TABLE syncs (id INTEGER PRIMARY KEY, start_time TEXT, end_time TEXT, data_source TEXT, type TEXT,
      total_records NUMERIC, completed TEXT, options TEXT, version TEXT, target_datastore_url TEXT);
      INSERT INTO syncs (id, completed) VALUES (3, 't')`);
    const store = open(path);
    const job = await store.job(7);
    expect(job).toMatchObject({ createdAt: new Date('2020-05-19T11:53:49Z'), status: 'completed' });
    expect(job?.syncJob).toMatchObject({ completed: true, totalRecords: 0, startTime: null, dataSource: '' });
    expect((await store.start(params)).job.id).toBe(8);
  });

  it('lists 10,000 jobs in pages without reading their parameters', async () => {
    const path = await newPath();
    const store = open(path);
    await store.unfinished();
    using database = new DatabaseSync(path);
    // No JSON: whoever read these as parameters would fail or give nothing.
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
      INSERT INTO api_jobs (target, env, job_type, status, job_params, created_at, updated_at)
      SELECT 't' || i, 'qas', 'sync', 'completed', 'x', '2020-05-19 11:53:49', '2020-05-19 11:53:49' FROM n`);
    const seen: number[] = [];
    for (let page = 1; ; page += 1) {
      const jobs = await store.jobs({ page, size: 50 });
      if (jobs.length === 0) break;
      seen.push(...jobs.map(({ id }) => id));
    }
    expect(seen).toEqual(Array.from({ length: 10_000 }, (_, index) => 10_000 - index));
  });

  it('takes a job of an unknown status for one that runs', async () => {
    const path = await newPath();
    const store = open(path);
    const { job } = await store.start(params);
    using database = new DatabaseSync(path);
    database.exec("UPDATE api_jobs SET status = 'started'");
    expect((await store.job(job.id))?.status).toBe('running');
    expect((await store.start(params)).outcome).toBe('unfinished');
    expect(await store.unfinished()).toEqual([job.id]);
  });

  it('leaves the time alone that a program writes with its status', async () => {
    const path = await newPath();
    const store = open(path);
    const { job } = await store.start(params);
    using database = new DatabaseSync(path);
    database.exec("UPDATE api_jobs SET status = 'running', updated_at = '2031-01-02 03:04:05.000000'");
    expect((await store.job(job.id))?.updatedAt).toEqual(new Date('2031-01-02T03:04:05Z'));
  });

  it.each(['', ':memory:'])('refuses %j, which would lose every job', (path) => {
    expect(() => sqliteJobStore(path)).toThrow(
      /jobs have to outlive the process; in a test, pass a file in a temporary folder, as of mkdtemp$/,
    );
  });

  it('says what is wrong with a file that is no store, and uses it once that is put right', async () => {
    const path = await newPath();
    await writeFile(path, 'this is no database, and long enough to be taken for one'.repeat(20));
    const store = open(path);
    await expect(store.unfinished()).rejects.toThrow(
      /cannot use .*jobs\.sqlite.*pass the path of a SQLite file/,
    );
    await rm(path);
    expect(await store.unfinished()).toEqual([]);
  });

  it('tells by a retryable error that somebody keeps the file for long', async () => {
    const path = await newPath();
    const store = open(path);
    await store.unfinished();
    using database = new DatabaseSync(path);
    database.exec('BEGIN IMMEDIATE');
    await expect(store.start(params)).rejects.toMatchObject({ name: 'JobStoreError', retryable: true });
    database.exec('ROLLBACK');
    expect((await store.start(params)).outcome).toBe('created');
  });

  it('gives the turn of a killed process to the next', async () => {
    const path = await newPath();
    const module = new URL('../../../src/server/syncrator/sqlite-job-store.ts', import.meta.url).href;
    const hold = `import { sqliteJobStore } from ${JSON.stringify(module)};
      await sqliteJobStore(${JSON.stringify(path)}).exclusively(async () => {
        process.stdout.write('held');
        await new Promise(() => setInterval(() => undefined, 1_000));
      });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', hold], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const order: string[] = [];
    const mine = open(path).exclusively(async () => order.push('mine'));
    await open(path).unfinished();
    order.push('killed');
    child.kill('SIGKILL');
    await mine;
    expect(order).toEqual(['killed', 'mine']);
  });
});

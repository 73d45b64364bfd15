import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from 'holdfast/testing';

/** Where the program finds the database of jobs, as its ConfigMap has it. */
export const DATABASE_VARIABLE = 'SYNCRATOR_DATABASE';

/** Milliseconds between two counts, and how many there are: a sync takes longer than what has changed since. */
const PACE: Readonly<Record<string, { readonly step: number; readonly steps: number }>> = {
  sync: { step: 150, steps: 20 },
  delta: { step: 50, steps: 4 },
  delete: { step: 50, steps: 4 },
  diff: { step: 50, steps: 8 },
};

/**
 * A stand-in for the program that jobs start: it synchronises nothing, and reports to the database as the real one does,
 * `running` with a row of its own, then more and more records, then `completed`.
 */
export const syncratorProgram: Image = async ({ env, args, signal, log }) => {
  const script = args.at(-1) ?? '';
  const [, action = ''] = /\bsyncrator (\w+) /.exec(script) ?? [];
  const id = Number(/ --api_job_id (\d+)/.exec(script)?.[1]);
  const pace = PACE[action];
  const path = env[DATABASE_VARIABLE];
  if (pace === undefined || !Number.isSafeInteger(id) || path === undefined) {
    log(`cannot run ${JSON.stringify(script)}`);
    return 2;
  }
  using database = new DatabaseSync(path, { timeout: 5_000 });
  const { lastInsertRowid: syncId } = database
    .prepare(
      `INSERT INTO syncs (start_time, data_source, type, total_records, options, version, target_datastore_url)
       VALUES (?, 'stand-in', ?, 0, '[nil, nil]', '2.4.0', 'postgres://user:password@postgresql.example:5432/avo')`,
    )
    .run(now(), action);
  database.prepare("UPDATE api_jobs SET status = 'running', sync_id = ? WHERE id = ?").run(syncId, id);
  for (let step = 1; step <= pace.steps; step += 1) {
    await delay(pace.step, undefined, { signal });
    database.prepare('UPDATE syncs SET total_records = ? WHERE id = ?').run(step * 1_000, syncId);
    log(`${step * 1_000} records`);
  }
  database.prepare('UPDATE syncs SET end_time = ?, completed = 1 WHERE id = ?').run(now(), syncId);
  database.prepare("UPDATE api_jobs SET status = 'completed' WHERE id = ?").run(id);
  return 0;
};

/** UTC, as libraries write times in SQLite. */
const now = () => new Date().toISOString().replace('T', ' ').replace('Z', '');

import { expect, test } from 'vitest';
import { remainingUntil } from '../../../src/cluster/file-journal/settling.ts';
import { explained, isBusy, unusable } from '../../../src/cluster/file-journal/sqlite-error.ts';

const sqliteError = (errcode: unknown, message = 'went wrong') =>
  Object.assign(new Error(message), { errcode });

test('a database is busy by its code, also where that is an extended one', () => {
  expect([5, 5 | (1 << 8), 6, '5'].map((code) => isBusy(sqliteError(code)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(isBusy(new Error('database is locked'))).toBe(false);
  expect(isBusy({ errcode: 5 })).toBe(false);
  expect(isBusy(undefined)).toBe(false);
});

test.each([
  [26, '"/j.db" is no journal but a file of something else; pass the path of a new file'],
  [11, '"/j.db" is damaged, and what it knew of open operations cannot be trusted; keep it'],
  [14, '"/j.db" cannot be used (went wrong); it must lie in a local folder that exists'],
])('an error of code %i is told in the words of whoever passed the path', (code, message) => {
  const cause = sqliteError(code);
  const error = explained(cause, '/j.db');
  expect(error).toMatchObject({ name: 'ConfigError', issues: [{ path: 'fileJournal' }], cause });
  expect((error as Error).message).toContain(message);
});

test('any other error is as it was', () => {
  for (const error of [new Error('mine'), undefined, 'text', { errcode: 26 }, sqliteError('26')]) {
    expect(explained(error, '/j.db')).toBe(error);
  }
});

test('a file that is unusable without a cause has none', () => {
  expect(unusable('/j.db', 'is not mine')).not.toHaveProperty('cause');
});

test.each([
  ['has not passed', { until: 1_500, since: 1_000 }, 1_200, 300],
  ['has passed', { until: 1_500, since: 1_000 }, 1_600, 0],
  ['ends now', { until: 1_500, since: 1_000 }, 1_500, 0],
  ['was recorded before the clock was set back', { until: 1_500, since: 1_000 }, 100, 500],
])('of a wait that %s so much is left', (_, row, now, left) => {
  expect(remainingUntil(row, now)).toBe(left);
});

import { expect, test } from 'vitest';
import { runSyncrator } from '../../examples/support/run-syncrator.ts';
import { capturePrinted } from './printed.ts';
import { startScript } from './script.ts';

const { signal } = new AbortController();

test('starts a job on a server of its own, and follows it until it is completed', async () => {
  const { out, err } = capturePrinted();
  expect(await runSyncrator(['start', 'delta', 'avo'], {}, signal)).toBe(true);
  expect(out).toEqual(['job 1: starting']);
  expect(err.slice(-2)).toEqual(['job 1: 3 of 3', 'completed, 4000 records']);
});

test('shows what a start would make, and starts nothing', async () => {
  const { out } = capturePrinted();
  expect(await runSyncrator(['dry-run', 'sync', 'avo', 'qas'], {}, signal)).toBe(true);
  expect(out.join('\n')).toContain('name: syncrator-qas-avo-sync');
  expect(out.join('\n')).toContain('--api_job_id dryrun');
});

test('says that its template is missing', async () => {
  capturePrinted();
  const starting = runSyncrator(['start', 'sync', 'avo', '--template', '/nowhere'], {}, signal);
  await expect(starting).rejects.toThrow('--template "/nowhere" cannot be read (ENOENT). Try --help');
});

test('says which parameter file is missing', async () => {
  const { err } = capturePrinted();
  await expect(runSyncrator(['start', 'sync', 'nobody', 'qas'], {}, signal)).rejects.toThrow('answered 400');
  expect(err.join('\n')).toContain('qas/nobody-sync.public_params');
});

test('serves until Ctrl-C; other commands log in there, list, follow and delete', {
  timeout: 60_000,
}, async () => {
  using server = startScript('syncrator.ts', ['serve', '--port', '0']);
  const url = await server.printed(/http:\/\/127\.0\.0\.1:\d+/);
  await server.printed(/until Ctrl-C/);
  const { out, err } = capturePrinted();
  const env = { SYNCRATOR_USERNAME: 'demo', SYNCRATOR_PASSWORD: 'demo' };
  const run = (...args: string[]) => runSyncrator([...args, '--url', url], env, signal);
  expect(await run('list')).toBe(true);
  expect(out[1]).toMatch(/^ {2}2 {2}avo {5}qas {2}sync {4}\w+ +\d+ /);
  expect(out[2]).toMatch(/^ {2}1 {2}avo {5}qas {2}delta {3}completed +4000 /);
  expect(await run('login')).toBe(true);
  expect(out.at(-1)).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(await run('follow', '2')).toBe(true);
  expect(err.at(-1)).toBe('completed, 20000 records');
  const wrong = { ...env, SYNCRATOR_PASSWORD: 'wrong' };
  await expect(runSyncrator(['delete', '1', '--url', url], wrong, signal)).rejects.toThrow(
    'login was refused',
  );
  expect(await run('delete', '1')).toBe(true);
  expect(out.at(-1)).toBe('job 1: deleted');
  server.interrupt();
  expect((await server.end).code).toBe(0);
});

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readFileDropSettings } from '../../examples/support/file-drop-settings.ts';
import { runFileDrop } from '../../examples/support/run-file-drop.ts';
import { capturePrinted } from './printed.ts';
import { startScript } from './script.ts';

const never = new AbortController().signal;

test('drops a folder on a mini Kubernetes, with those within it, and says that every file Succeeded', async () => {
  const folder = await folderOf(['a.txt', 'b.txt', 'within/c.txt']);
  const store = await temporary();
  const { out, err } = capturePrinted();
  const args = [folder, '--store', store, '--delay', '0', '--rate', '500', '--namespace', 'there'];
  expect(await runFileDrop(args, {}, never)).toBe(true);
  expect(err).toContain('scheduled: 3 of 3');
  expect(err).toContain('ended: 3 of 3');
  expect(out).toContainEqual(expect.stringMatching(/^succeeded +3$/));
  expect(out).toContainEqual(expect.stringMatching(/^waiting +p50 \d+ s, p90 \d+ s, p99 \d+ s$/));
  expect(out).toContainEqual(expect.stringMatching(/^files per second +500 asked, \d+\.\d reached$/));
  expect(await readdir(join(store, 'files'))).toEqual([]);
});

test('what the API refuses is a failure, with the reason and the last lines of its log', async () => {
  const folder = await folderOf(['a.txt', 'refuse\n\u202eme.txt']);
  const { out, err } = capturePrinted();
  expect(await runFileDrop([folder, '--delay', '0', '--mode', 'indexed'], {}, never)).toBe(false);
  expect(out).toContain('"refuse\\n\u202eme.txt" failed: Error (exit code 4)');
  expect(out).toContainEqual(expect.stringContaining('answered 422'));
  expect(out).toContainEqual(expect.stringMatching(/^failed +1$/));
  expect(err).toContain('ended: 2 of 2, 1 failed');
});

test('of a file whose Job went with its cluster nobody claims to know how it ended', async () => {
  const args = [
    await folderOf(['refuse.txt']),
    '--store',
    await temporary(),
    '--drop-id',
    'd1',
    '--delay',
    '0',
  ];
  const { out } = capturePrinted();
  await runFileDrop(args, {}, never);
  expect(out).toContain('"refuse.txt" failed: Error (exit code 4)');
  expect(await runFileDrop(args, {}, never)).toBe(false);
  expect(out).toContain('"refuse.txt" ended nobody knows how: JobDeleted');
});

test('serves the page and the routes until Ctrl-C, with the token of the environment', async () => {
  const token = 'token-for-the-test';
  using script = startScript('file-drop.ts', ['--serve', '--port', '0', '--delay', '0'], {
    FILE_DROP_TOKEN: token,
  });
  const url = await script.printed(/http:\/\/127\.0\.0\.1:\d+/);
  expect((await fetch(url)).headers.get('content-type')).toContain('text/html');
  const authorization = `Bearer ${token}`;
  const post = (headers: HeadersInit) =>
    fetch(`${url}/backend/files`, { method: 'POST', headers, body: formOf('a.txt', 'b.txt') });
  expect((await post({})).status).toBe(401);
  expect((await post({ authorization })).status).toBe(200);
  const phases = async () => {
    const answer = await fetch(`${url}/backend/pods/processor`, { headers: { authorization } });
    return ((await answer.json()) as { phase: string }[]).map(({ phase }) => phase);
  };
  await expect.poll(phases).toEqual(['Succeeded', 'Succeeded']);
  script.interrupt();
  expect(await script.end).toMatchObject({ code: 0 });
});

test('the processor says what it misses, by its exit code as well; --help is 0', async () => {
  const [wrong, pod, help, dropHelp] = await Promise.all([
    startScript('file-drop-processor.ts', [], { API_URL: '' }).end,
    startScript('file-drop-processor.ts', [], { KUBERNETES_SERVICE_HOST: '127.0.0.1' }).end,
    startScript('file-drop-processor.ts', ['--help']).end,
    startScript('file-drop.ts', ['--help']).end,
  ]);
  expect(wrong).toMatchObject({ code: 2, err: '' });
  expect(wrong.out).toContain('env.TARGET: is missing');
  expect(pod.code).toBe(2);
  expect(help).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: .* file-drop-processor /) });
  expect(dropHelp).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: .* file-drop \[FOLDER\] /) });
});

const real = ['x', '--kubeconfig', 'y', '--image', 'z', '--api-url', 'http://a', '--backend-url', 'http://b'];

test.each<[readonly string[], string]>([
  [['--kubeconfig', 'x'], 'with --kubeconfig give a folder to drop, or --serve'],
  [['a', 'b'], 'give one folder, and not "b" as well'],
  [['a', '--serve'], '--serve takes no folder'],
  [['--store', '/dev/null/nope'], '--store "/dev/null/nope" cannot be made (ENOTDIR)'],
  [['/nowhere/at/all'], 'the folder "/nowhere/at/all" cannot be read (ENOENT)'],
  [['a', '--image', 'x'], '--image is for a cluster of yours: give --kubeconfig'],
  [['a', '--kubeconfig', 'x', '--image', 'y', '--api-url', 'z'], 'with --kubeconfig give --backend-url'],
  [['a', '--mode', 'jobs'], 'there is no mode "jobs"; the nearest is job'],
  [['a', '--rate', '0'], '--rate takes a number of files per second above 0, received "0"'],
  [['a', '--drop-id', 'x'], '--drop-id needs the --store of that drop'],
  [['--serve', '--hostname', '0.0.0.0'], '--hostname 0.0.0.0 is reached by others, so set $FILE_DROP_TOKEN'],
  [[...real, '--api-token-secret', 'secret'], '--api-token-secret takes the name of a Secret and of a key'],
])('%j is refused in words', async (args, message) => {
  capturePrinted();
  await expect(runFileDrop(args, {}, never)).rejects.toThrow(message);
});

test('the token of the API comes from the environment, or stays in its Secret', () => {
  const env = { API_TOKEN: 'token' };
  expect(readFileDropSettings(real, env)?.cluster?.apiToken).toBe('token');
  const secret = [...real, '--api-token-secret', 'name/key'];
  expect(readFileDropSettings(secret, env)?.cluster?.apiToken).toEqual({ secretName: 'name', key: 'key' });
});

async function folderOf(names: readonly string[]): Promise<string> {
  const folder = await temporary();
  await mkdir(join(folder, 'within'));
  for (const name of names) await writeFile(join(folder, name), `content of ${name}`);
  return folder;
}

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'file-drop-example-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function formOf(...names: readonly string[]): FormData {
  const form = new FormData();
  for (const name of names) form.append('files[]', new File([`content of ${name}`], name));
  return form;
}

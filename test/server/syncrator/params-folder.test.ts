import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { paramsFolder } from '../../../src/server/syncrator/params-folder.ts';

const samples = fileURLToPath(new URL('../../fixtures/syncrator/job_params', import.meta.url));

async function folderWith(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'params-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'job_params', 'qas'), { recursive: true });
  await writeFile(join(folder, 'job_params', 'qas', 'avo-sync.public_params'), text);
  await writeFile(join(folder, 'secret-sync.public_params'), 'TARGET=secret');
  return paramsFolder(join(folder, 'job_params'));
}

const which = { env: 'qas', project: 'avo', action: 'sync' };

it.each([
  ['avo', 'sync'],
  ['avo', 'diff'],
  ['cataloguspro', 'sync'],
  ['cataloguspro', 'delete'],
])('reads the predefined parameters of %s and %s as they are', async (project, action) => {
  const { file, params } = await paramsFolder(samples).read({ env: 'qas', project, action });
  expect(file).toBe(`qas/${project}-${action}.public_params`);
  expect(params).toMatchObject({ TARGET: project, ENV: 'qas', ACTION: action, ACTION_NAME: action });
  expect(params?.OPTIONS).toMatch(/^-n 1000 -c \d$|^--debug$/);
});

it('names the file that is not there', async () => {
  const folder = paramsFolder(samples);
  expect(await folder.read({ ...which, project: 'other' })).toEqual({
    file: 'qas/other-sync.public_params',
    params: undefined,
  });
  expect((await folder.read({ ...which, env: 'prd' })).params).toBeUndefined();
});

it.each([
  { env: '..', project: 'secret', action: 'sync' },
  { env: '.', project: '../secret', action: 'sync' },
  { env: 'qas', project: '../../secret', action: 'sync' },
  { env: 'qas/../..', project: 'secret', action: 'sync' },
  { env: 'qas', project: '/etc/passwd', action: 'sync' },
  { env: 'qas', project: 'avo', action: '../sync' },
  { env: 'qas', project: '..\\..\\secret', action: 'sync' },
  { env: 'qas', project: 'avo\0', action: 'sync' },
  { env: '', project: 'avo', action: 'sync' },
  { env: 'q'.repeat(300), project: 'avo', action: 'sync' },
  { env: 'qas', project: 'avo\n', action: 'sync' },
])('reads nothing by what is no name: %j', async (names) => {
  const folder = await folderWith('TARGET=avo');
  await expect(folder.read(names)).rejects.toMatchObject({ name: 'ConfigError' });
});

it('names each parameter that a file lacks, and the file', async () => {
  const folder = await folderWith('TARGET=avo\nENV=qas\nACTION_NAME=sync\nIS_TAG=a=b\nMORE=x');
  await expect(folder.read(which)).rejects.toMatchObject({
    name: 'ConfigError',
    issues: [
      { source: 'qas/avo-sync.public_params', message: 'ACTION is missing; add a line ACTION=value' },
      { source: 'qas/avo-sync.public_params', message: 'OPTIONS is missing; add a line OPTIONS=value' },
    ],
  });
});

it('names the line of a file that cannot be read, and not what stands on it', async () => {
  const folder = await folderWith('TARGET=avo\nhunter2');
  const error = await folder.read(which).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ issues: [{ source: 'qas/avo-sync.public_params', line: 2 }] });
  expect(String(error)).not.toContain('hunter2');
});

it('names what an ACTION may be, as a start does', async () => {
  const folder = await folderWith('TARGET=avo\nENV=qas\nACTION_NAME=sync\nACTION=snyc\nIS_TAG=a\nOPTIONS=b');
  await expect(folder.read(which)).rejects.toThrow(
    /^qas\/avo-sync\.public_params: ACTION has to be sync, delta, delete, diff: received "snyc"/,
  );
});

it('names what is there in place of a file', async () => {
  const path = await mkdtemp(join(tmpdir(), 'params-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const at = (project: string) => join(path, 'qas', `${project}-sync.public_params`);
  await mkdir(at('folder'), { recursive: true });
  await symlink(at('loop'), at('loop'));
  const socket = createServer().listen(at('socket'));
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  const folder = paramsFolder(path);
  for (const [project, message] of [
    ['folder', 'is no file'],
    ['socket', 'is no file'],
    ['loop', 'is a link that leads to itself'],
  ] as const) {
    await expect(folder.read({ ...which, project })).rejects.toMatchObject({
      issues: [{ source: `qas/${project}-sync.public_params`, message }],
    });
  }
});

it('reads a file anew each time, with all its parameters', async () => {
  const rest = 'ENV=qas\nACTION_NAME=sync\nACTION=sync\nIS_TAG=latest';
  const path = await mkdtemp(join(tmpdir(), 'params-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  await mkdir(join(path, 'prd'));
  const file = join(path, 'prd', 'avo-sync.public_params');
  await writeFile(file, `TARGET=avo\nOPTIONS=--where a=b\n${rest}\nMAM_MAIN_QUERY=+(a:b)`);
  await symlink(join(path, 'prd'), join(path, 'qas'));
  const folder = paramsFolder(path);
  const { params } = await folder.read(which);
  expect(params).toMatchObject({ OPTIONS: '--where a=b', MAM_MAIN_QUERY: '+(a:b)' });
  await writeFile(file, `TARGET=avo\nOPTIONS=-n 2\n${rest}`);
  expect((await folder.read(which)).params?.OPTIONS).toBe('-n 2');
});

it.each(['', undefined])('refuses the folder %j', (folder) => {
  expect(() => paramsFolder(folder as string)).toThrow(/expected the path of a folder/);
});

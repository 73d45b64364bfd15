import { expect, test } from 'vitest';
import { readSyncratorSettings } from '../../examples/support/syncrator-settings.ts';

const read = (line: string, env: Readonly<Record<string, string>> = {}) =>
  readSyncratorSettings(line.split(' ').filter(Boolean), env);

test('commands take what they need', () => {
  const start = { name: 'start', action: 'sync', project: 'avo', env: 'qas' };
  expect(read('start sync avo qas')?.command).toEqual(start);
  expect(read('dry-run delta avo')?.command).toEqual({
    name: 'dry-run',
    action: 'delta',
    project: 'avo',
    env: undefined,
  });
  expect(read('follow 34')?.command).toEqual({ name: 'follow', id: 34 });
  expect(read('list --page 2')?.command).toEqual({ name: 'list', page: 2 });
  expect(read('')?.command).toEqual({ ...start, action: 'delta' });
  expect(read('--help')).toBeUndefined();
});

test.each([
  ['--url http://127.0.0.1:1', 'give one of the commands'],
  ['--kubeconfig k', 'give one of the commands'],
  ['strat sync avo', 'there is no command "strat"; the nearest is start'],
  ['start sync', 'start takes ACTION PROJECT [ENV], received "sync"'],
  ['start sink avo', 'there is no action "sink"; the nearest is sync'],
  ['follow abc', 'follow takes the ID of a job, received "abc"'],
  ['list 3', 'list takes nothing but options'],
  ['login --page 2', '--page is for list, not for login'],
  ['serve --url http://127.0.0.1:1', 'serve is the server'],
  ['list --url http://127.0.0.1:1 --params x', '--params is of a server in this process'],
  ['serve --kubeconfig k', 'with --kubeconfig give a --template'],
  ['serve --oauth http://127.0.0.1:1', 'with --oauth set $SYNCRATOR_JWT_SECRET'],
  ['serve --hostname 0.0.0.0', '--hostname 0.0.0.0 is reached by others, so set $SYNCRATOR_JWT_SECRET'],
  ['serve --status-from nobody', 'there is no source "nobody"'],
  ['serve --port 70000', '--port takes a whole number from 0 to 65535'],
])('%j is refused: %s', (line, message) => {
  expect(() => read(line)).toThrow(message);
});

test('secrets come from the environment alone', () => {
  const env = {
    SYNCRATOR_USERNAME: 'me',
    SYNCRATOR_PASSWORD: 'pw',
    SYNCRATOR_TOKEN: 'abc',
    SYNCRATOR_JWT_SECRET: 'c2VjcmV0',
  };
  const settings = read(
    'serve --solr http://127.0.0.1:2/solr --hostname 0.0.0.0 --oauth http://127.0.0.1:1',
    env,
  );
  expect(settings).toMatchObject({ credentials: { username: 'me', password: 'pw' }, token: 'abc' });
  expect(settings?.server).toMatchObject({ jwtSecret: 'c2VjcmV0', statusFrom: 'program', ownEnv: 'qas' });
  expect(settings?.server.solr).toBe('http://127.0.0.1:2/solr');
});

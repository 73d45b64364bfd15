import { expect, test } from 'vitest';
import { UsageError } from '../../examples/support/arguments.ts';
import { HELP, readSettings } from '../../examples/support/cluster-job-settings.ts';

test.each([
  [['--nodes', 'a=http://a.test'], 'with --nodes give one of the commands create-one, delete-one, '],
  [['creat'], 'there is no command "creat"; the nearest is create. Try --help'],
  [['create-one'], 'create-one needs the id of a group. Try --help'],
  [['create-one', 'x', 'y', 'z'], 'create-one takes one id, received "x" "y" "z". Try --help'],
  [['create', '5'], 'create takes nothing but options, received "5". Try --help'],
  ...['many', '2.5', 'Infinity', '-1', ''].map(
    (count) =>
      [
        ['create', `--count=${count}`],
        `--count takes a whole number of at least 0, received "${count}". Try --help`,
      ] as const,
  ),
  [
    ['create', '--concurrency', '0'],
    '--concurrency takes a whole number of at least 1, received "0". Try --help',
  ],
  [['create', '--seed', '1.5'], '--seed takes a whole number of at least 0, received "1.5". Try --help'],
  [['serve', '--port', '99999'], '--port takes a whole number from 0 to 65535, received "99999". Try --help'],
  [['create', '--failures', '2'], '--failures takes a number from 0 to 1, received "2". Try --help'],
  [['create', '--fail-above', '101%'], 'a share from 0% to 100%, received "101%". Try --help'],
  [['create', '--nodes', 'http://a.test'], '--nodes takes NAME=URL,…; number 1 has no NAME=. Try --help'],
  [['create', '--nodes', 'a=http://a.test', '--failures', '1'], '--failures is for nodes that are started'],
  [['create', '--nodes', 'a=http://a.test', '--seed', '7'], '--seed is for nodes that are started here'],
  [['serve', '--nodes', 'a=http://a.test'], 'serve starts nodes of its own'],
  [['create', '--journal', 'j.db'], '--journal is for processes that share nodes, so give --nodes'],
  [['create', '--nodes', 'a=http://a.test', '--lease', 'x'], '--lease and --kubeconfig go together'],
  [['create', '--shard', '4/4'], '--shard must be I/N with I from 0 to N-1, received "4/4"'],
  [['create', '--port', '8001'], '--port is for serve, not for create. Try --help'],
  [['create', '--hostname', '0.0.0.0'], '--hostname is for serve, not for create. Try --help'],
  [['create', '--dialect', 'other'], 'there is no dialect "other"; there are header, path. Try --help'],
  [['create', '--fast'], 'there is no option --fast. Try --help'],
  [['create', '--cout', '3'], 'there is no option --cout; the nearest is --count. Try --help'],
  [['create', '--count'], '--count needs a value. Try --help'],
  [['create', '--count', '1', '--count', '2'], '--count is there twice. Try --help'],
] as const)('%o is refused: %s', (args, message) => {
  expect(() => readSettings(args)).toThrow(UsageError);
  expect(() => readSettings(args)).toThrow(message);
});

test('without options there are 100 groups, 16 at a time, on nodes that fail one request in five', () => {
  expect(readSettings(['create'])).toEqual({
    command: 'create',
    id: '',
    dialect: 'header',
    count: 100,
    concurrency: 16,
    failAbove: '10%',
    nodes: undefined,
    failures: 0.2,
    seed: 1,
    port: 8001,
    hostname: '127.0.0.1',
    database: undefined,
    shard: { index: 0, of: 1 },
    journal: undefined,
    lease: undefined,
    kubeconfig: undefined,
    namespace: undefined,
  });
});

test('without a command it is the demo, on nodes of its own', () => {
  expect(readSettings([])).toMatchObject({ command: 'demo', nodes: undefined });
});

test('options are read as they were written', () => {
  const nodes = ['--nodes', 'a=http://a.test/?x=y,b=http://b.test', '--fail-above=5', '--count', '1e10'];
  expect(readSettings(['create', ...nodes])).toMatchObject({
    nodes: [
      { name: 'a', url: 'http://a.test/?x=y' },
      { name: 'b', url: 'http://b.test' },
    ],
    failAbove: 5,
    count: 10_000_000_000,
  });
  expect(readSettings(['delete', '--fail-above', '2.50%'])).toMatchObject({ failAbove: '2.5%' });
  expect(readSettings(['delete-one', '--', '-x'])).toMatchObject({ id: '-x' });
});

test.each(['--help', '-h'])('%s asks for help, whatever else is there', (help) => {
  expect(readSettings(['demo', '--fast', help])).toBeUndefined();
});

test("the help names every option, and the default that is not the library's", () => {
  for (const option of Object.keys(readSettings(['demo']) ?? {})) {
    if (option === 'command' || option === 'id') continue;
    expect(HELP).toContain(`--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `);
  }
  expect(HELP).toContain("header; the library's own default is path");
});

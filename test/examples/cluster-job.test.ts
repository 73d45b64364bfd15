import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGroupNodes } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { job, nodesOption, startJob } from './job.ts';

test('the demo creates and deletes every group on failing nodes and shows that they agree', async () => {
  const { code, out, err } = await job('demo', '--count', '20', '--failures', '0.2');
  expect(code).toBe(0);
  expect(out).toMatch(/^created +20\n/);
  expect(out).toMatch(/\nrequests +\d+\nretries +\d+\ntime \(s\) +[\d.]+\n/);
  expect(out).toContain('consistent: { node01: 20, node02: 20, node03: 20 }');
  expect(out).toMatch(/\ndeleted +20\n/);
  expect(out).toContain('consistent: { node01: 0, node02: 0, node03: 0 }');
  expect(err).toContain('without --nodes: 3 nodes for this run only, 20 % of requests fail\n');
  expect(err).toContain('create: 0 of 20\n');
  expect(err).toContain('create: 10 of 20\n');
  expect(err).toContain('create: 20 of 20\n');
});

test.each(['header', 'path'] as const)(
  'works on nodes of the %s dialect that run elsewhere',
  async (dialect) => {
    await using nodes = await startGroupNodes({ dialect, nodes: 2 });
    const cluster = ['--dialect', dialect, '--count', '3', '--nodes', nodesOption(nodes.urls)];
    const created = await job('create-one', '1', ...cluster);
    expect(created).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^node +outcome +attempts\nnode01 +created +2\nnode02 +created +2\ngroup "1": created\n$/,
      ),
      err: '',
    });
    nodes.remove('node02', '1');
    expect(await job('stats', ...cluster)).toMatchObject({
      code: 1,
      out: 'NOT consistent: { node01: 1, node02: 0 }\n',
    });
    expect(await job('delete-one', '1', ...cluster)).toMatchObject({
      code: 0,
      out: expect.stringContaining('group "1": deleted\n'),
    });
    expect([...nodes.records().values()]).toEqual([[], []]);
  },
);

test('says that the groups of create-one and delete-one without --nodes are gone afterwards, and what was there', async () => {
  const deleted = await job('delete-one', 'x');
  expect(deleted.out).toContain('group "x": nothing to do, no node had it\n');
  expect(deleted.err).toContain('without --nodes: 3 nodes for this run only');
});

test.each(['header', 'path'] as const)(
  'serve in the %s dialect prints the options to paste, and keeps the records in its database',
  async (dialect) => {
    const folder = await mkdtemp(join(tmpdir(), 'cluster-job-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const serve = () =>
      startJob(...['serve', '--port', '0', '--dialect', dialect], '--database', join(folder, 'nodes.db'));
    const paste = (printed: string) => (/^--nodes .*$/m.exec(printed)?.[0] ?? '').split(' ');
    {
      using server = serve();
      const options = paste(await server.printed('until Ctrl-C'));
      expect(await job('create', '--count', '4', ...options)).toMatchObject({ code: 0 });
      server.interrupt();
      expect(await server.end).toMatchObject({ code: 0 });
    }
    using server = serve();
    const options = paste(await server.printed('until Ctrl-C'));
    expect(await job('stats', '--count', '5', ...options)).toMatchObject({
      code: 0,
      out: 'consistent: { node01: 4, node02: 4, node03: 4 }\n',
    });
  },
);

test('serve listens where it is told to', async () => {
  using server = startJob('serve', '--port', '0', '--hostname', '127.0.0.2');
  expect(await server.printed('until Ctrl-C')).toMatch(/^--nodes node01=http:\/\/127\.0\.0\.2:\d+\/v1,/);
  // An address of documentation, which no machine has.
  expect(await job('serve', '--port', '0', '--hostname', '192.0.2.1')).toEqual({
    code: 1,
    out: '',
    err: 'cannot listen on --hostname 192.0.2.1 --port 0 (EADDRNOTAVAIL); choose another. Try --help\n',
  });
});

test('serve says where its port is taken', async () => {
  await using nodes = await startGroupNodes({ dialect: 'header' });
  const { port } = new URL(nodes.urls['node01'] ?? '');
  expect(await job('serve', '--port', port)).toEqual({
    code: 1,
    out: '',
    err: `cannot listen on --port ${port} (EADDRINUSE); choose another. Try --help\n`,
  });
});

test('stops a run of any length where nothing comes out, and shows errors that are alike once', async () => {
  const server = createServer((_, response) => response.writeHead(403).end('{"message": "not you"}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, out, err } = await job(
    ...['create', '--count', '1e10', '--concurrency', '2', '--fail-above', '5', '--nodes', `a=${url}`],
  );
  server.close();
  expect(code).toBe(1);
  expect(out).toMatch(/^created +0\n/);
  expect(out).toMatch(/\nunavailable +(6|7)\n/);
  expect(out).toMatch(/\nskipped +999999999[34]\n/);
  expect(err).toContain('create: 0 of 10000000000\n');
  expect(err).toContain('stopped: more than 5 failed (--fail-above)\n');
  expect(err.match(/^create of group .* wrote nothing/gm)).toHaveLength(1);
  expect(err).toMatch(/^and [56] more like: create of group/m);
});

test.each([
  [['--help'], 0, 'Usage: npm run example -- cluster-job [COMMAND]'],
  [['--nodes', 'a=http://a.test'], 1, 'with --nodes give one of the commands create-one, '],
  [
    ['create', '--count', '2.5'],
    1,
    '--count takes a whole number of at least 0, received "2.5". Try --help\n',
  ],
  [['create', '--cout', '3'], 1, 'there is no option --cout; the nearest is --count. Try --help\n'],
  [['create-one', 'a/b'], 1, 'cannot be read back in the header dialect'],
  [['create', '--nodes', 'a=http://a.test,a=http://b.test'], 1, 'two nodes are named "a"'],
] as const)('%o ends with code %i and says "%s"', async (args, code, text) => {
  const result = await job(...args);
  expect(result.code).toBe(code);
  expect(result.out + result.err).toContain(text);
  if (code === 1) expect(result).toMatchObject({ out: '', err: expect.stringMatching(/\. Try --help\n$/) });
  expect(result.err).not.toContain('    at ');
});

import { expect, it } from 'vitest';
import { checkGroupId } from '../../src/cluster/group-id.ts';
import { parseNodes } from '../../src/cluster/node-list.ts';
import { parseClusterOptions } from '../../src/cluster/options.ts';
import { pathDialect } from '../../src/cluster/path-dialect.ts';
import { ConfigError } from '../../src/core/errors.ts';

it('has defaults that add up', () => {
  expect(parseClusterOptions(undefined)).toMatchObject({
    strategy: 'parallel',
    transport: 'fetch',
    writers: 'exclusive',
    attemptTimeout: 5_000,
    settle: 5_000,
    deadline: 30_000,
    rollbackDeadline: 60_000,
  });
});

it('lets an undo outlast what may still commit', () => {
  expect(parseClusterOptions({ attemptTimeout: 700 }).settle).toBe(700);
  expect(parseClusterOptions({ attemptTimeout: 700, settle: 0 }).settle).toBe(0);
  expect(parseClusterOptions({ settle: 40_000 }).rollbackDeadline).toBe(80_000);
});

it('takes what is undefined for left out', () => {
  const options = { strategy: undefined, retry: { attempts: 2, jitter: undefined }, lock: undefined };
  const settings = parseClusterOptions(options);
  expect(settings.retry).toMatchObject({ attempts: 2, jitter: 'full' });
  expect(settings).not.toHaveProperty('lock');
});

it.each([
  [null, "expected a list of nodes, such as ['http://10.0.0.1:5000'], received null"],
  [7, "expected a list of nodes, such as ['http://10.0.0.1:5000'], received number"],
])('refuses %j for nodes', (nodes, message) => {
  expect(() => parseNodes(nodes as never)).toThrow(new ConfigError([{ path: 'nodes', message }]));
});

it.each([
  ['null', [null], 'expected an http or https url, received object'],
  ['a protocol that only ends so', ['xhttp://a.test'], 'received "xhttp://a.test"'],
  ['a protocol that only begins so', ['https+x://a.test'], 'received "https+x://a.test"'],
  ['a password in another url', ['ftp://user:secret@a.test/x'], 'received "ftp://a.test/x"'],
  ['a fragment', ['http://a.test/#top'], 'a base url has no query and no fragment'],
  ['a name that is none', [{ name: 7, url: 'http://a.test' }], 'the node has no name, received 7'],
])('refuses a list with %s', (_, nodes, message) => {
  expect(() => parseNodes(nodes as never)).toThrow(message);
});

it('names nodes after their addresses', () => {
  const nodes = parseNodes(['http://a.test', 'https://a.test', 'http://a.test:81//', 'http://u:p@b.test']);
  expect(nodes).toEqual([
    { name: 'a.test:80', url: 'http://a.test' },
    { name: 'a.test:443', url: 'https://a.test' },
    { name: 'a.test:81', url: 'http://a.test:81' },
    { name: 'b.test:80', url: 'http://b.test', authorization: `Basic ${btoa('u:p')}` },
  ]);
});

it.each([
  [7, 'expected a string, received number 7'],
  ['', 'is empty; every group needs an id'],
  ['..', '".." cannot be part of a url path'],
  ['a\u0000', '"a\\u0000" holds a control character'],
  ['\ud800', '"\\ud800" holds half of a surrogate pair'],
])('says of the id %j what is wrong', (id, message) => {
  expect(() => checkGroupId(id, pathDialect)).toThrow(new ConfigError([{ path: 'groupId', message }]));
});

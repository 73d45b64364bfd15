import {
  ClusterClient,
  type ClusterClientOptions,
  ConfigError,
  memoryJournal,
  type NodeList,
} from 'holdfast';
import { expect, test } from 'vitest';

const NODES = { a: 'http://127.0.0.1:1', b: 'http://127.0.0.1:2' };

/** No request may leave: the platform's fetch is replaced by one that fails the test. */
const offline = (options: ClusterClientOptions = {}, nodes: NodeList = NODES) => {
  let requests = 0;
  const cluster = new ClusterClient(nodes, {
    ...options,
    fetch: async () => {
      requests++;
      throw new TypeError('no request may be sent');
    },
  });
  return { cluster, requests: () => requests };
};

const configError = (work: () => unknown): ConfigError => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
};

test.each<[string, unknown, string]>([
  ['no nodes', [], 'nodes: the list is empty'],
  ['no nodes by name', {}, 'nodes: the list is empty'],
  [
    'something else',
    'http://a.test',
    "nodes: expected a list of nodes, such as ['http://10.0.0.1:5000'], received string",
  ],
  ['nothing', undefined, 'received undefined'],
  [
    'two nodes of one name',
    [
      { name: 'a', url: 'http://a.test' },
      { name: 'a', url: 'http://b.test' },
    ],
    'two nodes are named "a"',
  ],
  ['a node without a name', [{ url: 'http://a.test' }], 'the node has no name'],
  [
    'a url that is no http url',
    { a: 'ftp://a.test' },
    'nodes.a: expected an http or https url, received "ftp://a.test"',
  ],
  ['a url that is none', ['a.test'], 'nodes[0]: expected an http or https url, received "a.test"'],
  ['a url with a query', ['http://a.test/v1?x=1'], 'a base url has no query'],
  [
    'two path nodes at one url',
    { a: 'http://a.test/', b: 'http://a.test' },
    'nodes: "a" and "b" have the same url',
  ],
])('refuses %s', (_what, nodes, message) => {
  expect(configError(() => new ClusterClient(nodes as NodeList)).message).toContain(message);
});

test('tells every mistake in one error, with paths', () => {
  const { issues } = configError(() => new ClusterClient(['ftp://a.test', 'nonsense']));
  expect(issues.map(({ path }) => path)).toEqual(['nodes[0]', 'nodes[1]']);
});

test('a password in a url that is refused is not shown', () => {
  expect(configError(() => new ClusterClient(['ftp://me:s3cr3t@a.test'])).message).not.toContain('s3cr3t');
});

test('nodes given as urls are named host:port, and are the same server in one node list only in the header dialect', () => {
  const { cluster } = offline({}, ['http://a.test:5000/', 'https://b.test']);
  expect(cluster.nodes).toEqual([
    { name: 'a.test:5000', url: 'http://a.test:5000' },
    { name: 'b.test:443', url: 'https://b.test' },
  ]);
  expect(
    () => new ClusterClient({ a: 'http://h.test', b: 'http://h.test' }, { dialect: 'header' }),
  ).not.toThrow();
});

test.each<[Record<string, unknown>, string]>([
  [
    { attemptTimeout: -1 },
    'options.attemptTimeout: expected a finite number of milliseconds of at least 1, received -1',
  ],
  [{ attemptTimeout: 0 }, 'options.attemptTimeout'],
  [
    { deadline: Number.NaN },
    'options.deadline: expected a finite number of milliseconds of at least 1, received NaN',
  ],
  [{ deadline: Number.POSITIVE_INFINITY }, 'options.deadline'],
  [{ deadline: '5' }, 'options.deadline'],
  [{ settle: -5 }, 'options.settle'],
  [
    { settle: 5_000, rollbackDeadline: 5_000 },
    'options.rollbackDeadline: expected more than settle (5000 ms)',
  ],
  [{ retry: { attempts: 0 } }, 'options.retry.attempts: expected a whole number of at least 1, received 0'],
  [{ retry: { attempts: 1.5 } }, 'options.retry.attempts'],
  [{ retry: { baseDelay: 5 } }, 'options.retry.attempts: is missing'],
  [
    { retry: { attempts: 3, jitter: 'some' } },
    `options.retry.jitter: expected 'full' or 'none', received "some"`,
  ],
  [{ retry: { tries: 3, attempts: 3 } }, 'options.retry.tries: is not an option'],
  [{ dialect: 'paths' }, `options.dialect: expected 'path', 'header' or a GroupDialect, received "paths"`],
  [{ strategy: 'serial' }, "options.strategy: expected 'parallel' or 'sequential'"],
  [{ writers: 'many' }, "options.writers: expected 'exclusive' or 'shared'"],
  [{ transport: 'http' }, "options.transport: expected 'fetch' or 'undici'"],
  [{ transport: 'undici', fetch }, "options.fetch: has no effect with transport: 'undici'"],
  [{ journal: {} }, 'options.journal: expected an object with begin, end, openEntry'],
  [{ lock: true }, 'options.lock'],
  [{ clock: {} }, 'options.clock'],
  [{ random: 4 }, 'options.random: expected a function, received 4'],
  [{ logger: {} }, 'options.logger'],
  [{ fetch: 'fetch' }, 'options.fetch'],
  [{ atemptTimeout: 5 }, 'options.atemptTimeout: is not an option'],
])('refuses the options %o', (options, message) => {
  expect(configError(() => new ClusterClient(NODES, options as ClusterClientOptions)).message).toContain(
    message,
  );
});

test.each(['path', 'header'] as const)('takes the %s dialect by its name', (dialect) => {
  expect(() => new ClusterClient(NODES, { dialect })).not.toThrow();
});

test('an option given as undefined is one that was not given', () => {
  expect(
    () =>
      new ClusterClient(NODES, { retry: undefined, deadline: undefined } as unknown as ClusterClientOptions),
  ).not.toThrow();
});

test.each<[string, unknown, ClusterClientOptions]>([
  ['empty', '', {}],
  ['dot', '.', {}],
  ['dot dot', '..', {}],
  ['a line break', 'a\r\nnode: b', {}],
  ['a null byte', 'a\u0000', {}],
  ['delete', 'a\u007f', {}],
  ['half a surrogate pair', 'a\ud800', {}],
  ['a number', 5, {}],
  ['nothing', undefined, {}],
  ['a slash in the header dialect', 'a/b', { dialect: 'header' }],
])('refuses an id that is or holds %s, before any request', async (_what, id, options) => {
  const { cluster, requests } = offline(options);
  const groupId = id as string;
  for (const call of [
    cluster.createGroup(groupId),
    cluster.deleteGroup(groupId),
    cluster.groupExists('a', groupId),
    cluster.rollbackCreate(groupId, []),
  ]) {
    await expect(call).rejects.toBeInstanceOf(ConfigError);
  }
  const summary = await cluster.createGroups([groupId]);
  expect(summary).toMatchObject({ failed: 1, unavailable: 1, ok: false });
  expect(requests()).toBe(0);
});

test('each id that cannot be one is an outcome of its own, whose error names it and its place', async () => {
  const { cluster, requests } = offline({ dialect: 'header' });
  const ids = [1, 'a/b', '', 2] as unknown as string[];
  const outcomes = [];
  for await (const outcome of cluster.createGroups(ids, { concurrency: 2 })) outcomes.push(outcome);
  const said = [
    'ids[0]: expected a string, received number 1',
    'ids[1]: "a/b" ',
    'ids[2]: is empty; every group needs an id',
    'ids[3]: expected a string, received number 2',
  ];
  for (const [index, groupId] of ids.entries()) {
    const outcome = outcomes.find((one) => one.groupId === groupId);
    expect(outcome).toMatchObject({ status: 'unavailable' });
    expect(outcome?.error).toBeInstanceOf(ConfigError);
    expect(outcome?.error?.message).toContain(said[index]);
  }
  const audits = [];
  for await (const audit of cluster.audit(ids.slice(2))) audits.push(audit.error?.message);
  expect(audits).toEqual([said[2], said[3]].map((text, index) => text?.replace(/\d\]/, `${index}]`)));
  const sharded = cluster.deleteGroups([5] as unknown as string[], { shard: { index: 0, of: 1 } });
  for await (const { error } of sharded) expect(error?.message).toMatch(/^ids: expected a string/);
  expect(requests()).toBe(0);
});

test.each<[string, unknown, string]>([
  ['names', ['a', 'b'], 'nodes[0]: expected what became of a node, received the text "a"; pass the `nodes`'],
  ['the error', { nodes: [] }, 'nodes: expected a list, received an object; pass the `nodes` of the Incon'],
  ['nothing', undefined, 'nodes: expected a list, received undefined; pass'],
  ['a null', [null], 'nodes[0]: expected what became of a node, received null; pass'],
  ['half a result', [{ node: 'a' }], 'nodes[0].outcome: is missing'],
])('a rollback of %s says what is to be passed', async (_what, nodes, words) => {
  const { cluster, requests } = offline();
  await expect(cluster.rollbackCreate('1', nodes as [])).rejects.toThrow(words);
  await expect(cluster.rollbackDelete('1', nodes as [])).rejects.toBeInstanceOf(ConfigError);
  expect(requests()).toBe(0);
});

test('a node name that is no header value is refused in the header dialect', () => {
  for (const name of ['a\r\nx: y', ' a', 'a\u0000', '節点']) {
    expect(configError(() => offline({ dialect: 'header' }, { [name]: 'http://a.test' })).message).toContain(
      'cannot be sent as a header value',
    );
  }
});

test.each<[Record<string, unknown>, string]>([
  [{ deadline: -1 }, 'options.deadline'],
  [{ signal: 'now' }, 'options.signal: expected an AbortSignal, received "now"'],
  [{ timeout: 5 }, 'options.timeout: is not an option'],
])('refuses the call options %o before any request', async (options, message) => {
  const { cluster, requests } = offline();
  await expect(cluster.createGroup('1', options)).rejects.toThrow(message);
  await expect(cluster.groupExists('a', '1', options)).rejects.toThrow(message);
  expect(requests()).toBe(0);
});

test.each<[Record<string, unknown>, string]>([
  [{ concurrency: 0 }, 'concurrency'],
  [{ failAbove: '200%' }, 'failAbove'],
  [{ rerunLimit: -1 }, 'rerunLimit'],
  [{ onProgress: 5 }, 'options.onProgress: expected a function'],
  [{ paralel: 5 }, 'options.paralel: is not an option'],
])('refuses the run options %o at the call', (options, message) => {
  const { cluster } = offline();
  expect(configError(() => cluster.createGroups([], options)).message).toContain(message);
});

test('an unknown node is refused by name, with the names there are', async () => {
  const { cluster, requests } = offline();
  await expect(cluster.groupExists('c', '1')).rejects.toThrow('no node "c"; it has a, b');
  const unknown = { node: 'c', outcome: 'created', attempts: 1, operationId: '1.000000' } as const;
  await expect(cluster.rollbackCreate('1', [unknown])).rejects.toThrow('no node "c"; it has a, b');
  expect(requests()).toBe(0);
});

test.each(['', '0', '0.0', 'x', undefined])(
  'a rollback in the header dialect with the timestamp %o is refused before any request',
  async (operationId) => {
    const { cluster, requests } = offline({ dialect: 'header' });
    const node = { node: 'a', outcome: 'created', attempts: 1, operationId } as never;
    await expect(cluster.rollbackCreate('1', [node])).rejects.toBeInstanceOf(ConfigError);
    await expect(
      cluster.rollbackDelete('1', [{ ...(node as object), outcome: 'deleted' } as never]),
    ).rejects.toBeInstanceOf(ConfigError);
    expect(requests()).toBe(0);
  },
);

test('stats of the path dialect is refused and names what serves instead', async () => {
  const { cluster } = offline({ journal: memoryJournal() });
  await expect(cluster.stats()).rejects.toThrow(/audit\(ids\)/);
});

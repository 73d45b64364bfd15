import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { type GroupNodes, type GroupNodesOptions, startGroupNodes } from '../../src/testing/group-nodes.ts';
import { manualClock } from './manual-clock.ts';
import { RawConnection } from './wire.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'group-nodes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const urlOf = ({ urls }: GroupNodes, node: string) => new Map(Object.entries(urls)).get(node) ?? '';
const create = (url: string, groupId: string) =>
  fetch(`${url}/v1/group/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ groupId }),
  });

describe('the nodes', () => {
  it('are three, unless told otherwise', async () => {
    await using nodes = await startGroupNodes();
    expect(Object.keys(nodes.urls)).toEqual(['node01', 'node02', 'node03']);
    await using more = await startGroupNodes({ nodes: 12, dialect: 'header' });
    expect(Object.keys(more.urls).at(-1)).toBe('node12');
  });

  it.each(['path', 'header'] as const)(
    'may have any name that fits a header, in the %s dialect',
    async (dialect) => {
      const names = ['a "quoted" one', "'; DROP TABLE x; --", '__proto__', 'größe', 'select'];
      await using nodes = await startGroupNodes({ nodes: names, dialect });
      expect(Object.keys(nodes.urls)).toEqual(names);
      for (const name of names) nodes.put(name, { groupId: name });
      expect(nodes.records()).toEqual(new Map(names.map((name) => [name, [{ groupId: name }]])));
    },
  );

  it('are found by a name that is not ASCII in the header dialect', async () => {
    await using nodes = await startGroupNodes({ nodes: ['größe'], dialect: 'header' });
    nodes.put('größe', { groupId: '5' });
    const answer = await fetch(`${urlOf(nodes, 'größe')}/group/5`, { headers: { node: 'größe' } });
    expect(answer.status).toBe(200);
  });

  it('list their records by id', async () => {
    await using nodes = await startGroupNodes({ nodes: 1 });
    for (const groupId of ['b', 'a', '10', '9']) nodes.put('node01', { groupId });
    nodes.put('node01', { groupId: 'a', timestamp: '1.5' });
    nodes.remove('node01', 'b');
    nodes.remove('node01', 'not there');
    expect(nodes.records().get('node01')).toEqual([
      { groupId: '10' },
      { groupId: '9' },
      { groupId: 'a', timestamp: '1.5' },
    ]);
  });

  it('have to be known to be written to', async () => {
    await using nodes = await startGroupNodes();
    const message = 'node: there is no node "node04"; there are node01, node02, node03';
    expect(() => nodes.put('node04', { groupId: '5' })).toThrow(message);
    expect(() => nodes.remove('node04', '5')).toThrow(ConfigError);
  });

  it('are apart from those of another call', async () => {
    await using one = await startGroupNodes({ nodes: 1 });
    await using other = await startGroupNodes({ nodes: 1 });
    one.put('node01', { groupId: '5' });
    expect(other.records().get('node01')).toEqual([]);
    expect([one.databasePath, other.databasePath]).toEqual([':memory:', ':memory:']);
  });
});

describe('a database file', () => {
  it('can be read by another connection while the nodes run', async () => {
    const database = join(folder, 'cluster.db');
    await using nodes = await startGroupNodes({ database });
    expect(nodes.databasePath).toBe(database);
    using reader = new DatabaseSync(database, { readOnly: true });
    for (const groupId of ['5', '6']) {
      expect((await create(urlOf(nodes, 'node02'), groupId)).status).toBe(201);
      nodes.put('node03', { groupId, timestamp: '1.5' });
    }
    // Nor does it hold them up, as long as its own transaction may last.
    reader.exec('BEGIN; SELECT * FROM node02;');
    expect((await create(urlOf(nodes, 'node02'), '7')).status).toBe(201);
    reader.exec('COMMIT');
    const rows = (node: string) => reader.prepare(`SELECT groupId, timestamp FROM ${node}`).all();
    expect(rows('node01')).toEqual([]);
    expect(rows('node02')).toEqual([
      { groupId: '5', timestamp: null },
      { groupId: '6', timestamp: null },
      { groupId: '7', timestamp: null },
    ]);
    expect(rows('node03')[0]).toEqual({ groupId: '5', timestamp: '1.5' });
  });

  it('keeps its records for the next start, of either dialect', async () => {
    const database = join(folder, 'cluster.db');
    {
      await using nodes = await startGroupNodes({ database });
      await create(urlOf(nodes, 'node01'), '5');
    }
    await using nodes = await startGroupNodes({ database, dialect: 'header', nodes: ['node01', 'extra'] });
    expect(nodes.records()).toEqual(
      new Map([
        ['node01', [{ groupId: '5' }]],
        ['extra', []],
      ]),
    );
    const answer = await fetch(`${urlOf(nodes, 'extra')}/group/5`, { headers: { node: 'node01' } });
    expect(answer.status).toBe(200);
  });

  it('that somebody else spoils makes its node answer 500, and the process goes on', async () => {
    const database = join(folder, 'cluster.db');
    await using nodes = await startGroupNodes({ database, nodes: 1 });
    using other = new DatabaseSync(database);
    other.exec('DROP TABLE node01');
    const answer = await create(urlOf(nodes, 'node01'), '5');
    expect([answer.status, await answer.json()]).toEqual([500, { error: 'no such table: node01' }]);
  });

  it('that is none is refused', async () => {
    const database = join(folder, 'notes.txt');
    writeFileSync(database, 'not a database at all, and long enough to tell so'.repeat(30));
    const error: unknown = await startGroupNodes({ database }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message: expect.stringContaining('file is not a database') });
    const elsewhere = startGroupNodes({ database: join(folder, 'no', 'such', 'folder.db') });
    await expect(elsewhere).rejects.toThrow('options.database: cannot use');
  });
});

describe('close()', () => {
  it('ends hanging requests at once and drops what was still to come', async () => {
    const clock = manualClock();
    const faults = FaultPlan.script([{ fault: 'hang-before' }, { fault: 'late-commit' }, { fault: 'slow' }]);
    const database = join(folder, 'cluster.db');
    const nodes = await startGroupNodes({ nodes: 1, database, faults, clock });
    const { node01: url = '' } = nodes.urls;
    const requests = ['1', '2', '3', '4'].map((id) =>
      create(url, id).then(
        () => 'answered',
        () => 'failed',
      ),
    );
    using idle = new RawConnection(url);
    await Promise.any(requests);
    // Whichever came fourth had no fault left; three are held, and two of them wait for the clock.
    expect(clock.running()).toBe(2);

    const settled = nodes.settled();
    await nodes.close();
    expect((await Promise.all(requests)).sort()).toEqual(['answered', 'failed', 'failed', 'failed']);
    expect(['ended', 'reset']).toContain(await idle.ended());
    await settled;
    expect([nodes.pendingCommits, clock.running()]).toEqual([0, 0]);
    clock.advance(10_000);
    await using again = await startGroupNodes({ nodes: 1, database });
    // The fourth and the slow one, which was committed before its answer.
    expect(again.records().get('node01')).toHaveLength(2);
  });

  it('may be called twice, and frees the port', async () => {
    const nodes = await startGroupNodes({ nodes: 1 });
    const port = Number(new URL(urlOf(nodes, 'node01')).port);
    await Promise.all([nodes.close(), nodes.close()]);
    await nodes.close();
    await using again = await startGroupNodes({ nodes: 1, port });
    expect(again.urls).toEqual({ node01: `http://127.0.0.1:${port}` });
  });
});

describe('the port', () => {
  it('given is that of the first node, and one more for each of the next', async () => {
    const port = await freePorts(3);
    await using nodes = await startGroupNodes({ port });
    expect(Object.values(nodes.urls)).toEqual([0, 1, 2].map((more) => `http://127.0.0.1:${port + more}`));
  });

  it('that is taken fails the start, and leaves no other open', async () => {
    const port = await freePorts(2);
    await using taken = await startGroupNodes({ nodes: 1, port: port + 1 });
    await expect(startGroupNodes({ nodes: 2, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await using nodes = await startGroupNodes({ nodes: 1, port });
    expect(nodes.urls).not.toEqual(taken.urls);
  });

  it('is on the host name given', async () => {
    const hostname = 'localhost';
    await using nodes = await startGroupNodes({ nodes: 1, hostname });
    expect(new URL(urlOf(nodes, 'node01')).hostname).toBe(hostname);
    expect((await fetch(`${urlOf(nodes, 'node01')}/ping`)).status).toBe(200);
  });

  it.runIf(hasIpv6)('is on an IPv6 address, if one is given', async () => {
    await using nodes = await startGroupNodes({ nodes: 1, hostname: '::1' });
    expect((await fetch(`${urlOf(nodes, 'node01')}/ping`)).status).toBe(200);
  });
});

describe('options', () => {
  it.each<[string, object, string]>([
    ['no nodes', { nodes: 0 }, 'options.nodes'],
    ['an empty list of nodes', { nodes: [] }, 'options.nodes'],
    ['half a node', { nodes: 1.5 }, 'options.nodes'],
    ['a node twice', { nodes: ['a', 'A'] }, 'options.nodes'],
    ['a node without a name', { nodes: ['a', ''] }, 'options.nodes[1]'],
    ['a name no header can hold', { nodes: ['a\nb'] }, 'options.nodes[0]'],
    ['a name that SQLite keeps for itself', { nodes: ['sqlite_x'] }, 'options.nodes[0]'],
    ['an unknown dialect', { dialect: 'soap' }, 'options.dialect'],
    ['a port out of range', { port: 65_536 }, 'options.port'],
    ['ports that run out of range', { port: 65_534 }, 'options.port'],
    ['an empty database', { database: '' }, 'options.database'],
    ['faults that are no plan', { faults: { slow: 1 } }, 'options.faults'],
    ['a misspelt option', { node: 3 }, 'options.node'],
  ])('refuses %s', async (_, options, path) => {
    const error: unknown = await startGroupNodes(options as GroupNodesOptions).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).issues.map((issue) => issue.path)).toContain(path);
  });
});

/** The first of so many free ports in a row. */
async function freePorts(many: number): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  for (let more = 0; more < many; more++) {
    const probe = createServer().listen(port + more, '127.0.0.1');
    const free = await new Promise((resolve) => {
      probe.once('listening', () => resolve(true));
      probe.once('error', () => resolve(false));
    });
    await new Promise((resolve) => probe.close(resolve));
    if (!free) return freePorts(many);
  }
  return port;
}

it('refuses a script for a node that it has not', async () => {
  const faults = FaultPlan.script([{ node: 'nodeO1', fault: 'slow' }]);
  await expect(startGroupNodes({ faults })).rejects.toThrow(
    'options.faults: no node is named "nodeO1", as a step does; there are node01, node02, node03',
  );
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { FaultPlan } from '../../src/testing/fault-plan.ts';
import { FAULT_KINDS, type FaultKind, type FaultStep } from '../../src/testing/fault-schema.ts';
import { type GroupNodes, startGroupNodes } from '../../src/testing/group-nodes.ts';
import { manualClock } from './manual-clock.ts';
import { RawConnection, rawRequest } from './wire.ts';

type Dialect = 'path' | 'header';
type Kind = 'read' | 'create' | 'delete';

const open: GroupNodes[] = [];
afterEach(() => Promise.all(open.splice(0).map((nodes) => nodes.close())));

/** One node under a script, with its time in hand. */
async function start(dialect: Dialect, steps: readonly FaultStep[]) {
  const clock = manualClock();
  const faults = FaultPlan.script(steps);
  const asked = vi.spyOn(faults, 'next');
  const nodes = await startGroupNodes({ nodes: ['node01'], dialect, faults, clock });
  open.push(nodes);
  const { node01: url = '' } = nodes.urls;
  const send = (connection: RawConnection, kind: Kind) => connection.send(...requests[dialect][kind]);
  return {
    nodes,
    clock,
    url,
    send,
    holds: () => nodes.records().get('node01')?.length === 1,
    connect: () => new RawConnection(url),
    /** That the request has arrived, and that whatever was answered to it would be here by now. */
    arrived: async () => {
      await expect.poll(() => asked.mock.calls.length, { interval: 1 }).toBeGreaterThan(0);
      await rawRequest(url, 'GET', '/ping');
      await rawRequest(url, 'GET', '/ping');
    },
  };
}

const BODY = '{"groupId": "5"}';
const NODE = { node: 'node01' };
const TYPE = { 'content-type': 'application/json' };
const requests: Readonly<Record<Dialect, Readonly<Record<Kind, Parameters<RawConnection['send']>>>>> = {
  header: {
    read: ['GET', '/v1/group/5', NODE],
    create: ['POST', '/v1/group', NODE, BODY],
    delete: ['DELETE', '/v1/group', NODE, BODY],
  },
  path: {
    read: ['GET', '/v1/group/5/'],
    create: ['POST', '/v1/group/', TYPE, BODY],
    delete: ['DELETE', '/v1/group/', TYPE, BODY],
  },
};

/** What the client sees, and when the effect takes place. */
const courses: Readonly<
  Record<FaultKind, [seen: number | 'reset' | 'silence' | 'cut', effect: 'none' | 'now' | 'late']>
> = {
  'error-before': [500, 'none'],
  'timeout-before': [408, 'none'],
  'error-after': [500, 'now'],
  'reset-before': ['reset', 'none'],
  'reset-after': ['reset', 'now'],
  'hang-before': ['silence', 'none'],
  'hang-after': ['silence', 'now'],
  'late-commit': ['silence', 'late'],
  'late-reset': ['reset', 'late'],
  slow: ['silence', 'now'],
  'too-many': [429, 'none'],
  unavailable: [503, 'none'],
  truncated: ['cut', 'now'],
  'bad-gateway': [502, 'now'],
  expired: [410, 'none'],
};

const own: Readonly<Record<Dialect, (status: number) => string>> = {
  header: (status) =>
    ({
      408: '{"message": "Timeout due to Random Behavior", "status": 408}',
      410: '{"message": "It is gone.", "status": 410}',
      429: '{"message": "Too many requests.", "status": 429}',
      500: '{"message": "InternalServerError due to Random Behavior", "status": 500}',
      503: '{"message": "The service is unavailable.", "status": 503}',
    })[status] ?? '',
  path: (status) =>
    ({
      408: '{"error": "Request timeout"}',
      410: '{"error": "Gone"}',
      429: '{"error": "Too many requests"}',
      500: '{"error": "Internal server error"}',
      503: '{"error": "Service unavailable"}',
    })[status] ?? '',
};

describe.each<Dialect>(['header', 'path'])('in the %s dialect', (dialect) => {
  describe.each(FAULT_KINDS)('%s', (kind) => {
    const [seen, effect] = courses[kind];
    const expectSeen = async (connection: RawConnection, arrived: () => Promise<void>) => {
      await arrived();
      if (seen === 'silence') {
        expect([connection.received, connection.ending]).toEqual(['', 'open']);
      } else if (seen === 'reset') {
        expect([await connection.ended(), connection.received]).toEqual(['reset', '']);
      } else if (seen === 'cut') {
        const { headers, body } = await connection.answer();
        expect(await connection.ended()).toBe('ended');
        expect(Number(headers.get('content-length'))).toBeGreaterThan(Buffer.byteLength(body));
      } else {
        const answer = await connection.answer();
        expect([answer.status, connection.ending]).toEqual([seen, 'open']);
        if (seen === 502) expect(answer.headers.get('content-type')).toContain('text/html');
        else expect(answer.body).toBe(own[dialect](seen));
        expect(answer.headers.get('retry-after')).toBe(seen === 429 || seen === 503 ? '7' : undefined);
      }
    };
    const step = { fault: kind, lateBy: 30, retryAfter: 7 };

    it.each([
      ['create', false],
      ['delete', true],
    ] as const)(`a %s is seen as ${seen}, its effect: ${effect}`, async (write, before) => {
      const { nodes, clock, send, holds, connect, arrived } = await start(dialect, [step]);
      if (before) nodes.put('node01', { groupId: '5' });
      using connection = connect();
      send(connection, write);
      await expectSeen(connection, arrived);
      expect(holds()).toBe(effect === 'now' ? !before : before);

      expect(nodes.pendingCommits).toBe(effect === 'late' ? 1 : 0);
      clock.advance(29);
      expect(holds()).toBe(effect === 'now' ? !before : before);
      clock.advance(1);
      expect(holds()).toBe(effect === 'none' ? before : !before);
      expect(nodes.pendingCommits).toBe(0);
    });

    it(`a read is seen as ${seen} and changes nothing`, async () => {
      const { nodes, clock, send, holds, connect, arrived } = await start(dialect, [step]);
      nodes.put('node01', { groupId: '5' });
      using connection = connect();
      send(connection, 'read');
      await expectSeen(connection, arrived);
      expect(nodes.pendingCommits).toBe(0);
      clock.advance(1_000);
      expect(holds()).toBe(true);
    });
  });

  it('answers a slow request when its time has come', async () => {
    const { clock, send, connect, arrived } = await start(dialect, [{ fault: 'slow', slowBy: 50 }]);
    using connection = connect();
    send(connection, 'create');
    await arrived();
    clock.advance(49);
    await arrived();
    expect(connection.received).toBe('');
    clock.advance(1);
    expect((await connection.answer()).status).toBe(201);
  });

  it('answers as if nothing had been, once the fault is spent', async () => {
    const { send, connect } = await start(dialect, [{ fault: 'error-after' }]);
    using connection = connect();
    send(connection, 'create');
    expect((await connection.answer()).status).toBe(500);
    using next = connect();
    send(next, 'create');
    expect((await next.answer()).status).toBe(400);
  });

  it('spares requests that it does not understand, pings and stats', async () => {
    const { url } = await start(dialect, [{ fault: 'error-before', times: Number.POSITIVE_INFINITY }]);
    const list = dialect === 'path' ? '/v1/group/' : '/v1/group';
    const [method] = requests[dialect].create;
    expect((await rawRequest(url, 'GET', '/ping')).status).toBe(200);
    expect((await rawRequest(url, method, list, { ...NODE, ...TYPE }, 'x')).status).toBe(400);
    if (dialect === 'header') expect((await rawRequest(url, 'GET', '/v1/stats')).status).toBe(200);
  });
});

describe('a late commit', () => {
  it('is done on what is there by then', async () => {
    const late = { fault: 'late-reset', lateBy: 30 } as const;
    const { nodes, clock, send, connect } = await start('header', [late, late, late]);
    for (const kind of ['create', 'create', 'delete'] as const) {
      using connection = connect();
      send(connection, kind);
      await connection.ended();
      clock.advance(10);
    }
    expect(nodes.pendingCommits).toBe(2);
    nodes.put('node01', { groupId: '5', timestamp: '1.5' });
    clock.advance(10);
    expect(nodes.pendingCommits).toBe(1);
    expect(nodes.records().get('node01')).toEqual([{ groupId: '5', timestamp: '1.5' }]);
    nodes.remove('node01', '5');
    clock.advance(10);
    expect(nodes.records().get('node01')).toEqual([]);
  });

  it('of a delete with a timestamp spares the record of another', async () => {
    const { nodes, clock, connect } = await start('header', [{ fault: 'late-reset', lateBy: 30 }]);
    nodes.put('node01', { groupId: '5', timestamp: '1.5' });
    using connection = connect();
    await connection.send('DELETE', '/v1/group', { ...NODE, timestamp: '1.5' }, BODY).ended();
    nodes.put('node01', { groupId: '5', timestamp: '2.5' });
    clock.advance(30);
    expect(nodes.records().get('node01')).toEqual([{ groupId: '5', timestamp: '2.5' }]);
  });

  it('is waited for by settled()', async () => {
    const { nodes, clock, send, connect, holds } = await start('path', [{ fault: 'late-reset' }]);
    await nodes.settled();
    using connection = connect();
    send(connection, 'create');
    await connection.ended();
    const settled = nodes.settled().then(holds);
    clock.advance(500);
    expect(await settled).toBe(true);
  });
});

it('asks the plan by node, method and id', async () => {
  const faults = FaultPlan.script([]);
  const asked = vi.spyOn(faults, 'next');
  const nodes = await startGroupNodes({ dialect: 'header', faults });
  open.push(nodes);
  const { node02 = '' } = nodes.urls;
  for (const kind of ['create', 'read', 'delete'] as const) {
    const [method, path, , body] = requests.header[kind];
    await rawRequest(node02, method, path, { node: 'node02' }, body);
  }
  expect(asked.mock.calls).toEqual(
    ['POST', 'GET', 'DELETE'].map((method) => [{ node: 'node02', method, key: '5' }]),
  );
});

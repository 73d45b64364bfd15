import { describe, expect, it } from 'vitest';
import { FaultPlan } from '../../../../src/testing/fault-plan.ts';
import type { FaultStep } from '../../../../src/testing/fault-schema.ts';
import { manualClock } from '../../manual-clock.ts';
import { RawConnection } from '../../wire.ts';
import { startApi } from './api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';

async function start(step: FaultStep) {
  const clock = manualClock();
  const api = await startApi({ clock, faults: FaultPlan.script([step]) });
  const add = (name: string) =>
    api.store.create('pods', {
      metadata: { name, namespace: 'default' },
      spec: { containers: [] },
      status: {},
    });
  return Object.assign(api, { clock, add, connect: () => new RawConnection(api.url) });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const BODY = '{"metadata":{"name":"c"}}';

describe('a create', () => {
  it.each([
    ['error-before', 500, 'InternalError', false],
    ['error-after', 500, 'InternalError', true],
    ['timeout-before', 504, 'Timeout', false],
    ['unavailable', 503, 'ServiceUnavailable', false],
    ['expired', 410, 'Expired', false],
  ] as const)('that meets %s is answered with a Status of code %i', async (fault, code, reason, done) => {
    await using api = await start({ fault, method: 'POST', key: MAPS });
    using connection = api.connect();
    const { status, body } = await connection.send('POST', MAPS, JSON_TYPE, BODY).answer();
    expect([status, JSON.parse(body).reason]).toEqual([code, reason]);
    expect(api.store.get('configmaps', 'default', 'c') !== undefined).toBe(done);
  });

  it('that meets too-many is told when to come back, in plain text', async () => {
    await using api = await start({ fault: 'too-many', retryAfter: 7 });
    using connection = api.connect();
    const { status, headers, body } = await connection.send('POST', MAPS, JSON_TYPE, BODY).answer();
    expect([status, headers.get('retry-after'), body]).toEqual([
      429,
      '7',
      'Too many requests, please try again later.\n',
    ]);
    expect(headers.get('content-type')).toContain('text/plain');
  });

  it.each([
    ['reset-before', false],
    ['reset-after', true],
  ] as const)('that meets %s is reset', async (fault, done) => {
    await using api = await start({ fault });
    using connection = api.connect();
    expect(await connection.send('POST', MAPS, JSON_TYPE, BODY).ended()).toBe('reset');
    expect(api.store.get('configmaps', 'default', 'c') !== undefined).toBe(done);
  });

  it('that meets late-reset takes effect later', async () => {
    await using api = await start({ fault: 'late-reset', lateBy: 30 });
    using connection = api.connect();
    expect(await connection.send('POST', MAPS, JSON_TYPE, BODY).ended()).toBe('reset');
    expect(api.store.get('configmaps', 'default', 'c')).toBeUndefined();
    api.clock.advance(30);
    expect(api.store.get('configmaps', 'default', 'c')).toBeDefined();
  });

  it('that meets truncated is done and cut within the body', async () => {
    await using api = await start({ fault: 'truncated' });
    using connection = api.connect();
    const { headers, body } = await connection.send('POST', MAPS, JSON_TYPE, BODY).answer();
    expect(await connection.ended()).toBe('ended');
    expect(body.length).toBeLessThan(Number(headers.get('content-length')));
    expect(api.store.get('configmaps', 'default', 'c')).toBeDefined();
  });

  it('that meets slow is done at once and answered later', async () => {
    await using api = await start({ fault: 'slow', slowBy: 40 });
    using connection = api.connect();
    connection.send('POST', MAPS, JSON_TYPE, BODY);
    await expect.poll(() => api.store.get('configmaps', 'default', 'c')).toBeDefined();
    expect(connection.received).toBe('');
    api.clock.advance(40);
    expect((await connection.answer()).status).toBe(201);
  });

  it('that meets bad-gateway gets a page that is no Status', async () => {
    await using api = await start({ fault: 'bad-gateway' });
    using connection = api.connect();
    const { status, body } = await connection.send('POST', MAPS, JSON_TYPE, BODY).answer();
    expect(status).toBe(502);
    expect(body).toContain('<!doctype html>');
  });
});

describe('a watch', () => {
  const watch = `${PODS}?watch=true`;
  const open = async (api: Awaited<ReturnType<typeof start>>) => {
    const connection = api.connect().send('GET', watch);
    await expect.poll(() => connection.received).toContain('\r\n\r\n');
    return connection;
  };
  const step = (fault: FaultStep['fault']): FaultStep => ({ fault, method: 'WATCH', key: PODS, lateBy: 50 });

  it.each([
    ['expired', 410],
    ['error-after', 500],
  ] as const)('that meets %s ends with a line of code %i after its first', async (fault, code) => {
    await using api = await start(step(fault));
    using connection = await open(api);
    api.add('a');
    await expect.poll(() => connection.received).toContain('\r\n0\r\n');
    expect(connection.received).toMatch(/"type":"ADDED"(.|\s)*"type":"ERROR"/);
    expect(connection.received).toContain(`"code":${code}`);
  });

  it('that meets expired and hears nothing ends lateBy milliseconds later', async () => {
    await using api = await start(step('expired'));
    using connection = await open(api);
    api.clock.advance(49);
    expect(connection.received).not.toContain('ERROR');
    api.clock.advance(1);
    await expect.poll(() => connection.received).toContain('"type":"ERROR"');
  });

  it('that meets reset-after is reset after its first line', async () => {
    await using api = await start(step('reset-after'));
    using connection = await open(api);
    expect(connection.ending).toBe('open');
    api.add('a');
    expect(await connection.ended()).toBe('reset');
  });

  it('that meets truncated ends within a line', async () => {
    await using api = await start(step('truncated'));
    using connection = await open(api);
    api.clock.advance(50);
    expect(await connection.ended()).toBe('ended');
    expect(connection.received).toContain('{"type":"MODIFIED","object":{"kind":');
  });

  it('that meets hang-after hears nothing more, and is not ended', async () => {
    await using api = await start(step('hang-after'));
    using silent = await open(api);
    using other = await open(api);
    api.add('a');
    await expect.poll(() => other.received).toContain('ADDED');
    expect([silent.received.includes('ADDED'), silent.ending]).toEqual([false, 'open']);
  });

  it('that meets error-before is refused with 500, and too-many with 429', async () => {
    for (const [fault, code] of [
      ['error-before', 500],
      ['too-many', 429],
    ] as const) {
      await using api = await start(step(fault));
      using connection = api.connect();
      expect((await connection.send('GET', watch).answer()).status).toBe(code);
    }
  });

  it('that meets slow begins later', async () => {
    await using api = await start({ ...step('slow'), slowBy: 20 });
    api.add('a');
    using connection = api.connect().send('GET', watch);
    await expect.poll(() => api.clock.running()).toBe(1);
    expect(connection.received).toBe('');
    api.clock.advance(20);
    await expect.poll(() => connection.received).toContain('"type":"ADDED"');
  });

  it('is told apart from a list by its method', async () => {
    await using api = await start(step('error-before'));
    using connection = api.connect();
    expect((await connection.send('GET', PODS).answer()).status).toBe(200);
  });
});

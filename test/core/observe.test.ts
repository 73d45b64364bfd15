import { tracingChannel as nodeChannel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  cleanError,
  redact,
  redactText,
  redactUrl,
  safeLogger,
  silentLogger,
  trace,
  tracingChannel,
} from '../../src/core/observe.ts';

const recorder = () => ({ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() });
function watchWarnings() {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warned.mockRestore());
  return warned;
}

const levels = ['debug', 'info', 'warn', 'error'] as const;

describe('redactUrl', () => {
  it.each([
    ['http://admin:hidden@host:5000/v1', 'http://<redacted>@host:5000/v1'],
    ['http://hidden@host', 'http://<redacted>@host'],
    ['http://a:hidden@host?x=1', 'http://<redacted>@host?x=1'],
    ['http://:hidden@host/', 'http://<redacted>@host/'],
    ['http://admin:hid@den@host/', 'http://<redacted>@host/'],
    ['HTTPS://admin:hidden@HOST/', 'https://<redacted>@host/'],
    ['http:\\\\admin:hidden@host\\x', 'http://<redacted>@host/x'],
    ['HTTP://admin:hidden@HOST/', 'http://<redacted>@host/'],
    ['http:\\\\admin:hidden@host/', 'http://<redacted>@host/'],
    ['http:admin:hidden@host/', 'http://<redacted>@host/'],
    ['http://h/?token=hidden&page=2', 'http://h/?token=<redacted>&page=2'],
    ['http://h/?a=1&X-Api-Key=hidden', 'http://h/?a=1&X-Api-Key=<redacted>'],
    ['http://h/?acc%65ss_tok%65n=hidden#x', 'http://h/?acc%65ss_tok%65n=<redacted>#x'],
    ['http://h/#access_token=hidden&state=1', 'http://h/#access_token=<redacted>&state=1'],
    ['/v1/jobs?password=hidden', '/v1/jobs?password=<redacted>'],
    ['http://admin:hid/den@host', 'http://<redacted>@host'],
    ['admin:hidden@host:5000', '<redacted>@host:5000'],
    ['http://admin:hidden@[bad', 'http://<redacted>@[bad'],
    ['postgres://admin:hidden@db/x', 'postgres://<redacted>@db/x'],
  ])('%s becomes %s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
    expect(redactUrl(expected)).toBe(expected);
  });

  it.each([
    'http://127.0.0.1:5000',
    'http://h/a b?page=2&x=a@b',
    'https://h/a@b?x=1',
    '/v1/group/5/',
    'not a url',
    '',
  ])('leaves %j as it is', (url) => expect(redactUrl(url)).toBe(url));
});

describe('redactText', () => {
  it('redacts every url in it, once', () => {
    const text = 'GET "http://a:hidden@h/x" and (https://h/?token=hidden&a=1) failed';
    const expected = 'GET "http://<redacted>@h/x" and (https://h/?token=<redacted>&a=1) failed';
    expect(redactText(text)).toBe(expected);
    expect(redactText(expected)).toBe(expected);
  });

  it('leaves the rest as it is', () => {
    for (const text of [
      'ask bob@example.org, token=5',
      'bob@example.org asks http://h/a@b?x=1 and https://h/a@b',
    ]) {
      expect(redactText(text)).toBe(text);
    }
  });
});

describe('redact', () => {
  it.each([
    'authorization',
    'Authorization',
    'Proxy-Authorization',
    'cookie',
    'Set-Cookie',
    'x-auth-token',
    'apiToken',
    'API_TOKEN',
    'client_secret',
    'password',
    'dbPassword',
    'passwd',
    'x-api-key',
    'apiKey',
    'api_key',
    'payload',
    'credentials',
    'privateKey',
  ])('hides what %s holds', (name) => {
    expect(redact({ [name]: 'hidden', also: 1 })).toEqual({ [name]: '<redacted>', also: 1 });
    expect(redact({ [name]: { deep: 'hidden' } })).toEqual({ [name]: '<redacted>' });
  });

  it.each(['node', 'timestamp', 'content-type', 'groupId', 'operationId', 'payloadBytes', 'key', 'author'])(
    'shows what %s holds',
    (name) => expect(redact({ [name]: 'shown' })).toEqual({ [name]: 'shown' }),
  );

  it('looks into objects, arrays, maps, headers and urls, and copies', () => {
    const given = {
      list: [{ password: 'hidden' }, 'http://a:hidden@h/', new URL('http://h/?secret=hidden')],
      map: new Map<string, unknown>([
        ['token', 'hidden'],
        ['other', { cookie: 'hidden' }],
      ]),
      headers: new Headers({ authorization: 'hidden', accept: '*/*' }),
    };
    expect(redact(given)).toEqual({
      list: [{ password: '<redacted>' }, 'http://<redacted>@h/', 'http://h/?secret=<redacted>'],
      map: new Map<string, unknown>([
        ['token', '<redacted>'],
        ['other', { cookie: '<redacted>' }],
      ]),
      headers: { authorization: '<redacted>', accept: '*/*' },
    });
    expect(given.list[0]).toEqual({ password: 'hidden' });
  });

  it('keeps what tells nothing and what it does not know', () => {
    const error = new Error('x');
    const date = new Date(0);
    expect(redact({ token: undefined, password: null, hasToken: true, error, date, count: 1 })).toEqual({
      token: undefined,
      password: null,
      hasToken: true,
      error,
      date,
      count: 1,
    });
  });

  it('takes a text for a url only where it begins as one', () => {
    expect(redact({ text: 'ask bob@example.org at http://h/' })).toEqual({
      text: 'ask bob@example.org at http://h/',
    });
    expect(redact({ url: 'http:admin:hidden@host/', also: 'HTTPS:admin:hidden@host/' })).toEqual({
      url: 'http://<redacted>@host/',
      also: 'https://<redacted>@host/',
    });
  });

  it('looks into objects without a prototype, and at names that are no text', () => {
    expect(redact(Object.assign(Object.create(null), { token: 'hidden', node: 'n1' }))).toEqual({
      token: '<redacted>',
      node: 'n1',
    });
    const name = Symbol('token');
    expect(redact(new Map<unknown, unknown>([[name, 'shown']]))).toEqual(new Map([[name, 'shown']]));
  });

  it('ends where an object holds itself', () => {
    const loop: Record<string, unknown> = { token: 'hidden' };
    loop['self'] = [loop];
    expect(redact(loop)).toEqual({ token: '<redacted>', self: ['<circular>'] });
  });

  it('takes a field named __proto__ for a field', () => {
    const redacted = redact(JSON.parse('{"__proto__": {"token": "hidden"}}'));
    expect(JSON.stringify(redacted)).toBe('{"__proto__":{"token":"<redacted>"}}');
    expect(Object.getPrototypeOf(redacted)).toBe(Object.prototype);
  });
});

describe('cleanError', () => {
  it('gives the very error where nothing in it must not be seen', () => {
    const error = new Error('no', { cause: new Error('deeper') });
    expect(cleanError(error, ['other'])).toBe(error);
    expect(cleanError('no')).toBe('no');
  });

  it('hides a message that holds one of the secrets, wherever in the chain it stands', () => {
    const error = new Error('no', { cause: new Error('the key is open sesame') });
    const cleaned = cleanError(error, ['hush', 'open sesame']);
    expect(cleaned).toMatchObject({ message: 'no', cause: { message: '<redacted>' } });
    expect(cleanError(new Error('open sesame'), ['hush', 'open sesame'])).toMatchObject({
      message: '<redacted>',
    });
  });

  it('leaves out a field that holds one of the secrets', () => {
    const error = Object.assign(new Error('no'), { headers: { 'x-mine': 'open sesame' } });
    const cleaned = cleanError(error, ['open sesame']);
    expect(cleaned).toMatchObject({ name: 'Error', message: 'no' });
    expect(Object.keys(cleaned as Error)).not.toContain('headers');
    expect(Object.keys(cleaned as Error)).not.toContain('code');
  });

  it.each([
    ['deep', { a: { b: { c: { d: { url: 'http://h/?token=hidden' } } } } }],
    ['far down a list', { list: [...Array(200).keys(), 'http://h/?token=hidden'] }],
    ['far into a text', { text: `${'x'.repeat(20_000)} http://h/?token=hidden` }],
  ])('finds a url that stands %s', (_, fields) => {
    const error = Object.assign(new Error('no'), fields);
    expect(
      inspect(cleanError(error), { depth: 9, maxArrayLength: null, maxStringLength: null }),
    ).not.toContain('hidden');
  });
});

describe('safeLogger', () => {
  it('passes each level on, as a method of the logger, without secrets', () => {
    const warned = watchWarnings();
    const logger = recorder();
    const safe = safeLogger(logger);
    for (const level of levels) {
      safe[level](`${level} http://a:hidden@h/`, { token: 'hidden', node: 'n1' });
      expect(logger[level].mock.calls).toEqual([
        [`${level} http://<redacted>@h/`, { token: '<redacted>', node: 'n1' }],
      ]);
      expect(logger[level].mock.contexts).toEqual([logger]);
    }
    safe.info('alone');
    expect(logger.info.mock.lastCall).toEqual(['alone']);
    expect(warned).not.toHaveBeenCalled();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])('survives a logger that %s, and says so once', async (_how, write) => {
    const warned = watchWarnings();
    const safe = safeLogger({ debug: write, info: write, warn: write, error: write });
    for (const level of levels) safe[level]('x', {});
    await new Promise(setImmediate);
    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.lastCall?.[0]).toMatch(/logger given to holdfast failed in debug\(\)/);
    expect(warned.mock.lastCall?.[1]).toEqual({
      code: 'HOLDFAST_LOGGER',
      detail: expect.stringMatching(/^Error: disk full\n\s+at /),
    });
  });

  it('wraps once, and the silent logger never', () => {
    const safe = safeLogger(recorder());
    expect(safeLogger(safe)).toBe(safe);
    expect(safeLogger(silentLogger)).toBe(silentLogger);
    for (const level of levels) expect(() => silentLogger[level]('x')).not.toThrow();
  });
});

describe('trace', () => {
  const channel = tracingChannel('holdfast:cluster.operation');
  const subscribe = () => {
    const events: [string, Record<string, unknown>][] = [];
    const record = (name: string) => (context: object) => void events.push([name, { ...context }]);
    const subscriber = {
      start: record('start'),
      end: record('end'),
      asyncStart: record('asyncStart'),
      asyncEnd: record('asyncEnd'),
      error: record('error'),
    };
    // By the name alone, as a tracing library does it.
    const subscribed = nodeChannel('holdfast:cluster.operation');
    subscribed.subscribe(subscriber);
    onTestFinished(() => subscribed.unsubscribe(subscriber));
    return events;
  };

  it('without subscribers only does the work', async () => {
    const context = { groupId: '5', token: 'hidden' };
    expect(await trace(channel, context, async (seen) => seen)).toBe(context);
    await expect(trace(channel, context, () => Promise.reject('no'))).rejects.toBe('no');
  });

  it('shows subscribers a redacted context, what the work adds to it, and not the result', async () => {
    const events = subscribe();
    const context = { groupId: '5', token: 'hidden', outcome: '' };
    const result = await trace(channel, context, async (seen) => {
      seen.outcome = 'created';
      return 'hidden';
    });
    expect(result).toBe('hidden');
    expect(events.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(events[0]?.[1]).toEqual({ groupId: '5', token: '<redacted>', outcome: '' });
    expect(events.at(-1)?.[1]).toMatchObject({ outcome: 'created' });
    expect(JSON.stringify(events)).not.toContain('hidden');
    expect(context).toEqual({ groupId: '5', token: 'hidden', outcome: '' });
  });

  it('shows subscribers the error and throws it', async () => {
    const events = subscribe();
    const error = new Error('no');
    await expect(trace(channel, { groupId: '5' }, () => Promise.reject(error))).rejects.toBe(error);
    expect(events.map(([name]) => name)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(events.at(-1)?.[1]['error']).toBe(error);
  });

  it.each([
    ['the bytes that came', Object.assign(new Error('no'), { code: 'HPE', data: Buffer.from('hidden') })],
    ['those of a cause', new Error('no', { cause: Object.assign(new Error('in'), { data: 'hidden' }) })],
    [
      'those of one of several',
      new AggregateError([Object.assign(new Error('in'), { data: 'hidden' })], 'no'),
    ],
    ['a url', new Error('at http://a:hidden@h/')],
    ['a field', Object.assign(new Error('no'), { request: { url: 'http://h/?token=hidden' } })],
    ['a text in place of an error', 'at http://a:hidden@h/'],
    ['nothing', undefined],
  ])('shows a copy of an error that holds %s, and throws the error', async (_, error) => {
    const events = subscribe();
    await expect(trace(channel, { groupId: '5' }, () => Promise.reject(error))).rejects.toBe(error);
    const shown = inspect(events, { depth: 9, showHidden: true });
    expect(shown).not.toMatch(/hidden|68 69 64 64 65 6e/);
    if (error instanceof Error) {
      const { message } = error;
      expect(events.at(-1)?.[1]['error']).toMatchObject({
        message: message.replace('a:hidden', '<redacted>'),
        ...('code' in error && { code: error.code }),
      });
    }
  });
});

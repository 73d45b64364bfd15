import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import { path } from '../../src/http/path.ts';
import { openTransport } from '../../src/http/transport.ts';
import { serve } from './loopback.ts';

const third = (url: string | undefined) => decodeURIComponent(url?.split('/')[2] ?? '');

/** Any text, awkward ones often, that `path` has to take. */
const id = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ unit: 'grapheme', minLength: 1 }),
    fc.string({
      unit: fc.constantFrom('.', '/', '\\', '%', '2e', '%2E', '?', '#', ' ', ';', '@', 'ü', '💚'),
      minLength: 1,
    }),
  )
  .filter((text) => Array.from(text).every((c) => c >= ' ' && c !== '\x7f') && text !== '.' && text !== '..');

describe('path', () => {
  it.each([
    ['5', '/v1/group/5/'],
    [5, '/v1/group/5/'],
    ['../a b/ü?x#y', '/v1/group/..%2Fa%20b%2F%C3%BC%3Fx%23y/'],
    ['%2e%2e', '/v1/group/%252e%252e/'],
    ['...', '/v1/group/.../'],
    ['..\\..', '/v1/group/..%5C../'],
    ['a+b&c=d', '/v1/group/a%2Bb%26c%3Dd/'],
  ])('makes %j one segment', (part, expected) => {
    expect(path`/v1/group/${part}/`).toBe(expected);
  });

  it('takes several parts, and parts of segments', () => {
    expect(path`/v1/${'a/b'}/jobs/job-${7}.${'..'}/log?name=${'x&y'}`).toBe(
      '/v1/a%2Fb/jobs/job-7.../log?name=x%26y',
    );
    expect(path`/ping`).toBe('/ping');
  });

  it('gives back any id it takes once a url is parsed and decoded', () => {
    fc.assert(
      fc.property(id, (text) => {
        expect(third(new URL(path`/a/${text}/b`, 'http://h').pathname)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['fetch', 'undici'] as const)('arrives at a real server as that id: %s', async (transport) => {
    const url = await serve((request, response) => response.end(third(request.url)));
    const opened = openTransport({ transport, clock: systemClock, logger: silentLogger });
    const send = async (text: string) =>
      (await opened.send({ method: 'GET', url: url + path`/a/${text}/b`, headers: {}, timeout: 10_000 }))
        .body;
    await fc.assert(
      // The answer's body is decoded as text, which drops a byte order mark at the beginning.
      fc.asyncProperty(
        id.map((text) => `x${text}`),
        async (text) => {
          expect(await send(text)).toBe(text);
        },
      ),
      { numRuns: 100 },
    );
    expect(await send('../a b/ü?x#y')).toBe('../a b/ü?x#y');
    await opened.close();
  });

  it.each<[string, unknown, RegExp]>([
    ['an empty part', '', /must not be empty: received ""/],
    ['half a surrogate pair', 'a\ud83d', /half a surrogate pair: received "a\\ud83d"/],
    ['the other half', '\udc9a', /half a surrogate pair/],
    ['a line break', 'a\nb', /control character: received "a\\nb"/],
    ['U+0000', '\0', /control character/],
    ['U+007F', 'a\u007f', /control character/],
    ['a dot', '.', /segment "\."/],
    ['two dots', '..', /segment "\.\."/],
    ['NaN', Number.NaN, /finite number: received NaN/],
    ['undefined', undefined, /finite number: received undefined/],
    ['an object', { toString: () => 'x' }, /a text or a finite number/],
  ])('refuses %s and says why', (_what, part, message) => {
    const make = () => path`/v1/group/${part as string}/`;
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
    expect(make).toThrow('/v1/group/…/');
  });

  it('refuses a segment that becomes dots only as a whole', () => {
    expect(() => path`/a/.${'.'}/b`).toThrow(ConfigError);
    expect(() => path`/a/${'.'}${'.'}/b`).toThrow(ConfigError);
    expect(() => path`/a/%2E${'.'}`).toThrow(ConfigError);
    expect(() => path`/a/${'.'}?b=c`).toThrow(ConfigError);
    expect(path`/a?b=${'..'}`).toBe('/a?b=..');
    expect(path`/a/.${'.a'}/b`).toBe('/a/..a/b');
  });
});

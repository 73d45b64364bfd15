import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openRequestCheck } from '../../src/http/check-request.ts';

const get = (url: string) => ({ method: 'GET', url, headers: {}, timeout: 1_000 });

it('takes any url of a server that it knows, for every one of them can be parsed', () => {
  const check = openRequestCheck();
  check(get('http://10.0.0.1:80/'));
  fc.assert(
    fc.property(fc.constantFrom('/', '?', '#', '\\'), fc.string({ unit: 'binary' }), (mark, rest) => {
      const url = `http://10.0.0.1:80${mark}${rest}`;
      check(get(url));
      expect(URL.canParse(url)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  'http://user:secret@10.0.0.1:80/',
  'http://secret@10.0.0.1/',
  'http://10.0.0.1:80secret/',
  'http://10.0.0.1:99999/',
  'ftp://10.0.0.1/',
  '//10.0.0.1/',
])('refuses %s each time, also beside a server that it knows', (url) => {
  const check = openRequestCheck();
  check(get('http://10.0.0.1:80/'));
  check(get('http://10.0.0.1/'));
  for (const _ of [1, 2]) expect(() => check(get(url))).toThrow('url');
});

it('forgets servers when they are many, and takes them again', () => {
  const check = openRequestCheck();
  for (let port = 1; port <= 2_500; port++) check(get(`http://10.0.0.1:${port}/`));
  check(get('http://10.0.0.1:1/'));
});

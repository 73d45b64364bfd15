import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConfigError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import { splitCredentials } from '../../src/http/credentials.ts';
import { openTransport } from '../../src/http/transport.ts';
import { serve } from './loopback.ts';

const basic = (bytes: string | Buffer) => `Basic ${Buffer.from(bytes).toString('base64')}`;

describe('splitCredentials', () => {
  it.each([
    ['http://user:pw@host:5000', 'http://host:5000', 'user:pw'],
    ['http://user:pw@host:5000/', 'http://host:5000/', 'user:pw'],
    ['http://user:pw@host:5000/v1?x=a@b#c', 'http://host:5000/v1?x=a@b#c', 'user:pw'],
    ['https://user@host/v1/', 'https://host/v1/', 'user:'],
    ['http://:pw@host', 'http://host', ':pw'],
    ['http://us%40er:p%3Aw%2F%25@host', 'http://host', 'us@er:p:w/%'],
    ['http://ü:pä%C3%9F@host', 'http://host', 'ü:päß'],
    ['http://user:p@w@host', 'http://host', 'user:p@w'],
    ['http://user:100%@host', 'http://host', 'user:100%'],
  ])('of %s gives the url and what stands for the credentials', (given, url, pair) => {
    expect(splitCredentials(given)).toEqual({ url, authorization: basic(pair) });
  });

  it('keeps bytes that are no UTF-8', () => {
    expect(splitCredentials('http://u:%FF@host').authorization).toBe(basic(Buffer.from([0x75, 0x3a, 0xff])));
  });

  it('gives a url without credentials back as it is', () => {
    for (const url of ['http://host:5000', 'http://HOST/a b', 'https://host/@me?x=a@b']) {
      expect(splitCredentials(url)).toEqual({ url });
    }
  });

  it.each([
    'user:hidden@host:5000',
    'http://user:hid/den@host',
    'http://us%3Aer:hidden@host',
    '//user:hidden@host',
  ])('refuses %s without showing a password', (url) => {
    try {
      splitCredentials(url);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as Error).message).not.toMatch(/hidden|hid\/|pw@/);
    }
  });

  it('gives what a server reads as user and password', async () => {
    const server = await serve((request, response) => response.end(request.headers.authorization));
    const { url, authorization = '' } = splitCredentials(`${server.replace('//', '//ü:p%40w@')}/x`);
    const transport = openTransport({ clock: systemClock, logger: silentLogger });
    const { body } = await transport.send({
      method: 'GET',
      url,
      headers: { authorization },
      timeout: 10_000,
    });
    expect(Buffer.from(body.replace('Basic ', ''), 'base64').toString()).toBe('ü:p@w');
  });
});

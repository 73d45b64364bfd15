import { expect, test } from 'vitest';
import { LightResponse } from '../../../src/testing/simulation/light-response.ts';

const BODY = '{"groupId":"ä"}';
const both = (text = BODY) => {
  const headers: [string, string][] = [['Content-Type', 'application/json']];
  return [
    new LightResponse(404, headers, text),
    new Response(text === '' ? null : text, { status: 404, headers }),
  ];
};

test.each(['text', 'json', 'arrayBuffer', 'bytes', 'blob'] as const)(
  'reads its body by %s once',
  async (way) => {
    const [light, platform] = both();
    expect(await light?.[way]()).toEqual(await platform?.[way]());
    expect(light?.bodyUsed).toBe(true);
    await expect(light?.[way]()).rejects.toBeInstanceOf(TypeError);
    await expect(platform?.[way]()).rejects.toBeInstanceOf(TypeError);
  },
);

test('looks as one of the platform does', () => {
  const [light, platform] = both();
  expect(light).toBeInstanceOf(Response);
  for (const field of ['status', 'ok', 'redirected', 'statusText', 'type', 'url', 'bodyUsed'] as const) {
    expect(light?.[field]).toBe(platform?.[field]);
  }
  expect([...(light?.headers ?? [])]).toEqual([...(platform?.headers ?? [])]);
  const [empty] = both('');
  expect(empty?.body).toBeNull();
});

test('can be cloned, and read as a form or a stream', async () => {
  const [light] = both();
  const copy = light?.clone();
  const chunks: Uint8Array[] = [];
  for await (const chunk of light?.body ?? []) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe(BODY);
  await expect(light?.text()).rejects.toBeInstanceOf(TypeError);
  expect(await copy?.text()).toBe(BODY);
  expect(() => copy?.clone()).toThrow(TypeError);
  const form = new LightResponse(200, [['content-type', 'application/x-www-form-urlencoded']], 'a=1');
  expect((await form.formData()).get('a')).toBe('1');
});

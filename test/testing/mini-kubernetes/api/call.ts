import { objectAt } from '../../../../src/testing/mini-kubernetes/store/json.ts';

/** A request as a client without a library makes it; `body` is the first line of the answer, where it is an object. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text.split('\n')[0] ?? '') : text;
  return { status: response.status, body: objectAt(parsed), text, headers: response.headers };
}

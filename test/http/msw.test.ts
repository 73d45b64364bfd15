import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { ConnectionError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/observe.ts';
import { openTransport } from '../../src/http/transport.ts';

// Opened first: what intercepts later must be seen all the same.
const transport = openTransport({ clock: systemClock, logger: silentLogger });

const server = setupServer(
  http.post('http://msw-only.test/v1/group/', async ({ request }) =>
    HttpResponse.json({ received: await request.json() }, { status: 201 }),
  ),
  http.get('http://msw-only.test/broken', () => HttpResponse.error()),
);

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterAll(() => server.close());

it('msw intercepts the default transport', async () => {
  const answer = await transport.send({
    method: 'POST',
    url: 'http://msw-only.test/v1/group/',
    headers: { 'content-type': 'application/json' },
    body: '{"groupId":"5"}',
    timeout: 10_000,
  });
  expect(answer.status).toBe(201);
  expect(JSON.parse(answer.body)).toEqual({ received: { groupId: '5' } });
});

it("msw's network error is a ConnectionError", async () => {
  const sent = transport.send({
    method: 'GET',
    url: 'http://msw-only.test/broken',
    headers: {},
    timeout: 10_000,
  });
  await expect(sent).rejects.toBeInstanceOf(ConnectionError);
});

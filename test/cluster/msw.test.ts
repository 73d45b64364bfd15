import { ClusterClient } from 'holdfast';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { expect, test } from 'vitest';

test('msw intercepts everything that the default transport sends', async () => {
  const held = new Set<string>();
  const server = setupServer(
    http.get('http://node.holdfast.test/v1/group/:id/', ({ params }) => {
      const groupId = String(params['id']);
      return held.has(groupId)
        ? HttpResponse.json({ groupId })
        : HttpResponse.json({ error: 'Group not found' }, { status: 404 });
    }),
    http.post('http://node.holdfast.test/v1/group/', async ({ request }) => {
      const { groupId } = (await request.json()) as { groupId: string };
      held.add(groupId);
      return new HttpResponse(null, { status: 201 });
    }),
  );
  server.listen({ onUnhandledFrame: 'error' });
  try {
    await using cluster = new ClusterClient({ only: 'http://node.holdfast.test' });
    await expect(cluster.createGroup('a b')).resolves.toMatchObject({ changed: true });
    await expect(cluster.createGroup('a b')).resolves.toMatchObject({ changed: false });
    expect([...held]).toEqual(['a b']);
  } finally {
    server.close();
  }
});

test('a fetch patched after the client was made is the one that is called', async () => {
  await using cluster = new ClusterClient({ only: 'http://node.holdfast.test' });
  const original = globalThis.fetch;
  try {
    globalThis.fetch = async () => Response.json({ groupId: 'x' });
    await expect(cluster.groupExists('only', 'x')).resolves.toBe(true);
  } finally {
    globalThis.fetch = original;
  }
});

/** The requests of one createGroup in the path dialect: first a look at every node, then a write to every node. */
export interface GroupRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** What a caller without the library writes: both steps, all nodes of a step side by side. */
export async function bareCreate(
  urls: readonly string[],
  groupId: string,
  send: (request: GroupRequest) => Promise<unknown>,
): Promise<void> {
  await Promise.all(
    urls.map((url) => send({ url: `${url}/v1/group/${groupId}/`, method: 'GET', headers: {} })),
  );
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ groupId });
  await Promise.all(urls.map((url) => send({ url: `${url}/v1/group/`, method: 'POST', headers, body })));
}

/** `bareCreate` for all ids, `concurrency` of them at a time. */
export async function bareCreates(
  urls: readonly string[],
  ids: readonly string[],
  send: (request: GroupRequest) => Promise<unknown>,
  concurrency = 16,
): Promise<void> {
  const queue = ids.values();
  const worker = async () => {
    for (const id of queue) await bareCreate(urls, id, send);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** By the platform's fetch, with the answer read as a connection needs it to be used again. */
export const bareFetch = async ({ url, ...init }: GroupRequest): Promise<string> =>
  (await fetch(url, init)).text();

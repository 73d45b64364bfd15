/** A pod by its number, at an address of its own. */
export const podAt = (number: number) => ({
  name: `pod-${number}`,
  ip: `127.1.${number >> 8}.${number & 255}`,
});

/** What an action sends to each pod: its requests, in their order. */
export interface PodRequest {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly params: Readonly<Record<string, string>>;
}

/** As the source of a `ConfigAction`. */
export const actionOf = (requests: readonly PodRequest[], target: object) => ({
  name: 'bench',
  targets: [{ name: 'pods', ...target }],
  requests: requests.map(({ path, method, params }) => ({
    name: path,
    endpoint: { name: path, url: `http://{node}:{port}/${path}`, type: method, params },
  })),
  loop_order: 'foreach_pod_make_all_requests',
});

/** The same without the library, `concurrency` pods at a time; each answer is read, and looked at by nobody. */
export async function bareCalls(
  ips: readonly string[],
  port: number,
  requests: readonly PodRequest[],
  concurrency: number,
): Promise<void> {
  const queue = ips.values();
  const worker = async () => {
    for (const ip of queue) {
      for (const request of requests) await bareCall(`http://${ip}:${port}/`, request);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

const headers = { 'content-type': 'application/json' };

async function bareCall(base: string, { path, method, params }: PodRequest): Promise<string> {
  const response =
    method === 'GET'
      ? await fetch(`${base}${path}?${new URLSearchParams(params)}`)
      : await fetch(base + path, { method, headers, body: JSON.stringify(params) });
  return response.text();
}
